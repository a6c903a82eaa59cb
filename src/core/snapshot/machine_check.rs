//! The state of the machines behind nodes that are not Ready, and behind some Ready nodes where
//! nothing else shows that cluster and account belong together, by the word of their cloud.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The state of one machine by the word of its cloud. It is read for nodes that are not Ready, and
/// for a few Ready ones while none of them is an instance of a managed group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MachineCheck {
    /// The instance, as the node's provider id names it, or as the cloud found it by an address of
    /// the node. Empty for a node without such an id that was not found.
    pub instance: String,
    /// The region in which it was looked up.
    pub region: String,
    /// The node that was looked up, where it is a Ready one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// The group that launched it, managed or not; absent when the cloud does not state it any
    /// more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Its state.
    pub health: MachineHealth,
}

/// The state of a machine by the word of its cloud, not of the kubelet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MachineHealth {
    /// It runs, and no status check fails: perhaps only its kubelet is cut off.
    Running,
    /// A status check of the machine or of the hardware below it fails.
    Impaired,
    /// It is stopped, or about to be.
    Stopped,
    /// It is being ended.
    Ending,
    /// It has ended.
    Terminated,
    /// The cloud does not know the machine (any more): it ended a while ago.
    NotFound,
}

impl MachineHealth {
    /// Whether nothing on it can be at work. A machine of which a status check fails may still run
    /// its jobs; its group replaces it by its own health checks.
    #[must_use]
    pub fn is_broken(self) -> bool {
        match self {
            Self::Stopped | Self::Ending | Self::Terminated | Self::NotFound => true,
            Self::Running | Self::Impaired => false,
        }
    }

    /// Whether it is gone for good.
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
