//! Nodes kept in the order in which the scheduler prefers them, so that a pod is tried on the best
//! ones first. Of nodes with the same score the first one is taken, where kube-scheduler draws at
//! random.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::score::{score, taint_score};
use crate::index_vec::{IndexVec, numbers};
use crate::policy::SchedulerScoring;
use crate::scheduler::CpuMemory;
use crate::scheduler::cluster::DemandId;

numbers! {
    /// Nodes of one sort: they offer the same, and each pod fits all or none while they are empty.
    pub struct SortIx;
    /// A node among which the scheduler chooses.
    pub struct ChoiceIx;
}

/// What is known of the room on nodes.
pub trait Capacity {
    /// Returns what a pod of a kind counts as when nodes are ranked.
    fn counts_as(&self, demand: DemandId) -> CpuMemory;

    /// Whether a node takes one more pod of a kind.
    fn takes(&mut self, demand: DemandId, node: ChoiceIx) -> bool;

    /// Places one more pod of a kind on a node.
    fn place(&mut self, demand: DemandId, node: ChoiceIx);

    /// Whether pods that no node takes may be taken once others have been placed.
    fn may_be_taken_later(&self, _: DemandId) -> bool {
        false
    }

    /// Returns how many taints of a node discourage pods of a kind from it.
    fn discouragements(&self, _: DemandId, _: ChoiceIx) -> usize {
        0
    }
}

/// The nodes among which the scheduler chooses.
///
/// Within a sort, pods are tried in the order of the scores that nodes have before the pod is
/// there, which is nearly that of the scores with it. Where each node is a sort of its own, the
/// order is exact.
pub struct RankedNodes<C> {
    scoring: SchedulerScoring,
    capacity: C,
    offers: IndexVec<SortIx, CpuMemory>,
    /// The sort of each node, and what is taken of it.
    nodes: IndexVec<ChoiceIx, (SortIx, CpuMemory)>,
    /// The nodes of each sort, the best first.
    orders: IndexVec<SortIx, BTreeSet<(Reverse<i64>, ChoiceIx)>>,
    /// For each kind of pods, the sorts that may have a node for it.
    open: IndexVec<DemandId, Vec<SortIx>>,
    /// The nodes that take the pod at hand, with their discouragements.
    fitting: Vec<(ChoiceIx, usize)>,
}

impl<C: Capacity> RankedNodes<C> {
    /// Ranks nodes, given the offer of each sort, the sort of each node with what is taken of it,
    /// and the sorts that may take each kind of pods.
    pub fn new(
        scoring: SchedulerScoring,
        offers: IndexVec<SortIx, CpuMemory>,
        nodes: IndexVec<ChoiceIx, (SortIx, CpuMemory)>,
        open: IndexVec<DemandId, Vec<SortIx>>,
        capacity: C,
    ) -> Self {
        let orders = IndexVec::filled(offers.len(), BTreeSet::new());
        let mut ranked = Self { scoring, capacity, offers, nodes, orders, open, fitting: Vec::new() };
        for node in ranked.nodes.numbers() {
            let place = ranked.place_of(node);
            ranked.orders[ranked.nodes[node].0].insert(place);
        }
        ranked
    }

    /// Binds a pod to the node that the scheduler would choose, and returns that; `None` when no
    /// node takes it.
    pub fn bind(&mut self, demand: DemandId) -> Option<ChoiceIx> {
        let pod = self.capacity.counts_as(demand);
        let node = self.best(demand, pod)?;
        self.capacity.place(demand, node);
        self.fill(node, pod);
        Some(node)
    }

    /// Whether pods that no node takes may be taken once others have been placed.
    pub fn may_be_taken_later(&self, demand: DemandId) -> bool {
        self.capacity.may_be_taken_later(demand)
    }

    /// Returns the node that the scheduler would choose. Room only shrinks, so that a sort without
    /// a node for a pod is not tried again for its like.
    fn best(&mut self, demand: DemandId, pod: CpuMemory) -> Option<ChoiceIx> {
        let Self { scoring, capacity, offers, nodes, orders, open, fitting } = self;
        let stays_open = capacity.may_be_taken_later(demand);
        fitting.clear();
        open[demand].retain(|sort| {
            let first = orders[*sort].iter().map(|(_, node)| *node).find(|node| capacity.takes(demand, *node));
            fitting.extend(first.map(|node| (node, capacity.discouragements(demand, node))));
            first.is_some() || stays_open
        });
        let most = fitting.iter().map(|(_, discouragements)| *discouragements).max()?;
        let rank = |&(node, discouragements): &(ChoiceIx, usize)| {
            let (sort, used) = nodes[node];
            (score(*scoring, offers[sort], used + pod) + taint_score(discouragements, most), Reverse(node))
        };
        fitting.iter().map(rank).max().map(|(_, Reverse(node))| node)
    }

    fn place_of(&self, node: ChoiceIx) -> (Reverse<i64>, ChoiceIx) {
        let (sort, used) = self.nodes[node];
        (Reverse(score(self.scoring, self.offers[sort], used)), node)
    }

    fn fill(&mut self, node: ChoiceIx, pod: CpuMemory) {
        let before = self.place_of(node);
        let (sort, used) = self.nodes[node];
        self.nodes[node].1 = used + pod;
        let after = self.place_of(node);
        let order = &mut self.orders[sort];
        order.remove(&before);
        order.insert(after);
    }
}
