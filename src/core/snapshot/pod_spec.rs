//! The specification of a pod: the part that the pods of one controller share.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Labels, NodeSelectorTerm, PodAffinityTerm, Resources, Toleration, TopologySpread};
use crate::duration::Seconds;
use crate::fnv::Fnv;

/// The id of an entry of `Snapshot::pod_specs`.
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
    /// The scheduler that places it.
    pub scheduler_name: String,
    /// `spec.priority`; 0 when the pod has none.
    #[serde(default)]
    pub priority: i32,
    /// The scheduling gates that are still closed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scheduling_gates: Vec<String>,
    /// The labels that a node must have.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub node_selector: Labels,
    /// The required node affinity, of which one term must match. Absent when there is none; an
    /// empty list matches no node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_affinity: Option<Vec<NodeSelectorTerm>>,
    /// The taints that it accepts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tolerations: Vec<Toleration>,
    /// Its containers, with the init containers in their order.
    pub containers: Vec<Container>,
    /// Its pod-level requests, which replace the sum of the containers for the resources that they
    /// list.
    #[serde(default, skip_serializing_if = "Resources::is_empty")]
    pub pod_requests: Resources,
    /// What its runtime class adds to the requests.
    #[serde(default, skip_serializing_if = "Resources::is_empty")]
    pub overhead: Resources,
    /// Its topology spread constraints with `DoNotSchedule`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub topology_spread: Vec<TopologySpread>,
    /// Its required pod affinity.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pod_affinity: Vec<PodAffinityTerm>,
    /// Its required pod anti-affinity.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pod_anti_affinity: Vec<PodAffinityTerm>,
    /// The names of its dynamic resource claims in its containers; `Pod::resource_claims` has the
    /// objects.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resource_claims: Vec<String>,
    /// Whether it uses the node's network.
    #[serde(default)]
    pub host_network: bool,
    /// What happens when a container ends.
    pub restart_policy: RestartPolicy,
    /// After how long on its node it is ended (`spec.activeDeadlineSeconds`); absent where it may
    /// run for any time. That of a Job is not its pods'.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_deadline: Option<Seconds>,
}

impl PodSpec {
    /// Returns a hash by which a later run knows the like of a pod again.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut hash = Fnv::default();
        hash.take(serde_json::to_string(self).expect("a specification has a JSON form").as_bytes());
        format!("{:016x}", hash.value())
    }
}

/// The value of `spec.restartPolicy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RestartPolicy {
    /// Ended containers start again.
    Always,
    /// Failed containers start again.
    OnFailure,
    /// Containers never start again.
    Never,
}

/// A container's requests.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Container {
    /// Its name, which joins it to [`ContainerAllocation`](super::ContainerAllocation).
    pub name: String,
    /// When it runs.
    pub role: ContainerRole,
    /// What it requests.
    #[serde(default, skip_serializing_if = "Resources::is_empty")]
    pub requests: Resources,
    /// The ports of the node that it takes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub host_ports: Vec<HostPort>,
}

/// When a container runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ContainerRole {
    /// It runs for the pod's whole life.
    Main,
    /// It runs to its end before the main ones start.
    Init,
    /// It is an init container with `restartPolicy: Always`: it runs from its turn on.
    Sidecar,
}

/// A port of the node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HostPort {
    /// The address; `0.0.0.0` stands for all.
    pub ip: String,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: String,
    /// The port's number.
    pub port: i32,
}
