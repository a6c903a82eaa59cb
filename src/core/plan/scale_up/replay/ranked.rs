//! Nodes kept in the order in which the scheduler prefers them, so that a pod is tried on the best ones first.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::queue::Queue;
use super::scoring::{Scored, score};
use super::{Kind, KindIx, NewNodeIx, Pods};
use crate::index_vec::{IndexVec, Number};
use crate::plan::amounts::{fits, take};
use crate::plan::pending::ClassIx;
use crate::policy::SchedulerScoring;

/// Where pods are placed.
pub(super) trait Host {
    /// Whether a node takes one more pod of a class.
    fn takes(&mut self, class: ClassIx, node: NewNodeIx) -> bool;
    /// Places it.
    fn place(&mut self, class: ClassIx, node: NewNodeIx);
    /// Whether a class that no node takes may be taken once others have been placed.
    fn may_take_later(&self, class: ClassIx) -> bool;
}

/// The nodes of each kind, the most preferred first. The order is that of the nodes as they are: what a pod itself adds is the
/// same for all nodes of a kind.
pub(super) struct Ranked<'k> {
    scoring: SchedulerScoring,
    kinds: &'k IndexVec<KindIx, Kind>,
    nodes: IndexVec<NewNodeIx, (KindIx, Scored)>,
    orders: BTreeMap<KindIx, BTreeSet<(Reverse<i64>, NewNodeIx)>>,
}

impl<'k> Ranked<'k> {
    pub(super) fn new(
        scoring: SchedulerScoring,
        kinds: &'k IndexVec<KindIx, Kind>,
        nodes: &IndexVec<NewNodeIx, KindIx>,
    ) -> Self {
        let nodes: IndexVec<NewNodeIx, (KindIx, Scored)> = nodes.iter().map(|kind| (*kind, kinds[*kind].used)).collect();
        let mut ranked = Self { scoring, kinds, nodes, orders: BTreeMap::new() };
        for node in ranked.nodes.numbers() {
            let place = (Reverse(ranked.score(node, [0, 0])), node);
            ranked.orders.entry(ranked.nodes[node].0).or_default().insert(place);
        }
        ranked
    }

    fn score(&self, node: NewNodeIx, asked: Scored) -> i64 {
        let (kind, used) = self.nodes[node];
        score(self.scoring, self.kinds[kind].offer, used, asked)
    }

    /// Places the queue; what is left in it has to wait.
    pub(super) fn serve(&mut self, pods: &Pods, host: &mut dyn Host, queue: &mut Queue) {
        let accepting = |class: ClassIx| self.orders.keys().copied().filter(|kind| pods.accepts(class, *kind)).collect();
        let mut open: IndexVec<ClassIx, Vec<KindIx>> = pods.classes().map(accepting).collect();
        for run in &mut queue.runs {
            while run.left > 0 {
                let Some(node) = self.best(pods, host, run.class, &mut open[run.class]) else { break };
                host.place(run.class, node);
                run.left -= 1;
                self.fill(node, pods.scored(run.class));
            }
        }
    }

    /// The node that the scheduler would choose for a pod of a class. `open` are the kinds that may have one: what is free only
    /// shrinks, so that a kind that has none is not asked again.
    fn best(&self, pods: &Pods, host: &mut dyn Host, class: ClassIx, open: &mut Vec<KindIx>) -> Option<NewNodeIx> {
        let mut best = None;
        open.retain(|kind| {
            let first = self.orders[kind].iter().map(|(_, node)| *node).find(|node| host.takes(class, *node));
            best = best.max(first.map(|node| (self.score(node, pods.scored(class)), Reverse(node))));
            first.is_some() || host.may_take_later(class)
        });
        best.map(|(_, Reverse(node))| node)
    }

    fn fill(&mut self, node: NewNodeIx, asked: Scored) {
        let before = (Reverse(self.score(node, [0, 0])), node);
        let used = &mut self.nodes[node].1;
        *used = [used[0] + asked[0], used[1] + asked[1]];
        let after = (Reverse(self.score(node, [0, 0])), node);
        let order = self.orders.entry(self.nodes[node].0).or_default();
        order.remove(&before);
        order.insert(after);
    }
}

/// Nodes of which only what is free matters.
pub(super) struct OnRequests<'p> {
    pods: &'p Pods,
    /// One row a node.
    free: Vec<i64>,
    width: usize,
}

impl<'p> OnRequests<'p> {
    pub(super) fn new(pods: &'p Pods, kinds: &IndexVec<KindIx, Kind>, nodes: &IndexVec<NewNodeIx, KindIx>) -> Self {
        let width = kinds.iter().next().map_or(0, |kind| kind.free.len());
        Self { pods, free: nodes.iter().flat_map(|kind| kinds[*kind].free.iter().copied()).collect(), width }
    }
}

impl Host for OnRequests<'_> {
    fn takes(&mut self, class: ClassIx, node: NewNodeIx) -> bool {
        fits(&self.free[node.index() * self.width..][..self.width], self.pods.requests(class))
    }

    fn place(&mut self, class: ClassIx, node: NewNodeIx) {
        take(&mut self.free[node.index() * self.width..][..self.width], self.pods.requests(class), 1);
    }

    fn may_take_later(&self, _: ClassIx) -> bool {
        false
    }
}
