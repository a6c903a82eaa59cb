//! What the cloud itself gives to the kubelets of a group's new nodes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Group, Labels, Taint};

/// Labels and taints that the cloud gives to the kubelets of a group's new nodes. They outweigh the
/// tags, which nobody hands to a kubelet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NodeGroupFacts {
    /// What makes and ends its machines, in the cloud's words; absent where there is one way alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made_by: Option<String>,
    /// The labels.
    #[serde(skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// The taints.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub taints: Vec<Taint>,
}

impl NodeGroupFacts {
    /// Whether the cloud gives nothing that is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.made_by.is_none() && self.labels.is_empty() && self.taints.is_empty()
    }
}

impl Group {
    /// Whether a tag or the node group states a taint.
    #[must_use]
    pub fn states(&self, taint: &Taint) -> bool {
        self.tags.taints.contains(taint) || self.node_group.taints.contains(taint)
    }

    /// Returns the taints of the tags that no taint of the node group replaces: one of the same key
    /// and effect.
    pub fn taints_of_tags(&self) -> impl Iterator<Item = &Taint> {
        let is_replaced =
            |taint: &Taint| self.node_group.taints.iter().any(|given| (&given.key, given.effect) == (&taint.key, taint.effect));
        self.tags.taints.iter().filter(move |taint| !is_replaced(taint))
    }
}
