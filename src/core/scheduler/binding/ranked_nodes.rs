//! Nodes kept in the order in which the scheduler prefers them, so that a pod is tried on the best
//! ones first. Of nodes with the same score the first one is taken, where kube-scheduler draws at
//! random.

use super::choice::{ChoiceIx, SortIx};
use super::fitting_order::{FittingOrder, Ranked, Walk};
use super::known_scores::{KnownScores, ScoresOfSize, score_of};
use super::refused_nodes::RefusedNodes;
use super::score::{Addition, Shares, rank, score_given, taint_score};
use crate::index_vec::IndexVec;
use crate::policy::SchedulerScoring;
use crate::scheduler::CpuMemory;
use crate::scheduler::cluster::DemandId;
use crate::scheduler::columns::fits;
use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use std::cmp::Reverse;

/// What is known of the room on nodes.
pub trait Capacity {
    /// Returns what a pod of a kind counts as when nodes are ranked.
    fn counts_as(&self, demand: DemandId) -> CpuMemory;

    /// Returns what a pod of a kind requests, one amount per column.
    fn requests(&self, demand: DemandId) -> &[i64];

    /// Returns what is free on a node, one amount per column.
    fn free(&self, node: ChoiceIx) -> &[i64];

    /// Whether a node with room for one more pod of a kind takes it.
    fn takes(&mut self, demand: DemandId, node: ChoiceIx) -> bool;

    /// Returns a number that is another one once a node that has refused a pod of a kind may take
    /// one.
    fn state(&self, _: DemandId) -> u64 {
        0
    }

    /// Whether no node of a sort takes a pod of a kind, given one of them.
    fn is_sort_closed(&self, _: DemandId, _: ChoiceIx) -> bool {
        false
    }

    /// Places one more pod of a kind on a node.
    fn place(&mut self, demand: DemandId, node: ChoiceIx);

    /// Whether pods that no node takes may be taken once others have been placed.
    fn may_be_taken_later(&self, _: DemandId) -> bool {
        false
    }

    /// Whether taints may discourage pods from nodes.
    fn may_discourage(&self) -> bool {
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
    nodes: IndexVec<ChoiceIx, NodeUse>,
    /// The nodes of each sort by [`rank`].
    orders: IndexVec<SortIx, FittingOrder>,
    /// The first rank in each of them, if there is a node.
    first_ranks: IndexVec<SortIx, i64>,
    /// For each size of pods what they add to nodes of each sort.
    additions: IndexMap<CpuMemory, IndexVec<SortIx, Addition>, FxBuildHasher>,
    /// The scores that are known, by the places of sizes in `additions`.
    scores: KnownScores,
    /// For each kind of pods, the sorts that may have a node for it.
    open: IndexVec<DemandId, Vec<SortIx>>,
    /// For each kind of pods, the nodes that need not be asked.
    refusals: IndexVec<DemandId, RefusedNodes>,
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
        let orders = IndexVec::filled(offers.len(), FittingOrder::default());
        let nodes = nodes.into_iter().map(|(sort, used)| NodeUse::new(sort, offers[sort], used)).collect();
        let refusals = IndexVec::filled(open.len(), RefusedNodes::default());
        let first_ranks = IndexVec::filled(offers.len(), i64::MAX);
        let (additions, scores, fitting) = (IndexMap::default(), KnownScores::default(), Vec::new());
        let mut ranked =
            Self { scoring, capacity, offers, nodes, orders, first_ranks, additions, scores, open, refusals, fitting };
        for node in ranked.nodes.numbers() {
            let place = ranked.place_of(node);
            let NodeUse { sort, shares, .. } = ranked.nodes[node];
            ranked.orders[sort].insert(place, shares, ranked.capacity.free(node));
        }
        for sort in ranked.orders.numbers() {
            ranked.note_first_rank(sort);
        }
        ranked
    }

    /// Binds a pod to the node that the scheduler would choose, and returns that; `None` when no
    /// node takes it.
    pub fn bind(&mut self, demand: DemandId) -> Option<ChoiceIx> {
        let pod = self.capacity.counts_as(demand);
        let node = self.best(demand, pod)?;
        self.fill(demand, node, pod);
        Some(node)
    }

