//! What must be proved before a pod is evicted.

use super::Check;
use super::pods::may_be_evicted;
use super::violation::Violation;
use crate::plan::action::{Eviction, NodeRef};
use crate::snapshot::{GroupId, Pod};

impl Check<'_> {
    /// Returns why pods are not evicted. All pods must go that keep the node and are not leaving,
    /// and each of them must be one that its controller creates again or that permits it.
    pub(super) fn evictions(
        &self,
        node: &NodeRef,
        group: &GroupId,
        is_under_way: bool,
        pods: &[Eviction],
    ) -> Option<Violation> {
        let not_ours = || self.not_ours(node, is_under_way).or_else(|| self.not_one_of(node, group));
        self.unproven().or_else(not_ours).or_else(|| {
            let staying: Vec<&Pod> = self.pods.keeping(&node.name).filter(|pod| pod.deletion_deadline.is_none()).collect();
            let is_left_out = |pod: &&Pod| pods.iter().all(|eviction| eviction.uid != pod.uid);
            if staying.iter().any(is_left_out) {
                return Some(Violation::Busy(node.name.clone()));
            }
            // Of a gang that this drain moves, the first pods may be elsewhere already.
            if let Some(torn) = staying.iter().find(|pod| !is_under_way && self.runs_elsewhere_too(pod, &node.name)) {
                return Some(Violation::TearsGang(torn.id().to_string()));
            }
            let is_right = |eviction: &Eviction| {
                let is_it = |pod: &&Pod| pod.id() == eviction.pod && pod.uid == eviction.uid;
                staying.iter().any(|pod| is_it(pod) && may_be_evicted(pod))
            };
            let wrong = pods.iter().find(|eviction| !is_right(eviction));
            wrong.map(|eviction| Violation::NotEvictable(eviction.pod.to_string()))
        })
    }

    /// Whether pods that run together with one of a node are on other nodes, or might be: what
    /// states it may not have been read.
    fn runs_elsewhere_too(&self, pod: &Pod, node: &str) -> bool {
        let Some(named) = pod.gang.as_deref() else { return false };
        let known = self.snapshot.gangs.iter().find(|gang| gang.namespace == pod.namespace && gang.id == *named);
        let is_member = |other: &Pod| other.namespace == pod.namespace && other.gang.as_deref() == Some(named);
        let is_elsewhere = |other: &Pod| is_member(other) && other.node.as_deref().is_some_and(|place| place != node);
        known.is_none_or(|gang| gang.min > 1 && self.snapshot.pods.iter().any(is_elsewhere))
    }
}
