//! The order of evictions. An evicted pod is created again at once, and the scheduler gives it the
//! node that it likes best, not the one where it was expected: a small pod that goes first can take
//! the only room of a large one. So the evictions are replayed as `scheduler::binding` binds pods,
//! and what finds no place goes earlier in the next attempt.

use std::collections::{BTreeMap, BTreeSet};

use super::Rehousing;
use crate::index_vec::{IndexVec, Number};
use crate::plan::action::Eviction;
use crate::plan::fleet::{Fleet, NodeIx};
use crate::scheduler::CpuMemory;
use crate::scheduler::binding::{ChoiceIx, OnCluster, RankedNodes, SortIx};
use crate::scheduler::cluster::{DemandId, NodeId};
use crate::snapshot::{ObjectName, Pod, Taint, TaintEffect};

/// How many orders are tried.
const MOST_ATTEMPTS: i64 = 5;
/// With more pods than these only the first order is made: where so many move, one more or less
/// that waits is not worth the time.
const MOST_PODS_REPLAYED: usize = 1000;

/// The pods to evict of each node, and the order of the nodes.
type InOrder = Vec<(NodeIx, Vec<Eviction>)>;

/// Evictions in their order.
pub(in crate::plan::scale_in) struct Ordered {
    pub(in crate::plan::scale_in) nodes: InOrder,
    /// A pod that finds no place in any order that was tried, with its node.
    pub(in crate::plan::scale_in) waiting: Option<(NodeIx, ObjectName)>,
}

/// The budget of a pod that is evicted, by its number, with what it allows now.
pub(in crate::plan::scale_in) type BudgetOfPod = (usize, u32);

/// What is known of a pod that is evicted.
#[derive(Clone, Copy)]
struct Mover {
    class: DemandId,
    /// Its position among the pods that cost the same: the smaller goes first.
    position: i64,
    budget: Option<BudgetOfPod>,
}

impl<'a> Rehousing<'a> {
    /// Puts evictions in an order in which the scheduler finds a place for each pod on one of these
    /// nodes: the cheapest first, of those that cost the same the largest, or whatever a replay
    /// finds better. The places of pods are of no use after that.
    pub(in crate::plan::scale_in) fn in_order(
        &mut self,
        fleet: &Fleet<'a>,
        choices: &[NodeIx],
        evictions: BTreeMap<NodeIx, Vec<Eviction>>,
        budget_of: impl Fn(&Pod) -> Option<BudgetOfPod>,
    ) -> Ordered {
        let mut movers = self.movers(evictions.keys(), budget_of);
        let largest_first = ordered(evictions.into_iter().collect(), &movers);
        let is_one_class = movers.values().map(|mover| mover.class).collect::<BTreeSet<_>>().len() < 2;
        if is_one_class || movers.len() > MOST_PODS_REPLAYED {
            return Ordered { nodes: largest_first, waiting: None };
        }
        let (mut order, mut first_waiting) = (largest_first.clone(), None);
        for attempt in 1..=MOST_ATTEMPTS {
            let Some((node, pod, uid)) = self.without_place(fleet, choices, &order, &movers) else {
                return Ordered { nodes: order, waiting: None };
            };
            first_waiting.get_or_insert((node, pod));
            if let Some(mover) = movers.get_mut(uid.as_str()) {
                mover.position = -attempt;
            }
            order = ordered(order, &movers);
        }
        Ordered { nodes: largest_first, waiting: first_waiting }
    }

    /// Lets a node stay after all, with its pods.
    pub(in crate::plan::scale_in) fn keep(&mut self, node: NodeIx) {
        self.gone[node] = false;
    }

    /// Returns the pods of these nodes by UID.
    fn movers<'n>(
        &self,
        nodes: impl Iterator<Item = &'n NodeIx>,
        budget_of: impl Fn(&Pod) -> Option<BudgetOfPod>,
    ) -> BTreeMap<&'a str, Mover> {
        let mut movers = BTreeMap::new();
        for (&class, pods) in nodes.filter_map(|node| self.pods.get(node)).flatten() {
            let position = i64::try_from(self.rank[class]).unwrap_or(i64::MAX);
            movers.extend(pods.iter().map(|pod| (pod.uid.as_str(), Mover { class, position, budget: budget_of(pod) })));
        }
        movers
    }

    /// Evicts the pods in this order, lets the scheduler place each, and returns the first that
    /// finds no place, with its node and UID.
    fn without_place(
        &mut self,
        fleet: &Fleet<'a>,
        choices: &[NodeIx],
        order: &[(NodeIx, Vec<Eviction>)],
        movers: &BTreeMap<&str, Mover>,
    ) -> Option<(NodeIx, ObjectName, String)> {
        self.cluster.roll_back(self.start);
        self.evict_all();
        let mut nodes = self.ranked(fleet, choices);
        let of_pods = order.iter().flat_map(|(node, pods)| pods.iter().map(|eviction| (*node, eviction)));
        let known = of_pods.filter_map(|(node, eviction)| Some((node, eviction, *movers.get(eviction.uid.as_str())?)));
        let mut following = Vec::new();
        for turn in in_rounds(known.collect()) {
            let (node, eviction, Mover { class, .. }) = turn;
            if nodes.bind(class).is_some() {
                continue;
            }
            if !nodes.may_be_taken_later(class) {
                return Some((node, eviction.pod.clone(), eviction.uid.clone()));
            }
            following.push(turn);
        }
        let waiting = following.into_iter().find(|(_, _, mover)| nodes.bind(mover.class).is_none());
        waiting.map(|(node, eviction, _)| (node, eviction.pod.clone(), eviction.uid.clone()))
    }

    /// Ranks the nodes among which the scheduler chooses. Nodes that offer the same are one sort,
    /// but for those with taints that discourage pods.
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
        let capacity = OnCluster { cluster: &mut self.cluster, nodes: on_cluster, are_sorts_alike: false };
        RankedNodes::new(fleet.policy.scheduler_scoring, offers, nodes, open, capacity)
    }
}

