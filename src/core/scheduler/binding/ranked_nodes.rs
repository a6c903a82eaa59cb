//! Nodes kept in the order in which the scheduler prefers them, so that a pod is tried on the best
//! ones first. Of nodes with the same score the first one is taken, where kube-scheduler draws at
//! random.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::score::{last_rank_above, rank, score, taint_score};
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

/// Of each sort at most so many nodes are compared, the emptiest or the fullest ones.
/// kube-scheduler leaves out some of more than 100 nodes, too (`minFeasibleNodesToFind`).
const MOST_COMPARED: usize = 100;

/// The nodes among which the scheduler chooses.
pub struct RankedNodes<C> {
    scoring: SchedulerScoring,
    capacity: C,
    offers: IndexVec<SortIx, CpuMemory>,
    /// The sort of each node, and what is taken of it.
    nodes: IndexVec<ChoiceIx, (SortIx, CpuMemory)>,
    /// The nodes of each sort by [`rank`].
    orders: IndexVec<SortIx, BTreeSet<(i64, ChoiceIx)>>,
    /// For each kind of pods, the sorts that may have a node for it.
    open: IndexVec<DemandId, Vec<SortIx>>,
    /// The best node of each sort that takes the pod at hand, with its score by resources and its
    /// discouragements.
    fitting: Vec<(ChoiceIx, i64, usize)>,
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
            let best = best_of(*scoring, offers[*sort], &orders[*sort], nodes, pod, |node| capacity.takes(demand, node));
            fitting.extend(best.map(|(score, node)| (node, score, capacity.discouragements(demand, node))));
            best.is_some() || stays_open
        });
        let most = fitting.iter().map(|(_, _, discouragements)| *discouragements).max()?;
        let rank = |&(node, score, discouragements): &(ChoiceIx, i64, usize)| {
            (score + taint_score(discouragements, most), Reverse(node))
        };
        fitting.iter().map(rank).max().map(|(_, Reverse(node))| node)
    }

    fn place_of(&self, node: ChoiceIx) -> (i64, ChoiceIx) {
        let (sort, used) = self.nodes[node];
        (rank(self.scoring, self.offers[sort], used), node)
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

/// Returns the best node of a sort that takes a pod, with its score. Only nodes that would be
/// better than the best known one are asked whether they do.
fn best_of(
    scoring: SchedulerScoring,
    offer: CpuMemory,
    order: &BTreeSet<(i64, ChoiceIx)>,
    nodes: &IndexVec<ChoiceIx, (SortIx, CpuMemory)>,
    pod: CpuMemory,
    mut takes: impl FnMut(ChoiceIx) -> bool,
) -> Option<(i64, ChoiceIx)> {
    let mut rest = order.iter();
    let first = rest.find_map(|&(_, node)| takes(node).then_some(node))?;
    let mut compared = nodes[first].1;
    let mut best = (score(scoring, offer, compared, pod), first);
    let mut last_rank = last_rank_above(scoring, offer, pod, best.0);
    for &(rank, node) in rest.take(MOST_COMPARED) {
        if rank > last_rank {
            break;
        }
        let used = nodes[node].1;
        // A node like the one before it is no better, unless that one did not take the pod.
        if used == compared {
            continue;
        }
        let score = score(scoring, offer, used, pod);
        if score <= best.0 {
            compared = used;
        } else if takes(node) {
            compared = used;
            best = (score, node);
            last_rank = last_rank_above(scoring, offer, pod, score);
        }
    }
    Some(best)
}
