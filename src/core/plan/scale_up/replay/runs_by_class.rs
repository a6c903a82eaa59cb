//! The queue by class, for nodes that appear one after the other, each being filled before the next
//! one is there.

use std::cmp::Reverse;

use super::queue::Queue;
use crate::index_vec::IndexVec;
use crate::plan::pending::ClassIx;
use crate::scheduler::binding::{Heads, numbers_in_turn};

/// The queue by class: a class that a node has refused need not be met again on the way to the
/// others.
pub(super) struct RunsByClass {
    /// For each class its runs in [`Queue::runs`].
    runs: IndexVec<ClassIx, Vec<usize>>,
    /// For each class how many of them are served.
    served: IndexVec<ClassIx, usize>,
    heads: Heads<usize, ClassIx>,
}

impl RunsByClass {
    pub(super) fn new(classes: usize, queue: &Queue) -> Self {
        let mut runs = IndexVec::filled(classes, Vec::new());
        for (number, run) in queue.runs.iter().enumerate() {
            runs[run.class].push(number);
        }
        Self { runs, served: IndexVec::filled(classes, 0), heads: Heads::new() }
    }

    /// Fills a node with pods of some classes in the order of the queue. A class is done with when
    /// `place` finds no room for some of its pods.
    pub(super) fn fill(&mut self, classes: &[ClassIx], queue: &mut Queue, mut place: impl FnMut(ClassIx, u32) -> u32) {
        let Self { runs, served, heads } = self;
        let next_run = |served: &IndexVec<ClassIx, usize>, class: ClassIx| runs[class].get(served[class]).copied();
        heads.extend(classes.iter().filter_map(|&class| Some(Reverse((next_run(served, class)?, class)))));
        numbers_in_turn(heads, |class, _| {
            let left = &mut queue.runs[next_run(served, class)?].left;
            *left -= place(class, *left);
            if *left > 0 {
                return None;
            }
            served[class] += 1;
            next_run(served, class)
        });
    }
}
