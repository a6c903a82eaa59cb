//! The scheduler's queue: by priority, then by age (`pkg/scheduler/framework/plugins/queuesort`).

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use jiff::Timestamp;

use super::ids::{HostId, PodId};
use crate::snapshot::SpecId;

/// Pods that wait for a node, by their specification, the oldest first; and the changes since the
/// scheduler looked at them.
#[derive(Debug, Default)]
pub(super) struct SchedulingQueue {
    waiting: BTreeMap<SpecId, (i32, BTreeSet<(Timestamp, PodId)>)>,
    /// Pods that no scheduler has looked at.
    pub(super) unseen: Vec<PodId>,
    /// Nodes that may have new room.
    pub(super) changed: BTreeSet<HostId>,
    /// Specifications that every node has refused except the changed ones.
    pub(super) refused: BTreeSet<SpecId>,
}

/// A pod at the head of those with the same specification.
type Head = Reverse<(Reverse<i32>, Timestamp, PodId, SpecId)>;

impl SchedulingQueue {
    pub(super) fn add(&mut self, spec: SpecId, priority: i32, came_at: Timestamp, pod: PodId) {
        self.waiting.entry(spec).or_insert_with(|| (priority, BTreeSet::new())).1.insert((came_at, pod));
    }

    pub(super) fn remove(&mut self, spec: SpecId, came_at: Timestamp, pod: PodId) {
        if let Some((_, pods)) = self.waiting.get_mut(&spec) {
            pods.remove(&(came_at, pod));
            if pods.is_empty() {
                self.waiting.remove(&spec);
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Returns the specifications that wait, each with its pods in their order.
    pub(super) fn specs(&self) -> impl Iterator<Item = (SpecId, impl Iterator<Item = PodId>)> {
        self.waiting.iter().map(|(spec, (_, pods))| (*spec, pods.iter().map(|(_, pod)| *pod)))
    }

    /// Whether every node that has not changed since has refused all that wait.
    pub(super) fn are_all_refused(&self) -> bool {
        self.waiting.keys().all(|spec| self.refused.contains(spec))
    }

    /// Serves the pods in the order of the queue. `serve` returns for each pod whether the next one
    /// with the same specification is worth a look.
    pub(super) fn go_through(&self, mut serve: impl FnMut(SpecId, PodId) -> bool) {
        let head = |spec: SpecId, after: Option<(Timestamp, PodId)>| -> Option<Head> {
            let (priority, pods) = self.waiting.get(&spec)?;
            let (came_at, pod) = *match after {
                None => pods.first()?,
                Some(after) => pods.range((std::ops::Bound::Excluded(after), std::ops::Bound::Unbounded)).next()?,
            };
            Some(Reverse((Reverse(*priority), came_at, pod, spec)))
        };
        let mut heads: BinaryHeap<Head> = self.waiting.keys().filter_map(|spec| head(*spec, None)).collect();
        while let Some(Reverse((_, came_at, pod, spec))) = heads.pop() {
            if serve(spec, pod) {
                heads.extend(head(spec, Some((came_at, pod))));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_important_goes_first_then_the_older_and_a_refused_kind_is_left_out() {
        let at = |second| Timestamp::from_second(second).expect("a timestamp");
        let mut queue = SchedulingQueue::default();
        for (spec, priority, came_at, pod) in [(1, 0, 5, 10), (1, 0, 1, 11), (2, 9, 9, 20), (3, 0, 2, 30), (3, 0, 7, 31)] {
            queue.add(SpecId(spec), priority, at(came_at), pod);
        }
        let served = |queue: &SchedulingQueue, refused: u32| {
            let mut order = Vec::new();
            queue.go_through(|spec, pod| {
                order.push(pod);
                spec != SpecId(refused)
            });
            order
        };
        assert_eq!(served(&queue, 0), [20, 11, 30, 10, 31]);
        assert_eq!(served(&queue, 3), [20, 11, 30, 10]);
        queue.remove(SpecId(2), at(9), 20);
        queue.remove(SpecId(1), at(1), 11);
        assert_eq!(served(&queue, 0), [30, 10, 31]);
    }
}
