//! The queue by class, for nodes that appear one after the other, each being filled before the next
//! one is there.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use super::first_fitting::{Below, BranchIx, FirstFitting};
use super::new_nodes::{KindIx, Pods};
use super::queue::Queue;
use crate::index_vec::IndexVec;
use crate::plan::amounts::small;
use crate::plan::pending::ClassIx;
use crate::scheduler::binding::SortIx;

/// The queue by class: a class that a node has refused need not be met again on the way to the
/// others.
pub(super) struct RunsByClass {
    pods: Arc<Pods>,
    /// For each class its runs in [`Queue::runs`].
    runs: IndexVec<ClassIx, Vec<usize>>,
    /// For each class how many of them are served.
    served: IndexVec<ClassIx, usize>,
    /// For each class its number among those of its kind.
    numbers: IndexVec<ClassIx, usize>,
    kinds: IndexVec<KindIx, Kind>,
    /// The branches of all kinds that are still to be looked at for a node, with their first turns.
    frontier: BinaryHeap<Reverse<(u32, KindIx, BranchIx)>>,
}

/// Classes that the same sorts of nodes take.
struct Kind {
    classes: Vec<ClassIx>,
    turns: FirstFitting,
}

impl RunsByClass {
    pub(super) fn new(pods: Arc<Pods>, classes: usize, queue: &Queue) -> Self {
        let mut runs = IndexVec::filled(classes, Vec::new());
        for (number, run) in queue.runs.iter().enumerate() {
            runs[run.class].push(number);
        }
        let mut numbers = IndexVec::filled(classes, 0);
        let mut members: IndexVec<KindIx, Vec<ClassIx>> = IndexVec::filled(pods.kinds().len(), Vec::new());
        for class in runs.iter_numbered().filter(|(_, runs)| !runs.is_empty()).map(|(class, _)| class) {
            let alike = &mut members[pods.kind(class)];
            numbers[class] = alike.len();
            alike.push(class);
        }
        let kind = |classes: Vec<ClassIx>| {
            let turns = FirstFitting::new(classes.iter().map(|class| pods.requests(*class)));
            Kind { classes, turns }
        };
        let kinds = members.into_iter().map(kind).collect();
        let served = IndexVec::filled(classes, 0);
        let mut by_class = Self { served, pods, runs, numbers, kinds, frontier: BinaryHeap::new() };
        for class in by_class.runs.numbers() {
            by_class.has_turn(class);
        }
        by_class
    }

    /// Fills a node of a sort in the order of the queue. `place` takes the class of some pods, how
    /// many they are, and what is free; it returns how many of them it placed, and leaves what is
    /// free then. A class of which the node refuses any is not met again: room only shrinks.
    pub(super) fn fill(
        &mut self,
        sort: SortIx,
        mut free: Vec<i64>,
        queue: &mut Queue,
        mut place: impl FnMut(ClassIx, u32, &mut Vec<i64>) -> u32,
    ) {
        self.frontier.clear();
        for (kind, classes) in self.kinds.iter_numbered().filter(|(kind, _)| self.pods.kinds()[*kind][sort]) {
            self.frontier.extend(classes.turns.root().map(|(turn, branch)| Reverse((turn, kind, branch))));
        }
        while let Some(Reverse((_, kind, branch))) = self.frontier.pop() {
            let Kind { classes, turns } = &self.kinds[kind];
            if !turns.may_fit(branch, &free) {
                continue;
            }
            let class = match turns.below(branch) {
                Below::Class(number) => classes[number],
                Below::Branches(branches) => {
                    let branches = branches.into_iter().flatten();
                    self.frontier.extend(branches.map(|(turn, branch)| Reverse((turn, kind, branch))));
                    continue;
                }
            };
            let left = &mut queue.runs[self.runs[class][self.served[class]]].left;
            *left -= place(class, *left, &mut free);
            if *left == 0 {
                self.served[class] += 1;
                self.has_turn(class);
                let next = self.kinds[kind].turns.of_class(self.numbers[class]);
                self.frontier.extend(next.map(|(turn, branch)| Reverse((turn, kind, branch))));
            }
        }
    }

    /// Sets the turn of a class to that of its next run.
    fn has_turn(&mut self, class: ClassIx) {
        if !self.runs[class].is_empty() {
            let next = self.runs[class].get(self.served[class]).map(|run| small(*run));
            self.kinds[self.pods.kind(class)].turns.set(self.numbers[class], next);
        }
    }
}
