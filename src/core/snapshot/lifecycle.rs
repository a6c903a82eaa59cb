//! The stages of an instance's life, and which of them count as capacity.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The stage of an instance's life within a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Lifecycle {
    /// It is being launched (any `Pending` state).
    Pending,
    /// It is in service.
    InService,
    /// It is being terminated (any `Terminating` state).
    Terminating,
    /// It is gone.
    Terminated,
    /// It is leaving the group alive.
    Detached,
    /// A person set it aside.
    Standby,
    /// It is in the warm pool.
    Warm,
    /// It gets a new disk under the same id. It is counted, and nothing runs there meanwhile.
    ReplacingDisk,
}

impl Lifecycle {
    /// Whether it counts as capacity: `Pending*` and `InService`.
    #[must_use]
    pub fn is_live(self) -> bool {
        match self {
            Self::Pending | Self::InService | Self::ReplacingDisk => true,
            Self::Terminating | Self::Terminated | Self::Detached | Self::Standby | Self::Warm => false,
        }
    }
}