    /// Whether pods that no node takes may be taken once others have been placed.
    pub fn may_be_taken_later(&self, demand: DemandId) -> bool {
        self.capacity.may_be_taken_later(demand)
    }

    /// Returns the node that the scheduler would choose. Room only shrinks, so that a sort without
    /// a node for a pod is not tried again for its like.
    fn best(&mut self, demand: DemandId, pod: CpuMemory) -> Option<ChoiceIx> {
        let Self { scoring, capacity, offers, nodes, orders, first_ranks, additions, scores, open, refusals, fitting } = self;
        let stays_open = capacity.may_be_taken_later(demand);
        let refusals = refusals[demand].of_state(capacity.state(demand));
        let addition = |offer: &CpuMemory| Addition::of(*scoring, *offer, pod);
        let size = additions.entry(pod);
        let mut scores = scores.of_size(size.index(), nodes.len());
        let additions = size.or_insert_with(|| offers.iter().map(addition).collect());
        fitting.clear();
        let mut known: Option<i64> = None;
        open[demand].retain(|number| {
            let addition = additions[*number];
            if known.is_some_and(|known| first_ranks[*number] > addition.last_rank_above(known - 1)) {
                return true;
            }
            let order = &orders[*number];
            let sort = Sort { scoring: *scoring, offer: offers[*number], addition, order, nodes };
            let best = match sort.best(&mut Asked { capacity, refusals, demand }, scores.as_deref_mut(), pod, known) {
                SortAnswer::NoneBetter => return true,
                SortAnswer::NoneFits => return stays_open && order.may_have_room(capacity.requests(demand)),
                SortAnswer::Best(score, node) => (node, score, capacity.discouragements(demand, node)),
            };
            fitting.push(best);
            if !capacity.may_discourage() {
                known = known.max(Some(best.1));
            }
            true
        });
        let most = fitting.iter().map(|(_, _, discouragements)| *discouragements).max()?;
        let rank = |&(node, score, discouragements): &(ChoiceIx, i64, usize)| {
            (score + taint_score(discouragements, most), Reverse(node))
        };
        let (_, Reverse(best)) = fitting.iter().map(rank).max()?;
        // The sort that had the best node is asked first the next time, since others are then
        // passed over sooner.
        if let Some(place) = open[demand].iter().position(|sort| *sort == nodes[best].sort) {
            open[demand].swap(0, place);
        }
        Some(best)
    }

    fn place_of(&self, node: ChoiceIx) -> Ranked {
        (rank(self.scoring, self.nodes[node].shares), node)
    }

    /// Places a pod on a node, which goes to its new place.
    fn fill(&mut self, demand: DemandId, node: ChoiceIx, pod: CpuMemory) {
        let before = self.place_of(node);
        let NodeUse { sort, used, .. } = self.nodes[node];
        self.orders[sort].remove(before, |node| self.capacity.free(node));
        self.capacity.place(demand, node);
        self.scores.forget(node);
        self.nodes[node] = NodeUse::new(sort, self.offers[sort], used + pod);
        let after = self.place_of(node);
        self.orders[sort].insert(after, self.nodes[node].shares, self.capacity.free(node));
        self.note_first_rank(sort);
    }

    fn note_first_rank(&mut self, sort: SortIx) {
        self.first_ranks[sort] = self.orders[sort].first_rank().unwrap_or(i64::MAX);
    }
}

/// What is taken of a node.
#[derive(Debug, Clone, Copy)]
struct NodeUse {
    sort: SortIx,
    used: CpuMemory,
    shares: Shares,
}

impl NodeUse {
    fn new(sort: SortIx, offer: CpuMemory, used: CpuMemory) -> Self {
        Self { sort, used, shares: Shares::of(offer, used) }
    }
}

/// The nodes of one sort.
struct Sort<'r> {
    scoring: SchedulerScoring,
    offer: CpuMemory,
    addition: Addition,
    order: &'r FittingOrder,
    nodes: &'r IndexVec<ChoiceIx, NodeUse>,
}

