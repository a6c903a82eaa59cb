//! The report on an instance that has no node.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Hold;
use crate::duration::Seconds;
use crate::snapshot::GroupId;

/// The report on one instance that has no node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InstanceReport {
    /// The instance.
    pub instance: String,
    /// Its group.
    pub group: GroupId,
    /// Its state.
    #[serde(flatten)]
    pub state: InstanceState,
    /// The state as a sentence.
    pub message: String,
}

/// The state of an instance that has no node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum InstanceState {
    /// It is expected to become a node.
    Joining {
        /// Since when runs have known it, as an age; absent when this run is the first to see it.
        age: Option<Seconds>,
        /// How long it may take to become a node.
        limit: Seconds,
    },
    /// It should have become a node by now.
    NeverRegistered {
        /// For how long runs have known it without a node.
        age: Seconds,
        /// How long it may take to become a node.
        limit: Seconds,
        /// Why it is not replaced in this run; absent when it is.
        held_by: Option<Hold>,
    },
    /// It is ending.
    Terminating,
    /// A person set it aside (Standby).
    Standby,
    /// It is in the warm pool.
    Warm,
    /// It gets a new disk under the same id.
    ReplacingDisk,
}

impl fmt::Display for InstanceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Joining { age: Some(age), limit } => write!(f, "joining, {age} of {limit}"),
            Self::Joining { age: None, limit } => write!(f, "joining, {limit} at most"),
            Self::NeverRegistered { age, limit, held_by } => {
                write!(f, "never became a node: seen {age} ago, expected within {limit} (--instance-init-time); ")?;
                match held_by {
                    Some(hold) => hold.fmt(f),
                    None => f.write_str("is replaced"),
                }
            }
            Self::Terminating => f.write_str("terminating"),
            Self::Standby => f.write_str("in Standby: left alone"),
            Self::Warm => f.write_str("in the warm pool: left alone"),
            Self::ReplacingDisk => f.write_str("it gets a new disk: left alone"),
        }
    }
}
