//! Nodes kept in the order in which the scheduler prefers them, so that a pod is tried on the best ones first.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::queue::Queue;
use super::scoring::{Scored, score};
use super::{Kind, Pods};
use crate::plan::amounts::{fits, take};
use crate::policy::SchedulerScoring;

/// Where pods are placed.
pub(super) trait Host {
    /// Whether a node takes one more pod of a class.
    fn takes(&mut self, class: usize, node: usize) -> bool;
    /// Places it.
    fn place(&mut self, class: usize, node: usize);
    /// Whether a class that no node takes may be taken once others have been placed.
    fn may_take_later(&self, class: usize) -> bool;
}

/// The nodes of each kind, the most preferred first. The order is that of the nodes as they are: what a pod itself adds is the
/// same for all nodes of a kind.
pub(super) struct Ranked<'k> {
    scoring: SchedulerScoring,
    kinds: &'k [Kind],
    nodes: Vec<(usize, Scored)>,
    orders: BTreeMap<usize, BTreeSet<(Reverse<i64>, usize)>>,
}

impl<'k> Ranked<'k> {
    pub(super) fn new(scoring: SchedulerScoring, kinds: &'k [Kind], nodes: &[usize]) -> Self {
        let nodes: Vec<(usize, Scored)> = nodes.iter().map(|kind| (*kind, kinds[*kind].used)).collect();
        let mut ranked = Self { scoring, kinds, nodes, orders: BTreeMap::new() };
        for node in 0..ranked.nodes.len() {
            let place = (Reverse(ranked.score(node, [0, 0])), node);
            ranked.orders.entry(ranked.nodes[node].0).or_default().insert(place);
        }
        ranked
    }

    fn score(&self, node: usize, asked: Scored) -> i64 {
        let (kind, used) = self.nodes[node];
        score(self.scoring, self.kinds[kind].offer, used, asked)
    }

    /// Places the queue; what is left in it has to wait.
    pub(super) fn serve(&mut self, pods: &Pods, host: &mut dyn Host, queue: &mut Queue) {
        let accepting = |class: usize| self.orders.keys().copied().filter(|kind| pods.accepts(class, *kind)).collect();
        let mut open: Vec<Vec<usize>> = (0..pods.classes()).map(accepting).collect();
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
    fn best(&self, pods: &Pods, host: &mut dyn Host, class: usize, open: &mut Vec<usize>) -> Option<usize> {
        let mut best = None;
        open.retain(|kind| {
            let first = self.orders[kind].iter().map(|(_, node)| *node).find(|node| host.takes(class, *node));
            best = best.max(first.map(|node| (self.score(node, pods.scored(class)), Reverse(node))));
            first.is_some() || host.may_take_later(class)
        });
        best.map(|(_, Reverse(node))| node)
    }

    fn fill(&mut self, node: usize, asked: Scored) {
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
    pub(super) fn new(pods: &'p Pods, kinds: &[Kind], nodes: &[usize]) -> Self {
        let width = kinds.first().map_or(0, |kind| kind.free.len());
        Self { pods, free: nodes.iter().flat_map(|kind| kinds[*kind].free.iter().copied()).collect(), width }
    }
}

impl Host for OnRequests<'_> {
    fn takes(&mut self, class: usize, node: usize) -> bool {
        fits(&self.free[node * self.width..][..self.width], self.pods.requests(class))
    }

    fn place(&mut self, class: usize, node: usize) {
        take(&mut self.free[node * self.width..][..self.width], self.pods.requests(class), 1);
    }

    fn may_take_later(&self, _: usize) -> bool {
        false
    }
}
