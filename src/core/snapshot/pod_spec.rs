//! What a pod asks of a node: the part that the pods of one controller share.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Labels, NodeSelectorTerm, PodAffinityTerm, Resources, Toleration, TopologySpread};

/// Names one entry of `Snapshot::pod_specs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct SpecId(pub u32);

impl fmt::Display for SpecId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The part of a pod that the pods of one controller share.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PodSpec {
    /// Which scheduler places it.
    pub scheduler_name: String,
    /// `spec.priority`; 0 when the pod has none.
    #[serde(default)]
    pub priority: i32,
    /// Gates that are still closed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scheduling_gates: Vec<String>,
    /// Labels a node must have.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub node_selector: Labels,
    /// Required node affinity: one term must match. Absent when there is none; an empty list matches no node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_affinity: Option<Vec<NodeSelectorTerm>>,
    /// Taints it accepts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tolerations: Vec<Toleration>,
    /// Its containers, init containers in their order.
    pub containers: Vec<Container>,
    /// Pod-level requests, which replace the containers' sum for the names they list.
    #[serde(default, skip_serializing_if = "Resources::is_empty")]
    pub pod_requests: Resources,
    /// What the runtime class adds.
    #[serde(default, skip_serializing_if = "Resources::is_empty")]
    pub overhead: Resources,
    /// Topology spread constraints with `DoNotSchedule`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub topology_spread: Vec<TopologySpread>,
    /// Required pod affinity.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pod_affinity: Vec<PodAffinityTerm>,
    /// Required pod anti-affinity.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pod_anti_affinity: Vec<PodAffinityTerm>,
    /// Names of its dynamic resource claims, as its containers say them; `Pod::resource_claims` says which objects these are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resource_claims: Vec<String>,
    /// Whether it uses the node's network.
    #[serde(default)]
    pub host_network: bool,
    /// What happens when a container ends.
    pub restart_policy: RestartPolicy,
}

/// `spec.restartPolicy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RestartPolicy {
    /// Ended containers start again.
    Always,
    /// Failed containers start again.
    OnFailure,
    /// None starts again.
    Never,
}

/// One container's requests.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Container {
    /// Its name, which joins it to [`ContainerAllocation`](super::ContainerAllocation).
    pub name: String,
    /// When it runs.
    pub role: ContainerRole,
    /// What it asks for.
    #[serde(default, skip_serializing_if = "Resources::is_empty")]
    pub requests: Resources,
    /// Ports of the node it takes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub host_ports: Vec<HostPort>,
}

/// When a container runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ContainerRole {
    /// For the pod's whole life.
    Main,
    /// Before the main ones, to its end.
    Init,
    /// An init container with `restartPolicy: Always`: from its turn on.
    Sidecar,
}

/// A port of the node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HostPort {
    /// The address, `0.0.0.0` for all.
    pub ip: String,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: String,
    /// The port's number.
    pub port: i32,
}
