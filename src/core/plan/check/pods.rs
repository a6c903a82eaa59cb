//! Which pods keep a node, and which may be evicted from it.

use std::collections::BTreeMap;

use super::claims::Claims;
use jiff::Timestamp;

use crate::duration::Seconds;
use crate::snapshot::{Name, Phase, Pod, Snapshot};

/// The unfinished pods of a snapshot by the node they are bound to.
pub(super) struct BoundPods<'a> {
    snapshot: &'a Snapshot,
    expendable_below: Option<i32>,
    by_node: BTreeMap<&'a str, Vec<&'a Pod>>,
}

impl<'a> BoundPods<'a> {
    pub(super) fn of(snapshot: &'a Snapshot, expendable_below: Option<i32>) -> Self {
        let mut by_node: BTreeMap<&'a str, Vec<&'a Pod>> = BTreeMap::new();
        for pod in &snapshot.pods {
            if let Some(node) = &pod.node {
                by_node.entry(node).or_default().push(pod);
            }
        }
        Self { snapshot, expendable_below, by_node }
    }

    /// Returns the pods that keep a node.
    pub(super) fn keeping(&self, node: &str) -> impl Iterator<Item = &'a Pod> {
        self.by_node.get(node).into_iter().flatten().copied().filter(|pod| self.keeps(pod))
    }

    /// Whether pods keep an instance by a name of it that no Node has at the moment.
    pub(super) fn keep_elsewhere(&self, instance: &str, claims: &Claims<'_>) -> bool {
        claims.missing_nodes_of(instance).any(|place| self.keeping(place).next().is_some())
    }

    /// Whether the pod of this run is on a node.
    pub(super) fn is_own_node(&self, node: &str) -> bool {
        self.by_node.get(node).into_iter().flatten().any(|pod| self.is_own(pod))
    }

    /// Whether a bound pod keeps its node. All do but those that are finished, a mirror, of a
    /// DaemonSet, of this run, or given up by `--expendable-below`.
    fn keeps(&self, pod: &Pod) -> bool {
        let is_finished = match pod.phase {
            Phase::Succeeded | Phase::Failed => true,
            Phase::Pending | Phase::Running | Phase::Unknown => false,
        };
        let is_of_its_node = pod.mirror
            || pod.owner.as_ref().is_some_and(|owner| owner.kind == "DaemonSet")
            || annotation(pod, "cluster-autoscaler.kubernetes.io/daemonset-pod") == Some("true");
        let is_given_up = self.expendable_below.is_some_and(|limit| self.snapshot.spec(pod).priority < limit);
        !is_finished && !is_of_its_node && !self.is_own(pod) && !is_given_up
    }

    fn is_own(&self, pod: &Pod) -> bool {
        let own = self.snapshot.cluster.own_pod.as_ref();
        own.is_some_and(|own| own.name == pod.name && own.namespace == pod.namespace)
    }
}

/// Whether a pod may be evicted. A running job never is, nor a pod that no controller would create
/// again, unless its annotation permits it, or it states what starting again would lose and a
/// controller looks after it.
pub(super) fn may_be_evicted(pod: &Pod) -> bool {
    let replaced = ["ReplicaSet", "ReplicationController", "StatefulSet"];
    let is_replaced = pod.owner.as_ref().is_some_and(|owner| replaced.contains(&owner.kind.as_str()));
    let safe = annotation(pod, "cluster-autoscaler.kubernetes.io/safe-to-evict");
    let is_kept = pod.labels.get("openai/do-not-drain").is_some_and(|value| value == "true")
        || annotation(pod, "karpenter.sh/do-not-disrupt") == Some("true")
        || annotation(pod, "ec2-autoscale/do-not-evict").is_some_and(|value| value != "false")
        || safe == Some("false");
    let saved = annotation(pod, "ec2-autoscale/checkpointed-at").is_some_and(|time| time.parse::<Timestamp>().is_ok());
    let again = annotation(pod, "ec2-autoscale/cost-of-restart").is_some_and(|time| time.parse::<Seconds>().is_ok());
    let starts_again = pod.owner.is_some() && (saved || again);
    !is_kept && (is_replaced || starts_again || safe == Some("true"))
}

fn annotation<'p>(pod: &'p Pod, key: &str) -> Option<&'p str> {
    pod.drain_annotations.get(key).map(Name::as_str)
}
