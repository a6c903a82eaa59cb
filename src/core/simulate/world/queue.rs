//! The pods that wait for a node, and the changes since the scheduler looked at them.

use std::collections::{BTreeMap, BTreeSet};

use super::ids::{HostId, PodId};
use crate::scheduler::binding::{Turn, in_turn};
use crate::snapshot::SpecId;

/// Pods that wait for a node, by their specification, and the changes since the scheduler looked at
/// them.
#[derive(Debug, Default)]
pub(super) struct SchedulingQueue {
    waiting: BTreeMap<SpecId, BTreeSet<Turn>>,
    /// Pods that no scheduler has looked at.
    pub(super) unseen: Vec<PodId>,
    /// Nodes that may have new room.
    pub(super) changed: BTreeSet<HostId>,
    /// Specifications that every node has refused except the changed ones.
    pub(super) refused: BTreeSet<SpecId>,
}

impl SchedulingQueue {
    pub(super) fn add(&mut self, spec: SpecId, turn: Turn) {
        self.waiting.entry(spec).or_default().insert(turn);
    }

    pub(super) fn remove(&mut self, spec: SpecId, turn: Turn) {
        if let Some(turns) = self.waiting.get_mut(&spec) {
            turns.remove(&turn);
            if turns.is_empty() {
                self.waiting.remove(&spec);
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Returns the specifications that wait, each with its pods in their order.
    pub(super) fn specs(&self) -> impl Iterator<Item = (SpecId, impl Iterator<Item = PodId>)> {
        self.waiting.iter().map(|(spec, turns)| (*spec, turns.iter().map(|turn| turn.pod)))
    }

    /// Whether every node that has not changed since has refused all that wait.
    pub(super) fn are_all_refused(&self) -> bool {
        self.waiting.keys().all(|spec| self.refused.contains(spec))
    }

    /// Serves the pods in the order of the queue. `serve` returns for each pod whether the next one
    /// with the same specification is worth a look.
    pub(super) fn go_through(&self, mut serve: impl FnMut(SpecId, PodId) -> bool) {
        let lines = self.waiting.iter().filter_map(|(spec, turns)| {
            let mut turns = turns.iter().copied().peekable();
            Some((*turns.peek()?, (*spec, turns)))
        });
        in_turn(lines, |(spec, turns), _| {
            let pod = turns.next()?.pod;
            if serve(*spec, pod) { turns.peek().copied() } else { None }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    #[test]
    fn the_more_important_goes_first_then_the_older_and_a_refused_kind_is_left_out() {
        let turn = |priority, second, pod| Turn::new(priority, Timestamp::from_second(second).expect("a timestamp"), pod);
        let mut queue = SchedulingQueue::default();
        for (spec, priority, came_at, pod) in [(1, 0, 5, 10), (1, 0, 1, 11), (2, 9, 9, 20), (3, 0, 2, 30), (3, 0, 7, 31)] {
            queue.add(SpecId(spec), turn(priority, came_at, pod));
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
        queue.remove(SpecId(2), turn(9, 9, 20));
        queue.remove(SpecId(1), turn(0, 1, 11));
        assert_eq!(served(&queue, 0), [30, 10, 31]);
    }
}
