//! The pods that a replay places, in the order of the scheduler's queue.

use std::rc::Rc;

use super::Served;
use crate::index_vec::IndexVec;
use crate::plan::amounts::small;
use crate::plan::fleet::Fleet;
use crate::plan::pending::{Class, ClassIx, Waiting};
use crate::scheduler::binding::{Turn, in_turn};

/// Pods that wait, first come first served, as runs of the same class.
#[derive(Debug, Clone)]
pub(super) struct Queue {
    /// Indices into [`Fleet::unbound`]; copies of the queue share them.
    pods: Rc<[usize]>,
    pub(super) runs: Vec<Run>,
}

/// Consecutive pods of one class.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    pub(super) class: ClassIx,
    /// The first of them.
    start: usize,
    /// How many have no node yet: the last ones.
    pub(super) left: u32,
    length: usize,
}

impl Queue {
    /// Merges the pods of the classes, each of which are in the order of their age already.
    pub(super) fn new(fleet: &Fleet<'_>, classes: &IndexVec<ClassIx, Class<'_>>, served: &[Served]) -> Self {
        let turn = |priority: i32, waiting: &Waiting| Turn::new(priority, waiting.created_at, waiting.pod);
        let lines = served.iter().map(|one| {
            let pods = &classes[one.class].pods[one.pods.clone()];
            let priority = fleet.spec(fleet.unbound[pods[0].pod]).priority;
            (turn(priority, &pods[0]), (one.class, priority, pods))
        });
        let mut pods = Vec::with_capacity(served.iter().map(|one| one.pods.len()).sum());
        let mut runs = Vec::new();
        in_turn(lines, |(class, priority, coming), of_others| {
            let is_next = |waiting: &&Waiting| of_others.is_none_or(|other| turn(*priority, waiting) < other);
            let length = coming.iter().take_while(is_next).count();
            let (run, rest) = coming.split_at(length);
            runs.push(Run { class: *class, start: pods.len(), left: small(length), length });
            pods.extend(run.iter().map(|waiting| waiting.pod));
            *coming = rest;
            rest.first().map(|following| turn(*priority, following))
        });
        Self { pods: pods.into(), runs }
    }

    /// Returns how many pods there are.
    pub(super) fn len(&self) -> u32 {
        small(self.pods.len())
    }

    /// Returns the pods without a node, in the order of the queue.
    pub(super) fn waiting(&self) -> impl Iterator<Item = (ClassIx, usize)> {
        self.runs.iter().flat_map(|run| {
            let first = run.start + run.length - run.left as usize;
            self.pods[first..run.start + run.length].iter().map(|pod| (run.class, *pod))
        })
    }
}
