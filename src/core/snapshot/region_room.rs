//! How much more an account may launch in a region.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the quota of an account leaves for new machines in a region, whichever group launches them.
/// What is absent is not limited, or is not stated by the cloud.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegionRoom {
    /// The region.
    pub region: String,
    /// How many more machines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machines: Option<i64>,
    /// How many more virtual processors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpus: Option<i64>,
    /// How much more memory, in MiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_mib: Option<i64>,
}

impl RegionRoom {
    /// Returns what is left of one of them.
    #[must_use]
    pub fn left(&self, of: QuotaKind) -> Option<i64> {
        match of {
            QuotaKind::Machines => self.machines,
            QuotaKind::Cpus => self.cpus,
            QuotaKind::Memory => self.memory_mib,
        }
    }
}

/// What a quota counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum QuotaKind {
    /// Machines.
    Machines,
    /// Virtual processors.
    Cpus,
    /// Memory, in MiB.
    Memory,
}

impl QuotaKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Machines, Self::Cpus, Self::Memory];
}

impl fmt::Display for QuotaKind {
    /// Completes "… of the quota".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Machines => "machines",
            Self::Cpus => "processors",
            Self::Memory => "MiB of memory",
        })
    }
}
