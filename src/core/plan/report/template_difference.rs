//! Differences between what tags and launch template state about a group's nodes, and its live
//! nodes.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::snapshot::{Taint, amount};

/// One fact that is stated otherwise than the live nodes are. The live nodes count while there are
/// any; for a group without nodes the statement does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "fact")]
pub enum TemplateDifference {
    /// A tag states a label that not all nodes have with this value.
    Label {
        /// The label.
        key: String,
        /// The value that the tag states.
        stated: String,
        /// The value on the nodes; absent when they have none in common.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        live: Option<String>,
    },
    /// A tag states a taint that no node has: without nodes, the group would be closed to pods that
    /// it takes.
    TaintOnNoNode {
        /// The taint.
        taint: Taint,
    },
    /// Most nodes have a taint that no tag states: without nodes, new ones would be bought for pods
    /// that they do not take.
    TaintNotStated {
        /// The taint.
        taint: Taint,
    },
    /// The tags or the formula state another amount than the nodes offer.
    Amount {
        /// The resource.
        resource: String,
        /// The amount that is stated: millicores for `cpu`, whole units for everything else.
        stated: i64,
        /// The least amount of the live nodes, in the same unit.
        live: i64,
    },
}

impl fmt::Display for TemplateDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Label { key, stated, live: Some(live) } => write!(f, "label {key} is {live}, not {stated}"),
            Self::Label { key, stated, live: None } => write!(f, "none has the label {key}={stated}"),
            Self::TaintOnNoNode { taint } => write!(f, "none has the taint {taint}"),
            Self::TaintNotStated { taint } => write!(f, "they have the taint {taint}, which no tag states"),
            Self::Amount { resource, stated, live } => {
                write!(f, "{resource} is {}, not {}", amount(resource, *live), amount(resource, *stated))
            }
        }
    }
}