/// A pod that is evicted, with its node.
type MoverOfNode<'e> = (NodeIx, &'e Eviction, Mover);

/// Returns the evictions in the order in which budgets let them happen: what a budget refuses, a
/// later run evicts, when it is expected to allow as many as now.
fn in_rounds(mut left: Vec<MoverOfNode<'_>>) -> Vec<MoverOfNode<'_>> {
    let mut in_rounds = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let mut spent: BTreeMap<usize, u32> = BTreeMap::new();
        let may_go = |(_, _, mover): &MoverOfNode<'_>| {
            let Some((budget, allowed)) = mover.budget else { return true };
            let spent = spent.entry(budget).or_default();
            *spent += 1;
            *spent <= allowed.max(1)
        };
        let (now, later): (Vec<_>, Vec<_>) = left.into_iter().partition(may_go);
        in_rounds.extend(now);
        left = later;
    }
    in_rounds
}

/// Returns the pods of each node in the order of their costs and positions, and the nodes in that
/// of the pod of theirs that goes first by its position.
fn ordered(mut nodes: InOrder, movers: &BTreeMap<&str, Mover>) -> InOrder {
    let position = |eviction: &Eviction| movers.get(eviction.uid.as_str()).map_or(i64::MAX, |mover| mover.position);
    for (_, pods) in &mut nodes {
        pods.sort_by_cached_key(|eviction| (eviction.cost, position(eviction), eviction.pod.clone()));
    }
    nodes.sort_by_cached_key(|(node, pods)| (pods.iter().map(position).min(), *node));
    nodes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::drain::EvictionCost;

    /// Returns evictions by their names: pods of one namespace, each of a class of its own.
    fn evictions(names: &[&str]) -> Vec<Eviction> {
        let pod = |name: &&str| Eviction {
            cost: EvictionCost::ONE,
            pod: ObjectName { namespace: "prod".into(), name: (*name).into() },
            uid: (*name).to_owned(),
            room_on: String::new(),
        };
        names.iter().map(pod).collect()
    }

    fn mover(position: i64, budget: Option<BudgetOfPod>) -> Mover {
        Mover { class: DemandId::from_index(0), position, budget }
    }

    #[test]
    fn what_a_budget_refuses_goes_in_a_later_round() {
        let pods = evictions(&["a", "b", "c", "d", "e"]);
        let budgets = [Some((0, 1)), Some((0, 1)), None, Some((1, 0)), Some((1, 0))];
        let turns = pods.iter().zip(budgets).map(|(pod, budget)| (NodeIx::from_index(0), pod, mover(0, budget))).collect();
        let names: Vec<&str> = in_rounds(turns).into_iter().map(|(_, pod, _)| pod.uid.as_str()).collect();
        assert_eq!(names, ["a", "c", "d", "b", "e"]);
    }

    #[test]
    fn pods_go_by_cost_and_position_and_nodes_by_their_first() {
        let mut pods = evictions(&["a", "b", "c"]);
        pods[2].cost = EvictionCost(0);
        let movers =
            BTreeMap::from([("a", mover(2, None)), ("b", mover(1, None)), ("c", mover(9, None)), ("z", mover(0, None))]);
        let [n, m] = [0, 1].map(NodeIx::from_index);
        let in_order = ordered(vec![(n, pods), (m, evictions(&["z"]))], &movers);
        let names = |pods: &[Eviction]| pods.iter().map(|pod| pod.uid.clone()).collect::<Vec<_>>();
        assert_eq!((in_order[0].0, names(&in_order[0].1)), (m, vec!["z".to_owned()]));
        assert_eq!((in_order[1].0, names(&in_order[1].1)), (n, ["c", "b", "a"].map(str::to_owned).to_vec()));
    }
}
