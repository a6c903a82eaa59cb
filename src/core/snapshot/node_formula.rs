//! The formula for what pods may request of a new node.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The formula for what pods may request of a new node of a group, applied to what its machine type
/// offers. The cloud knows it from the images that its groups launch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NodeFormula {
    /// The memory for the kubelet grows with the number of pods that the network interfaces allow.
    #[default]
    ByNetworkPods,
    /// The kubelet keeps back what its own defaults state, and no more.
    KubeletDefaults,
}

impl NodeFormula {
    /// Whether it is the formula of a group whose document names none.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::snapshot::Group;

    #[test]
    fn a_group_that_names_no_formula_has_the_one_that_was_always_used() {
        let document = json!({
            "id": { "region": "us-west-2", "name": "g" }, "managed_by": "named", "min": 0, "max": 1, "desired": 0,
            "zones": [], "launch_options": [], "purchase": { "kind": "on-demand" }, "instances": [],
            "rebalances_zones": false, "launches_protected": false, "tags": {}
        });
        let group: Group = serde_json::from_value(document).expect("a group");
        assert_eq!(group.node_formula, NodeFormula::ByNetworkPods);
        let written = serde_json::to_value(&group).expect("JSON");
        assert_eq!(written.get("node_formula"), None);
        let named: NodeFormula = serde_json::from_value(json!("by-network-pods")).expect("a formula");
        assert_eq!(named, NodeFormula::ByNetworkPods);
    }
}
