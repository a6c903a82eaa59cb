//! The scheduler's queue: by priority, then by age (`pkg/scheduler/framework/plugins/queuesort`).

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use super::Served;
use crate::plan::amounts::small;
use crate::plan::fleet::Fleet;
use crate::plan::pending::{Class, Waiting};

/// Pods that wait, first come first served, as runs of the same class.
#[derive(Debug, Clone)]
pub(super) struct Queue {
    /// Indices into [`Fleet::unbound`].
    pods: Vec<usize>,
    pub(super) runs: Vec<Run>,
}

/// Consecutive pods of one class.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    pub(super) class: usize,
    /// The first of them.
    start: usize,
    /// How many have no node yet: the last ones.
    pub(super) left: u32,
    length: usize,
}

impl Queue {
    /// The pods of each class come in the order of their age already, so that their queues only need to be merged.
    pub(super) fn new(fleet: &Fleet<'_>, classes: &[Class<'_>], served: &[Served]) -> Self {
        let mut coming: Vec<std::slice::Iter<'_, Waiting>> =
            served.iter().map(|one| classes[one.class].pods[one.pods.clone()].iter()).collect();
        let priority = |pod: usize| Reverse(fleet.spec(fleet.unbound[pod]).priority);
        let priorities: Vec<Reverse<i32>> =
            served.iter().map(|one| priority(classes[one.class].pods[one.pods.start].pod)).collect();
        let mut next = |one: usize| coming[one].next().map(|waiting| Reverse((priorities[one], *waiting, one)));
        let mut heads: BinaryHeap<_> = (0..served.len()).filter_map(&mut next).collect();
        let mut queue = Self { pods: Vec::with_capacity(served.iter().map(|one| one.pods.len()).sum()), runs: Vec::new() };
        while let Some(mut head) = heads.peek_mut() {
            let Reverse((_, waiting, one)) = *head;
            queue.push(served[one].class, waiting.pod);
            match next(one) {
                Some(following) => *head = following,
                None => drop(PeekMut::pop(head)),
            }
        }
        queue
    }

    fn push(&mut self, class: usize, pod: usize) {
        match self.runs.last_mut().filter(|run| run.class == class) {
            Some(run) => {
                run.left += 1;
                run.length += 1;
            }
            None => self.runs.push(Run { class, start: self.pods.len(), left: 1, length: 1 }),
        }
        self.pods.push(pod);
    }

    /// How many pods.
    pub(super) fn len(&self) -> u32 {
        small(self.pods.len())
    }

    /// The pods without a node, in the order of the queue.
    pub(super) fn waiting(&self) -> impl Iterator<Item = (usize, usize)> {
        self.runs.iter().flat_map(|run| {
            let first = run.start + run.length - run.left as usize;
            self.pods[first..run.start + run.length].iter().map(|pod| (run.class, *pod))
        })
    }
}

/// The classes that the node at hand has refused: once it has refused all that wait, the rest of the queue need not be asked.
pub(super) struct Refused {
    /// For each class the number of the node that refused it last.
    by: Vec<u32>,
    node: u32,
    here: usize,
    /// Classes in the queue; those that are served meanwhile still count, which costs time but no pod its place.
    classes: usize,
}

impl Refused {
    pub(super) fn new(classes: usize, queue: &Queue) -> Self {
        let mut refused = Self { by: vec![0; classes], node: 0, here: 0, classes: 0 };
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
        let mut seen = vec![false; self.by.len()];
        queue.runs.iter().for_each(|run| seen[run.class] = true);
        self.classes = seen.into_iter().filter(|seen| *seen).count();
    }

    pub(super) fn is_refused(&self, class: usize) -> bool {
        self.by[class] == self.node
    }

    /// Notes a refusal; whether the node has now refused every class.
    pub(super) fn refuse(&mut self, class: usize) -> bool {
        self.by[class] = self.node;
        self.here += 1;
        self.here == self.classes
    }
}