impl Sort<'_> {
    /// Returns the best node that takes a pod, with its score, where one may be as good as a node
    /// of another sort with the score `known`. Only nodes that would be better than the best known
    /// one are asked whether they do.
    fn best<C: Capacity>(
        &self,
        asked: &mut Asked<'_, C>,
        mut scores: Option<&mut ScoresOfSize>,
        pod: CpuMemory,
        known: Option<i64>,
    ) -> SortAnswer {
        let Self { scoring, offer, addition, nodes, .. } = *self;
        let mut walk = Walk::through_all();
        let last_above = |score: i64| addition.last_rank_above(score);
        let first = match self.first(&mut walk, asked, known.map_or(i64::MAX, |known| last_above(known - 1))) {
            SortAnswer::Best(_, first) => first,
            none => return none,
        };
        walk.end_after(MOST_COMPARED);
        let score = |node: ChoiceIx| score_given(scoring, offer, nodes[node].used, nodes[node].shares, pod);
        let mut compared = nodes[first].used;
        let mut best = (score_of(scores.as_deref_mut(), first, || score(first)), first);
        let mut to_exceed = known.map_or(best.0, |known| best.0.max(known - 1));
        loop {
            let (requests, last_rank) = (asked.capacity.requests(asked.demand), last_above(to_exceed));
            let next = match &mut scores {
                // A score that is not known is higher than any.
                Some(scores) => self.order.next(&mut walk, requests, last_rank, |node, _, has_room| {
                    i64::from(scores[node]) > to_exceed
                        && asked.may_take(node, has_room)
                        && score_of(Some(scores), node, || score(node)) > to_exceed
                }),
                None => self.order.next(&mut walk, requests, last_rank, |node, taken, has_room| {
                    addition.may_exceed(to_exceed, taken) && asked.may_take(node, has_room)
                }),
            };
            let Some((_, node)) = next.filter(|(rank, _)| *rank <= last_rank) else { break };
            let used = nodes[node].used;
            // A node like the one before it is no better, unless that one did not take the pod.
            if scores.is_none() && used == compared {
                continue;
            }
            let score = score_of(scores.as_deref_mut(), node, || score(node));
            if score <= to_exceed {
                compared = used;
            } else if asked.take(node) {
                compared = used;
                best = (score, node);
                to_exceed = score;
            }
        }
        SortAnswer::Best(best.0, best.1)
    }

    /// Returns the first node that takes a pod, with its rank, up to a rank.
    fn first<C: Capacity>(&self, walk: &mut Walk, asked: &mut Asked<'_, C>, last_rank: i64) -> SortAnswer {
        let mut is_open = false;
        let next = |walk: &mut Walk, asked: &Asked<'_, C>| {
            let requests = asked.capacity.requests(asked.demand);
            self.order.next(walk, requests, last_rank, |node, _, has_room| asked.may_take(node, has_room))
        };
        while let Some((rank, node)) = next(walk, asked) {
            if rank > last_rank {
                return SortAnswer::NoneBetter;
            }
            if !is_open && asked.capacity.is_sort_closed(asked.demand, node) {
                return SortAnswer::NoneFits;
            }
            is_open = true;
            if asked.take(node) {
                return SortAnswer::Best(rank, node);
            }
        }
        SortAnswer::NoneFits
    }
}

/// What was found in a sort.
enum SortAnswer {
    /// A node, with its score or rank.
    Best(i64, ChoiceIx),
    /// Its nodes are no better than the one that is known.
    NoneBetter,
    /// No node takes the pod.
    NoneFits,
}

/// What nodes are asked about pods of a kind.
struct Asked<'r, C> {
    capacity: &'r mut C,
    refusals: &'r mut RefusedNodes,
    demand: DemandId,
}

impl<C: Capacity> Asked<'_, C> {
    /// Whether a node has not refused a pod yet and has room for one, perhaps for certain.
    fn may_take(&self, node: ChoiceIx, has_room: bool) -> bool {
        !self.refusals.has(node) && (has_room || fits(self.capacity.free(node), self.capacity.requests(self.demand)))
    }

    /// Whether a node takes a pod.
    fn take(&mut self, node: ChoiceIx) -> bool {
        let takes = self.capacity.takes(self.demand, node);
        if !takes {
            self.refusals.add(node);
        }
        takes
    }
}
