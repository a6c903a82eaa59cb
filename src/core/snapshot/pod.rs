//! The unfinished pods.

use std::sync::Arc;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::duration::Seconds;

use super::name::{of_a_pod, uid_of_a_pod};
use super::owner::shared;
use super::{GangName, Labels, Name, ObjectName, Owner, PodResourceClaim, PodSpec, PodVolume, Resources, SpecId};

/// An unfinished pod. Its [`PodSpec`](super::PodSpec) holds what many pods share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own about the pod, and documents have it by name")]
pub struct Pod {
    /// The namespace. Plans share these names.
    pub namespace: Name,
    /// The name within it.
    #[serde(deserialize_with = "of_a_pod")]
    #[schemars(with = "Name")]
    pub name: Name,
    /// The UID: it differs when a pod of the same name is made again.
    #[serde(deserialize_with = "uid_of_a_pod")]
    #[schemars(with = "Name")]
    pub uid: Name,
    /// Its labels, as the selectors of other pods see them.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// The controller that would replace it, which its pods share.
    #[serde(default, deserialize_with = "shared", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Owner>")]
    pub owner: Option<Arc<Owner>>,
    /// Its specification.
    pub spec: SpecId,
    /// `status.phase`.
    pub phase: Phase,
    /// What the scheduler did with it last.
    pub scheduling: Scheduling,
    /// The node to which it is bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<Name>,
    /// The node on which pods are preempted for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nominated_node: Option<Name>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its grace period ends; absent when it is not being deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_deadline: Option<Timestamp>,
    /// Whether the scheduler ends it to make room for others.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub preempted: bool,
    /// Whether its Ready condition is true.
    #[serde(default)]
    pub ready: bool,
    /// Whether it is the API's mirror of a static pod.
    #[serde(default)]
    pub mirror: bool,
    /// Its annotations that rules read, most of them about whether it may be moved; no others are
    /// kept.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub drain_annotations: Labels,
    /// The volumes that it mounts, other than configuration.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<PodVolume>,
    /// The ResourceClaims of its specification's entries. An entry for which no claim has to be
    /// made is left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resource_claims: Vec<PodResourceClaim>,
    /// Its containers whose allocation differs from their specification (in-place resize).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resized: Vec<ContainerAllocation>,
    /// What the whole pod holds by the word of its node, when it has pod-level requests and holds
    /// something else (in-place resize).
    #[serde(default, skip_serializing_if = "Resources::is_empty")]
    pub pod_resized: Resources,
    /// Whether the node reported that a requested resize can never fit; then the specification does
    /// not count.
    #[serde(default)]
    pub resize_infeasible: bool,
    /// The scheduler's words on why it found no node, where they are old enough to matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduler_message: Option<Box<str>>,
    /// The gang that it belongs to. Where none of [`Snapshot::gangs`](super::Snapshot::gangs) in
    /// its namespace has this name, what states how many pods start together could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gang: Option<Box<GangName>>,
}

impl Pod {
    /// Returns its namespace and name.
    #[must_use]
    pub fn id(&self) -> ObjectName {
        ObjectName { namespace: self.namespace.clone(), name: self.name.clone() }
    }

    /// Whether scheduling gates hold it back.
    #[must_use]
    pub fn is_gated(&self, spec: &PodSpec) -> bool {
        self.node.is_none() && (!spec.scheduling_gates.is_empty() || self.scheduling == Scheduling::Gated)
    }

    /// Returns a pod of which only the specification is known, since no scheduler has looked at it
    /// yet.
    #[must_use]
    pub fn unseen(id: ObjectName, spec: SpecId, created_at: Timestamp) -> Self {
        Self {
            namespace: id.namespace,
            name: id.name,
            uid: Name::default(),
            labels: Labels::new(),
            owner: None,
            spec,
            phase: Phase::Pending,
            scheduling: Scheduling::Unseen,
            node: None,
            nominated_node: None,
            created_at,
            deletion_deadline: None,
            preempted: false,
            ready: false,
            mirror: false,
            drain_annotations: Labels::new(),
            volumes: Vec::new(),
            resource_claims: Vec::new(),
            resized: Vec::new(),
            pod_resized: Resources::default(),
            resize_infeasible: false,
            scheduler_message: None,
            gang: None,
        }
    }

    /// Returns the pod that its controller would make in its place: the same, without a UID and
    /// without its history.
    #[must_use]
    pub fn made_again(&self) -> Self {
        Self {
            labels: self.labels.clone(),
            owner: self.owner.clone(),
            drain_annotations: self.drain_annotations.clone(),
            volumes: self.volumes.clone(),
            resource_claims: self.resource_claims.clone(),
            gang: self.gang.clone(),
            ..Self::unseen(self.id(), self.spec, self.created_at)
        }
    }

    /// Whether it is leaving to make room for others.
    #[must_use]
    pub fn makes_room(&self) -> bool {
        self.preempted && self.deletion_deadline.is_some()
    }

    /// Whether it has ended and holds nothing any more.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        matches!(self.phase, Phase::Succeeded | Phase::Failed)
    }
}

/// The longest time after which the scheduler tries a pod again that it refused
/// (`DefaultPodMaxInUnschedulablePodsDuration`, five minutes, and one more until it has done so).
pub const SCHEDULER_RETRIES_WITHIN: Seconds = Seconds::minutes(6);

/// The value of `status.phase` of a pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Not all containers have started.
    Pending,
    /// At least one container runs.
    Running,
    /// Every container succeeded.
    Succeeded,
    /// A container failed for good.
    Failed,
    /// The node does not report.
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
        /// Since when it has been unschedulable.
        since: Timestamp,
    },
    /// It is bound to a node.
    Scheduled {
        /// When it was bound; absent when the condition does not state it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Timestamp>,
    },
}

impl Scheduling {
    /// Returns since when the scheduler has refused the pod, if it has.
    #[must_use]
    pub fn refused_since(&self) -> Option<Timestamp> {
        match self {
            Self::Unschedulable { since } => Some(*since),
            Self::Unseen | Self::Gated | Self::Scheduled { .. } => None,
        }
    }
}

/// What a container holds by the word of its node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContainerAllocation {
    /// The container's name.
    pub name: String,
    /// The larger of its allocated and its actual resources.
    pub requests: Resources,
}
