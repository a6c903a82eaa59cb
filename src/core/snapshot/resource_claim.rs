//! Claims of devices (dynamic resource allocation).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DeviceNeeds, NodeSelectorTerm, Quantity};

/// A ResourceClaim of `resource.k8s.io`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResourceClaim {
    /// The namespace.
    pub namespace: String,
    /// The name within it.
    pub name: String,
    /// Whether it is being deleted; then no pod that uses it is placed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleting: bool,
    /// What it requests; absent in snapshots of versions that did not read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needs: Option<DeviceNeeds>,
    /// The devices that it has; absent when it has none yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allocation: Option<Allocation>,
    /// UIDs of the consumers that may use it now, nearly always pods.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reserved_for: Vec<String>,
}

impl ResourceClaim {
    /// The most consumers a claim can have (`ResourceClaimReservedForMaxSize` in
    /// `k8s.io/api/resource/v1`).
    const MOST_CONSUMERS: usize = 256;

    /// Whether the pod of that UID could use the claim's devices: it may already, or there is room
    /// for one more.
    #[must_use]
    pub fn takes(&self, pod_uid: &str) -> bool {
        self.reserved_for.len() < Self::MOST_CONSUMERS || self.reserved_for.iter().any(|uid| uid == pod_uid)
    }
}

/// The devices of a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Allocation {
    /// The nodes that reach them, of which one term must match; absent when every node does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_selector: Option<Vec<NodeSelectorTerm>>,
    /// The devices.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<AllocatedDevice>,
}

/// A device of an allocated claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AllocatedDevice {
    /// The driver.
    pub driver: String,
    /// The name of the pool.
    pub pool: String,
    /// The name of the device within it.
    pub device: String,
    /// Whether the claim only looks after it: then it is free for others.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub admin_access: bool,
    /// Whether others may have a share of it as well (it has a `shareID`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_share: bool,
    /// How much of its capacity the claim has, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub consumed: BTreeMap<String, Quantity>,
}

/// A ResourceClaimTemplate of `resource.k8s.io`: each pod that names it gets a claim of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResourceClaimTemplate {
    /// The namespace.
    pub namespace: String,
    /// The name within it.
    pub name: String,
    /// What its claims request.
    pub needs: DeviceNeeds,
}

/// An entry of a pod's `spec.resourceClaims`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PodResourceClaim {
    /// The entry's name.
    pub name: String,
    /// The ResourceClaim in the pod's namespace; absent when it is yet to be made from a template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<String>,
    /// The ResourceClaimTemplate in the pod's namespace; absent when the pod names the claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_claim_takes_only_those_who_have_it() {
        let reserved = |count: usize| (0..count).map(|number| format!("uid-{number}")).collect();
        for (count, pod, takes) in [(0, "new", true), (255, "new", true), (256, "new", false), (256, "uid-7", true)] {
            let claim = ResourceClaim {
                namespace: "a".into(),
                name: "gpu".into(),
                deleting: false,
                needs: None,
                allocation: Some(Allocation { node_selector: None, devices: Vec::new() }),
                reserved_for: reserved(count),
            };
            assert_eq!(claim.takes(pod), takes, "{count} {pod}");
        }
    }
}
