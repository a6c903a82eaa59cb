//! The scheduler's queue: by priority, then by age (`pkg/scheduler/framework/plugins/queuesort`).

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::rc::Rc;

use super::Served;
use crate::index_vec::IndexVec;
use crate::plan::amounts::small;
use crate::plan::fleet::Fleet;
use crate::plan::pending::{Class, ClassIx, Waiting};

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
    /// The pods of each class come in the order of their age already, so that their queues only need to be merged.
    pub(super) fn new(fleet: &Fleet<'_>, classes: &IndexVec<ClassIx, Class<'_>>, served: &[Served]) -> Self {
        let mut coming: Vec<&[Waiting]> = served.iter().map(|one| &classes[one.class].pods[one.pods.clone()]).collect();
        let priority = |pods: &[Waiting]| Reverse(fleet.spec(fleet.unbound[pods[0].pod]).priority);
        let heads = coming.iter().enumerate().map(|(one, pods)| Reverse((priority(pods), pods[0], one)));
        let mut heads: BinaryHeap<_> = heads.collect();
        let mut pods = Vec::with_capacity(coming.iter().map(|pods| pods.len()).sum());
        let mut runs = Vec::new();
        while let Some(Reverse((priority, _, one))) = heads.pop() {
            // A class goes on until one of another is the next.
            let is_next = |waiting: &&Waiting| heads.peek().is_none_or(|other| Reverse((priority, **waiting, one)) > *other);
            let length = coming[one].iter().take_while(is_next).count();
            let (run, rest) = coming[one].split_at(length);
            runs.push(Run { class: served[one].class, start: pods.len(), left: small(length), length });
            pods.extend(run.iter().map(|waiting| waiting.pod));
            heads.extend(rest.first().map(|following| Reverse((priority, *following, one))));
            coming[one] = rest;
        }
        Self { pods: pods.into(), runs }
    }

    /// How many pods.
    pub(super) fn len(&self) -> u32 {
        small(self.pods.len())
    }

    /// The pods without a node, in the order of the queue.
    pub(super) fn waiting(&self) -> impl Iterator<Item = (ClassIx, usize)> {
        self.runs.iter().flat_map(|run| {
            let first = run.start + run.length - run.left as usize;
            self.pods[first..run.start + run.length].iter().map(|pod| (run.class, *pod))
        })
    }
}

/// The classes that the node at hand has refused: once it has refused all that wait, the rest of the queue need not be asked.
pub(super) struct Refused {
    /// For each class the number of the node that refused it last.
    by: IndexVec<ClassIx, u32>,
    node: u32,
    here: usize,
    /// Classes in the queue; those that are served meanwhile still count, which costs time but no pod its place.
    classes: usize,
}

impl Refused {
    pub(super) fn new(classes: usize, queue: &Queue) -> Self {
        let mut refused = Self { by: IndexVec::filled(classes, 0), node: 0, here: 0, classes: 0 };
        refused.count(queue);
        refused
    }

    /// Another node is asked. Now and then the runs that are served are dropped from the queue.
    pub(super) fn begin_node(&mut self, queue: &mut Queue) {
        const TIDY_EVERY: u32 = 16;
        self.node += 1;
        self.here = 0;
        if self.node.is_multiple_of(TIDY_EVERY) {
            queue.runs.retain(|run| run.left > 0);
            self.count(queue);
        }
    }

    fn count(&mut self, queue: &Queue) {
        let mut seen = IndexVec::<ClassIx, bool>::filled(self.by.len(), false);
        queue.runs.iter().for_each(|run| seen[run.class] = true);
        self.classes = seen.into_iter().filter(|seen| *seen).count();
    }

    pub(super) fn is_refused(&self, class: ClassIx) -> bool {
        self.by[class] == self.node
    }

    /// Notes a refusal; whether the node has now refused every class.
    pub(super) fn refuse(&mut self, class: ClassIx) -> bool {
        self.by[class] = self.node;
        self.here += 1;
        self.here == self.classes
    }
}
