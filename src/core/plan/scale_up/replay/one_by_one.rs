//! The replay with nodes that appear one after the other, each being filled before the next one is there.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use super::queue::Queue;
use super::{Kind, KindIx, NewNodeIx, Pods};
use crate::index_vec::IndexVec;
use crate::plan::amounts::take;
use crate::plan::pending::ClassIx;
use crate::plan::scale_up::ranking::waste::room;

/// Places the queue on nodes in the order in which they appear, for pods of which only requests matter.
pub(super) fn one_by_one(kinds: &IndexVec<KindIx, Kind>, nodes: &IndexVec<NewNodeIx, KindIx>, pods: &Pods, queue: &mut Queue) {
    let mut lanes = Lanes::new(pods.classes().len(), queue);
    let mut welcome: BTreeMap<KindIx, Vec<ClassIx>> = BTreeMap::new();
    for &kind in nodes {
        let fitting =
            || pods.classes().filter(|&class| pods.accepts(class, kind) && room(&kinds[kind].free, pods.requests(class)) > 0);
        let classes = welcome.entry(kind).or_insert_with(|| fitting().collect());
        lanes.fill(classes, kinds[kind].free.clone(), pods, queue);
    }
}

/// The queue by class: a class that a node has refused need not be met again on the way to the others.
struct Lanes {
    /// For each class its runs in [`Queue::runs`].
    runs: IndexVec<ClassIx, Vec<usize>>,
    /// For each class how many of them are served.
    served: IndexVec<ClassIx, usize>,
}

impl Lanes {
    fn new(classes: usize, queue: &Queue) -> Self {
        let mut runs = IndexVec::filled(classes, Vec::new());
        for (number, run) in queue.runs.iter().enumerate() {
            runs[run.class].push(number);
        }
        Self { runs, served: IndexVec::filled(classes, 0) }
    }

    /// Fills a node: whoever comes first in the queue is asked first, and a class is done with when it finds no room.
    fn fill(&mut self, classes: &[ClassIx], mut free: Vec<i64>, pods: &Pods, queue: &mut Queue) {
        let head = |lanes: &Self, class: ClassIx| Some(Reverse((*lanes.runs[class].get(lanes.served[class])?, class)));
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
