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
            let is_right = |eviction: &Eviction| {
                let is_it = |pod: &&Pod| pod.id() == eviction.pod && pod.uid == eviction.uid;
                staying.iter().any(|pod| is_it(pod) && may_be_evicted(pod))
            };
            let wrong = pods.iter().find(|eviction| !is_right(eviction));
            wrong.map(|eviction| Violation::NotEvictable(eviction.pod.to_string()))
        })
    }
}
