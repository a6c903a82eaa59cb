//! How one node differs from the other nodes of its group.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::snapshot::amount;

/// What one node lacks of what the other nodes of its group have. New nodes are taken to be like
/// the others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "lacks")]
pub enum SiblingDifference {
    /// It does not have this label, or has it with another value.
    Label {
        /// The label.
        key: String,
        /// The value that the others have.
        value: String,
    },
    /// It offers none of these devices.
    Device {
        /// The resource.
        resource: String,
        /// How many the others offer.
        usual: i64,
    },
}

impl fmt::Display for SiblingDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Label { key, value } => write!(f, "the label {key}={value}"),
            Self::Device { resource, usual } => write!(f, "{resource} ({} on the others)", amount(resource, *usual)),
        }
    }
}
