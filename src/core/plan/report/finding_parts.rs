//! Parts of findings.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Nodes that help nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "are")]
pub enum Unhelpful {
    /// They are still there.
    There {
        /// How many.
        nodes: u32,
    },
    /// They are gone, and the group is not bought in for those pods for a while.
    Gone {
        /// When it is tried again.
        until: Timestamp,
    },
}

/// A clock that is compared with the API server's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Clock {
    /// That of the machine the run is on.
    Machine,
    /// The cloud's.
    Cloud,
}
