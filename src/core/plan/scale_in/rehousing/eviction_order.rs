//! The order of evictions. An evicted pod is created again at once, and the scheduler gives it the
//! node that it likes best, not the one where it was expected: a small pod that goes first can take
//! the only room of a large one. So the evictions are replayed as `scheduler::binding` binds pods, and
//! what finds no place goes earlier in the next attempt.

use std::collections::{BTreeMap, BTreeSet};

use super::Rehousing;
use crate::index_vec::{IndexVec, Number};
use crate::plan::action::Eviction;
use crate::plan::fleet::{Fleet, NodeIx};
use crate::scheduler::CpuMemory;
use crate::scheduler::binding::{ChoiceIx, OnCluster, RankedNodes, SortIx};
use crate::scheduler::cluster::{DemandId, NodeId};
use crate::snapshot::{Taint, TaintEffect};

/// How many orders are tried.
const MOST_ATTEMPTS: i64 = 8;
/// With more pods than these only the first order is made: where so many move, one more or less that
/// waits is not worth the time.
const MOST_PODS_REPLAYED: usize = 1000;

/// The pods to evict of each node, and the order of the nodes.
type InOrder = Vec<(NodeIx, Vec<Eviction>)>;

/// What is known of a pod that is evicted.
#[derive(Clone, Copy)]
struct Mover {
    class: DemandId,
    /// Its position among the pods that cost the same: the smaller goes first.
    position: i64,
}

impl<'a> Rehousing<'a> {
    /// Puts evictions in an order in which the scheduler finds a place for each pod on one of these
    /// nodes: the cheapest first, of those that cost the same the largest, or whatever a replay finds
    /// better. The working copy is of no use after that.
    pub(in crate::plan::scale_in) fn in_order(
        &mut self,
        fleet: &Fleet<'a>,
        choices: &[NodeIx],
        evictions: BTreeMap<NodeIx, Vec<Eviction>>,
    ) -> InOrder {
        let mut movers = self.movers(evictions.keys());
        let evictions: InOrder = evictions.into_iter().collect();
        let largest_first = ordered(evictions, &movers);
        let is_one_class = movers.values().map(|mover| mover.class).collect::<BTreeSet<_>>().len() < 2;
        if is_one_class || movers.len() > MOST_PODS_REPLAYED {
            return largest_first;
        }
        let mut order = largest_first.clone();
        for attempt in 1..=MOST_ATTEMPTS {
            let Some(waiting) = self.without_place(fleet, choices, &order, &movers) else { return order };
            if let Some(mover) = movers.get_mut(waiting.as_str()) {
                mover.position = -attempt;
            }
            order = ordered(order, &movers);
        }
        largest_first
    }

    /// Returns the pods of these nodes by UID.
    fn movers<'n>(&self, nodes: impl Iterator<Item = &'n NodeIx>) -> BTreeMap<&'a str, Mover> {
        let mover = |class: &DemandId| Mover { class: *class, position: i64::try_from(self.rank[*class]).unwrap_or(i64::MAX) };
        let classes = nodes.filter_map(|node| self.pods.get(node)).flatten();
        classes.flat_map(|(class, pods)| pods.iter().map(move |pod| (pod.uid.as_str(), mover(class)))).collect()
    }

    /// Evicts the pods in this order, lets the scheduler place each, and returns the UID of the first
    /// that finds no place.
    fn without_place(
        &mut self,
        fleet: &Fleet<'a>,
        choices: &[NodeIx],
        order: &InOrder,
        movers: &BTreeMap<&str, Mover>,
    ) -> Option<String> {
        self.cluster.roll_back(self.start);
        self.evict_all();
        let mut nodes = self.ranked(fleet, choices);
        let mut following = Vec::new();
        for eviction in order.iter().flat_map(|(_, pods)| pods) {
            let Some(Mover { class, .. }) = movers.get(eviction.uid.as_str()) else { continue };
            if nodes.bind(*class).is_some() {
                continue;
            }
            if !nodes.may_be_taken_later(*class) {
                return Some(eviction.uid.clone());
            }
            following.push((*class, &eviction.uid));
        }
        following.into_iter().find(|(class, _)| nodes.bind(*class).is_none()).map(|(_, uid)| uid.clone())
    }

    /// Ranks the nodes among which the scheduler chooses. Nodes that offer the same are one sort, but
    /// for those with taints that discourage pods.
    fn ranked<'c>(&'c mut self, fleet: &Fleet<'a>, choices: &[NodeIx]) -> RankedNodes<OnCluster<'c, 'a>> {
        let mut sorts: BTreeMap<(i64, i64, bool), SortIx> = BTreeMap::new();
        let mut offers: IndexVec<SortIx, CpuMemory> = IndexVec::new();
        let mut nodes: IndexVec<ChoiceIx, (SortIx, CpuMemory)> = IndexVec::new();
        let mut on_cluster: IndexVec<ChoiceIx, (NodeId, &'a [Taint])> = IndexVec::new();
        for &node in choices {
            let object = fleet.nodes[node].node;
            let offer = fleet.columns.cpu_memory(&fleet.columns.row(&object.allocatable));
            let free = fleet.columns.cpu_memory(self.cluster.row(node.in_working_copy()));
            let discourages = object.taints.iter().any(|taint| taint.effect == TaintEffect::PreferNoSchedule);
            let sort = *sorts.entry((offer.cpu, offer.memory, discourages)).or_insert_with(|| {
                offers.push(offer);
                SortIx::from_index(offers.len() - 1)
            });
            nodes.push((sort, offer - free));
            on_cluster.push((node.in_working_copy(), object.taints.as_slice()));
        }
        let open = IndexVec::filled(self.rank.len(), offers.numbers().collect());
        let capacity = OnCluster { cluster: &mut self.cluster, nodes: on_cluster };
        RankedNodes::new(fleet.policy.scheduler_scoring, offers, nodes, open, capacity)
    }
}

/// Returns the pods of each node in the order of their costs and positions, and the nodes in that of
/// the pod of theirs that goes first by its position.
fn ordered(mut nodes: InOrder, movers: &BTreeMap<&str, Mover>) -> InOrder {
    let position = |eviction: &Eviction| movers.get(eviction.uid.as_str()).map_or(i64::MAX, |mover| mover.position);
    for (_, pods) in &mut nodes {
        pods.sort_by_cached_key(|eviction| (eviction.cost, position(eviction), eviction.pod.clone()));
    }
    nodes.sort_by_cached_key(|(node, pods)| (pods.iter().map(position).min(), *node));
    nodes
}
