//! Pods and what they ask of a node.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DAEMON_POD_ANNOTATION, LabelSelector, Labels, Name, ObjectName, PodResourceClaim, PodVolume, Resources};

/// Names one entry of `Snapshot::pod_specs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct SpecId(pub u32);

impl fmt::Display for SpecId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One unfinished pod. What many pods share is in its [`PodSpec`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pod {
    /// The namespace. Names are shared with the plans that speak of the pod.
    pub namespace: Name,
    /// The name within it.
    pub name: Name,
    /// Changes when a pod of the same name is made again.
    pub uid: String,
    /// Labels, as other pods' selectors see them.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// The controller that would replace it; apart, since the planner goes over all pods and hardly ever asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Box<Owner>>,
    /// What it asks for.
    pub spec: SpecId,
    /// `status.phase`.
    pub phase: Phase,
    /// What the scheduler said last.
    pub scheduling: Scheduling,
    /// The node it is bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// The node where room is being made for it by preemption.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nominated_node: Option<String>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its grace period ends, if it is being deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_deadline: Option<Timestamp>,
    /// Whether its Ready condition is true.
    #[serde(default)]
    pub ready: bool,
    /// Whether it is the API's mirror of a static pod.
    #[serde(default)]
    pub mirror: bool,
    /// The annotations that say whether it may be moved; no others are kept.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub drain_annotations: Labels,
    /// Labels and annotations never say this: the volumes it mounts, other than configuration.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<PodVolume>,
    /// The ResourceClaims that its specification's entries mean. An entry for which none has to be made is left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resource_claims: Vec<PodResourceClaim>,
    /// Containers whose allocation differs from their specification (in-place resize).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resized: Vec<ContainerAllocation>,
    /// What the node says the whole pod holds, when it has pod-level requests and holds something else (in-place resize).
    #[serde(default, skip_serializing_if = "Resources::is_empty")]
    pub pod_resized: Resources,
    /// Whether the node said that a requested resize can never fit; then the specification does not count.
    #[serde(default)]
    pub resize_infeasible: bool,
}

impl Pod {
    /// Namespace and name.
    #[must_use]
    pub fn id(&self) -> ObjectName {
        ObjectName { namespace: self.namespace.clone(), name: self.name.clone() }
    }

    /// A pod of which no more is known than what it asks for: nobody has looked at it yet.
    #[must_use]
    pub fn unseen(id: ObjectName, spec: SpecId, created_at: Timestamp) -> Self {
        Self {
            namespace: id.namespace,
            name: id.name,
            uid: String::new(),
            labels: Labels::new(),
            owner: None,
            spec,
            phase: Phase::Pending,
            scheduling: Scheduling::Unseen,
            node: None,
            nominated_node: None,
            created_at,
            deletion_deadline: None,
            ready: false,
            mirror: false,
            drain_annotations: Labels::new(),
            volumes: Vec::new(),
            resource_claims: Vec::new(),
            resized: Vec::new(),
            pod_resized: Resources::default(),
            resize_infeasible: false,
        }
    }

    /// What its controller would make in its place: the same, without a UID and without what has happened to it.
    #[must_use]
    pub fn made_again(&self) -> Self {
        Self {
            labels: self.labels.clone(),
            owner: self.owner.clone(),
            drain_annotations: self.drain_annotations.clone(),
            volumes: self.volumes.clone(),
            resource_claims: self.resource_claims.clone(),
            ..Self::unseen(self.id(), self.spec, self.created_at)
        }
    }

    /// Whether no scheduler places it: it comes and goes with its node.
    #[must_use]
    pub fn belongs_to_its_node(&self) -> bool {
        self.mirror || self.is_daemon()
    }

    /// Whether a DaemonSet made it, or whatever made it says that it is one of that kind (Cluster Autoscaler's annotation, which
    /// ExtendedDaemonSets and others set).
    #[must_use]
    pub fn is_daemon(&self) -> bool {
        let is_annotated = || self.drain_annotations.get(DAEMON_POD_ANNOTATION).is_some_and(|value| value == "true");
        self.owner.as_ref().is_some_and(|owner| owner.kind == "DaemonSet") || is_annotated()
    }

    /// Whether it has ended and holds nothing any more.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        matches!(self.phase, Phase::Succeeded | Phase::Failed)
    }
}

