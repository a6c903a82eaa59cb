//! The queue by class, for nodes that appear one after the other, each being filled before the next
//! one is there.

use std::rc::Rc;

use super::first_fitting::FirstFitting;
use super::new_nodes::{KindIx, Pods};
use super::queue::Queue;
use crate::index_vec::IndexVec;
use crate::plan::amounts::small;
use crate::plan::pending::ClassIx;
use crate::scheduler::binding::SortIx;

/// The queue by class: a class that a node has refused need not be met again on the way to the
/// others.
pub(super) struct RunsByClass {
    pods: Rc<Pods>,
    /// For each class its runs in [`Queue::runs`].
    runs: IndexVec<ClassIx, Vec<usize>>,
    /// For each class how many of them are served.
    served: IndexVec<ClassIx, usize>,
    /// For each class its number among those of its kind.
    numbers: IndexVec<ClassIx, usize>,
    kinds: IndexVec<KindIx, Kind>,
}

/// Classes that the same sorts of nodes take.
struct Kind {
    classes: Vec<ClassIx>,
    turns: FirstFitting,
}

impl RunsByClass {
    pub(super) fn new(pods: Rc<Pods>, classes: usize, queue: &Queue) -> Self {
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
        let mut by_class = Self { served: IndexVec::filled(classes, 0), pods, runs, numbers, kinds };
        for class in by_class.runs.numbers() {
            by_class.has_turn(class);
        }
        by_class
    }

    /// Fills a node of a sort in the order of the queue. `place` takes the class of some pods, how
    /// many they are, and what is free; it returns how many of them it placed, and leaves what is
    /// free then.
    pub(super) fn fill(
        &mut self,
        sort: SortIx,
        mut free: Vec<i64>,
        queue: &mut Queue,
        mut place: impl FnMut(ClassIx, u32, &mut Vec<i64>) -> u32,
    ) {
        let mut refused = Vec::new();
        while let Some(class) = self.first(sort, &free) {
            let left = &mut queue.runs[self.runs[class][self.served[class]]].left;
            *left -= place(class, *left, &mut free);
            if *left > 0 {
                refused.push(class);
                self.waits(class);
            } else {
                self.served[class] += 1;
                self.has_turn(class);
            }
        }
        for class in refused {
            self.has_turn(class);
        }
    }

    /// Returns the first class in the queue that the node takes, as far as requests say.
    fn first(&self, sort: SortIx, free: &[i64]) -> Option<ClassIx> {
        let mut first = None;
        let mut limit = u32::MAX;
        let kinds = self.kinds.iter_numbered().filter(|(kind, _)| self.pods.kinds()[*kind][sort]);
        for (_, kind) in kinds {
            if let Some((turn, class)) = kind.turns.first(free, limit) {
                (first, limit) = (Some(kind.classes[class]), turn);
            }
        }
        first
    }

    /// Sets the turn of a class to that of its next run.
    fn has_turn(&mut self, class: ClassIx) {
        let next = self.runs[class].get(self.served[class]).map(|run| small(*run));
        self.set(class, next);
    }

    /// Lets a class wait for another node.
    fn waits(&mut self, class: ClassIx) {
        self.set(class, None);
    }

    fn set(&mut self, class: ClassIx, turn: Option<u32>) {
        if !self.runs[class].is_empty() {
            self.kinds[self.pods.kind(class)].turns.set(self.numbers[class], turn);
        }
    }
}
