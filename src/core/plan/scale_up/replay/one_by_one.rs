//! The replay with nodes that appear one after the other, each being filled before the next one is there.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use super::queue::Queue;
use super::{Kind, Pods};
use crate::plan::amounts::take;
use crate::plan::scale_up::waste::room;

/// Places the queue on nodes in the order in which they appear, for pods of which only requests matter.
pub(super) fn one_by_one(kinds: &[Kind], nodes: &[usize], pods: &Pods, queue: &mut Queue) {
    let mut lanes = Lanes::new(pods.classes(), queue);
    let mut welcome: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for &kind in nodes {
        let fitting = || {
            (0..pods.classes()).filter(|&class| pods.accepts(class, kind) && room(&kinds[kind].free, pods.requests(class)) > 0)
        };
        let classes = welcome.entry(kind).or_insert_with(|| fitting().collect());
        lanes.fill(classes, kinds[kind].free.clone(), pods, queue);
    }
}

/// The queue by class: a class that a node has refused need not be met again on the way to the others.
struct Lanes {
    /// For each class its runs in [`Queue::runs`].
    runs: Vec<Vec<usize>>,
    /// For each class how many of them are served.
    served: Vec<usize>,
}

impl Lanes {
    fn new(classes: usize, queue: &Queue) -> Self {
        let mut runs = vec![Vec::new(); classes];
        for (number, run) in queue.runs.iter().enumerate() {
            runs[run.class].push(number);
        }
        Self { runs, served: vec![0; classes] }
    }

    /// Fills a node: whoever comes first in the queue is asked first, and a class is done with when it finds no room.
    fn fill(&mut self, classes: &[usize], mut free: Vec<i64>, pods: &Pods, queue: &mut Queue) {
        let head = |lanes: &Self, class: usize| Some(Reverse((*lanes.runs[class].get(lanes.served[class])?, class)));
        let mut first: BinaryHeap<_> = classes.iter().filter_map(|&class| head(self, class)).collect();
        while let Some(Reverse((run, class))) = first.pop() {
            let left = &mut queue.runs[run].left;
            let taken = room(&free, pods.requests(class)).min(*left);
            take(&mut free, pods.requests(class), taken);
            *left -= taken;
            if *left == 0 {
                self.served[class] += 1;
                first.extend(head(self, class));
            }
        }
    }
}