/// The controller of a pod.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Owner {
    /// For example `Job`.
    pub kind: String,
    /// For example `batch/v1`.
    pub api_version: String,
    /// The controller's name, in the pod's namespace.
    pub name: String,
    /// The controller's UID.
    pub uid: String,
}

/// `status.phase` of a pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Not all containers have started.
    Pending,
    /// At least one container runs.
    Running,
    /// Every container ended well.
    Succeeded,
    /// A container failed for good.
    Failed,
    /// The node does not say.
    Unknown,
}

/// The pod's `PodScheduled` condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "state", deny_unknown_fields)]
pub enum Scheduling {
    /// No scheduler has looked at it yet.
    Unseen,
    /// It waits for its scheduling gates.
    Gated,
    /// The scheduler found no node for it.
    Unschedulable {
        /// Since when.
        since: Timestamp,
    },
    /// It is bound to a node.
    Scheduled {
        /// When, if the condition says so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Timestamp>,
    },
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
    /// Its name, which joins it to [`ContainerAllocation`].
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

/// What the node says a container holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContainerAllocation {
    /// The container's name.
    pub name: String,
    /// The larger of its allocated and its actual resources.
    pub requests: Resources,
}

/// A taint that a pod accepts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Toleration {
    /// The taint's key; absent with `Exists` accepts every key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// How the value is compared.
    pub operator: TolerationOperator,
    /// What it is compared with.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// Only this effect; absent accepts every effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<super::TaintEffect>,
}

/// How a toleration compares values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TolerationOperator {
    /// The values are the same.
    Equal,
    /// Any value.
    Exists,
    /// The taint's number is below the toleration's.
    Lt,
    /// The taint's number is above the toleration's.
    Gt,
}

/// One alternative of a required node affinity; a node matches it when every requirement holds. An empty term matches no node.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NodeSelectorTerm {
    /// Requirements on labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub match_expressions: Vec<NodeSelectorRequirement>,
    /// Requirements on fields; Kubernetes knows only `metadata.name`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub match_fields: Vec<NodeSelectorRequirement>,
}

/// One requirement of a node selector term.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NodeSelectorRequirement {
    /// The label or field.
    pub key: String,
    /// How it is compared.
    pub operator: NodeSelectorOperator,
    /// What it is compared with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
}

/// How a node selector requirement compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NodeSelectorOperator {
    /// One of the values.
    In,
    /// None of the values; an absent label will do.
    NotIn,
    /// Present.
    Exists,
    /// Absent.
    DoesNotExist,
    /// A larger whole number.
    Gt,
    /// A smaller whole number.
    Lt,
}

/// A topology spread constraint with `whenUnsatisfiable: DoNotSchedule`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TopologySpread {
    /// The label whose values are the domains.
    pub topology_key: String,
    /// How far above the least filled domain one may be.
    pub max_skew: i32,
    /// The least number of domains; below it the minimum counts as 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_domains: Option<i32>,
    /// Which pods are counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<LabelSelector>,
    /// Labels whose own value is added to the selector.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub match_label_keys: Vec<String>,
    /// Whether nodes the pod's affinity excludes are left out (`Honor`, the default).
    pub honor_node_affinity: bool,
    /// Whether nodes with untolerated taints are left out (default: no).
    pub honor_node_taints: bool,
}

/// A required pod affinity or anti-affinity term.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PodAffinityTerm {
    /// The label whose values are the domains.
    pub topology_key: String,
    /// Which pods it speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<LabelSelector>,
    /// Namespaces by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub namespaces: Vec<String>,
    /// Namespaces by label; an empty selector is all of them. With neither, the pod's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace_selector: Option<LabelSelector>,
}
