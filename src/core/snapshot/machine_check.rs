//! What the cloud says of the machines behind nodes: those that are not Ready, and some Ready ones where nothing else shows that
//! cluster and account belong together.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the cloud says of one machine. It is asked only about nodes that are not Ready, and about a few Ready ones while none of
/// these is an instance of a managed group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MachineCheck {
    /// The instance, as the node's provider id names it or as the cloud does that found it by an address of the node. Empty for
    /// a node without such an id that was not found.
    pub instance: String,
    /// The region that was asked.
    pub region: String,
    /// The node that was looked up, where it is a Ready one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// The group that launched it, managed or not, while the cloud still tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// How it is.
    pub health: MachineHealth,
}

/// How a machine is, by the cloud's own word and not the kubelet's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MachineHealth {
    /// It runs, and no status check fails: its kubelet may only be cut off.
    Running,
    /// A status check of the machine or of the hardware below it fails.
    Impaired,
    /// Stopped, or about to be.
    Stopped,
    /// Being ended.
    Ending,
    /// Ended.
    Terminated,
    /// The cloud knows no such machine: it ended a while ago.
    NotFound,
}

impl MachineHealth {
    /// Whether nothing on it can be doing any work. A machine of which a status check fails may still run its jobs; Auto Scaling
    /// replaces it by its own health checks.
    #[must_use]
    pub fn is_broken(self) -> bool {
        match self {
            Self::Stopped | Self::Ending | Self::Terminated | Self::NotFound => true,
            Self::Running | Self::Impaired => false,
        }
    }

    /// Whether it is no more and never comes back.
    #[must_use]
    pub fn is_gone(self) -> bool {
        match self {
            Self::Terminated | Self::NotFound => true,
            Self::Running | Self::Impaired | Self::Stopped | Self::Ending => false,
        }
    }
}

impl fmt::Display for MachineHealth {
    /// Completes "its instance …".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Running => "is running",
            Self::Impaired => "is impaired",
            Self::Stopped => "is stopped",
            Self::Ending => "is being terminated",
            Self::Terminated => "is terminated",
            Self::NotFound => "is not known any more",
        })
    }
}
