//! What tags and launch template say of a group's nodes and its live nodes do not bear out.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::snapshot::{Taint, amount};

/// One fact that is stated otherwise than the live nodes are. They count as long as one is there; from zero the statement does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "fact")]
pub enum TemplateDifference {
    /// A tag states a label that no node has so.
    Label {
        /// The label.
        key: String,
        /// Its value by the tag.
        stated: String,
        /// Its value on all nodes, if they agree on one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        live: Option<String>,
    },
    /// A tag states a taint that no node has: from zero the group would be closed to pods that it takes.
    TaintOnNoNode {
        /// The taint.
        taint: Taint,
    },
    /// All nodes have a taint that no tag states: from zero, nodes would be bought for pods that they do not take.
    TaintNotStated {
        /// The taint.
        taint: Taint,
    },
    /// The tags, or the formula, state another amount than the nodes offer.
    Amount {
        /// The resource.
        resource: String,
        /// What is stated: millicores for `cpu`, whole units for everything else.
        stated: i64,
        /// The least of the live nodes.
        live: i64,
    },
}

impl fmt::Display for TemplateDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Label { key, stated, live: Some(live) } => write!(f, "label {key} is {live}, not {stated}"),
            Self::Label { key, stated, live: None } => write!(f, "none has the label {key}={stated}"),
            Self::TaintOnNoNode { taint } => write!(f, "none has the taint {taint}"),
            Self::TaintNotStated { taint } => write!(f, "all have the taint {taint}, which no tag states"),
            Self::Amount { resource, stated, live } => {
                write!(f, "{resource} is {}, not {}", amount(resource, *live), amount(resource, *stated))
            }
        }
    }
}
