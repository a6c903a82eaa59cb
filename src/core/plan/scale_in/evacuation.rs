//! Nodes that are emptied: those whose pods request little (`--drain-utilization`), and with
//! `--consolidate` every node whose pods fit on the others. Drains that an earlier run began come
//! first.
//!
//! The set is maximal: nodes are tried one after the other, and again until no further one can go
//! beside those chosen. A node that cannot go in this way may still be replaced by a cheaper one
//! (`replacing`).

use std::collections::{BTreeMap, BTreeSet};

use super::candidates::{NodeToEmpty, candidates};
use super::fates::{Fate, Fates};
use super::holds::{Holds, Stay, Step};
use super::rehousing::{Ordered, PodsToMove, Rehousing, Surroundings};
use super::replacing::idle_targets;
use super::{Evictions, EvictionsOfNode, order};
use crate::duration::Seconds;
use crate::plan::action::Eviction;
use crate::plan::amounts::small;
use crate::plan::drain::{
    BlockReason, BudgetNeeds, CoveringBudgets, DisruptionsLeft, Drainability, EvictionCost, PodInTheWay, TooFewDisruptions,
    patience,
};
use crate::plan::fleet::{Fleet, NodeIx};
use crate::plan::node_state::{NodeStates, utilization};
use crate::plan::report::{Hold, NodeState, NotEmptied, StateTrait};
use crate::plan::scale_up::{Presentations, is_usable};
use crate::snapshot::{ObjectName, Pod};

/// Chooses the nodes that are emptied in this run, and returns the pods to evict of each.
pub(super) fn drain<'s>(nodes: &NodeStates<'s>, fates: &mut Fates<'s>, holds: &mut Holds<'s>) -> Evictions {
    let is_drained =
        |node: &NodeIx| matches!(fates.seen(*node), NodeState::Draining { .. }) && !nodes.scale_up.uncordon.contains_key(node);
    let begun_earlier: Vec<NodeIx> = fates.nodes().filter(is_drained).collect();
    let candidates = candidates(nodes, fates);
    if begun_earlier.is_empty() && candidates.is_empty() {
        return Evictions::new();
    }
    let costs = candidates.iter().map(|(node, candidate)| (*node, candidate.cost)).collect();
    let order = order::of_drainable(nodes.fleet(), &costs);
    let presentations = Presentations::new(nodes.situation);
    let surroundings = Surroundings::new(nodes.situation, &presentations, nodes.scale_up);
    let pods_to_move = pods_to_move(nodes, begun_earlier.iter().chain(&order));
    let receivers = receivers(nodes, fates, &order);
    let attempt = |search: PlaceSearch| {
        let mut evacuation = Evacuation {
            rehousing: Rehousing::new(&surroundings, &pods_to_move, &receivers),
            search,
            disruptions: DisruptionsLeft::new(nodes.budgets()),
            nodes,
            fates: fates.clone(),
            holds: holds.clone(),
            candidates: &candidates,
            begun: Vec::new(),
        };
        evacuation.continue_drains(&begun_earlier);
        evacuation.begin_drains(order.clone());
        evacuation
    };
    let mut evacuation = attempt(PlaceSearch::OneByOne);
    if !evacuation.rehousing.is_proven() {
        // Places that were found one after the other relied on pods that have moved since.
        evacuation = attempt(PlaceSearch::FromScratch);
    }
    let (evictions, found, left) = evacuation.evictions();
    (*fates, *holds) = (found, left);
    evictions
}

/// Returns the pods that need another place when their node goes: all that keep it and do not leave
/// by themselves.
pub(super) fn pods_to_move<'a, 'n>(nodes: &NodeStates<'a>, emptied: impl Iterator<Item = &'n NodeIx>) -> PodsToMove<'a> {
    let holders = |node: NodeIx| nodes.fleet().nodes[node].holders.iter().copied();
    emptied.map(|&node| (node, holders(node).filter(|pod| !is_leaving(pod)).collect())).collect()
}

fn is_leaving(pod: &Pod) -> bool {
    pod.deletion_deadline.is_some()
}

/// Returns the nodes that pods may move to, in the order in which they are filled: first those that
/// stay, the fullest first, then those that would go last. Idle nodes are left out, since pods that
/// move there would keep them.
fn receivers(nodes: &NodeStates<'_>, fates: &Fates<'_>, order: &[NodeIx]) -> Vec<NodeIx> {
    let fleet = nodes.fleet();
    let candidates: BTreeSet<NodeIx> = order.iter().copied().collect();
    let may_receive = |node: &NodeIx| {
        let entry = &fleet.nodes[*node];
        is_usable(fleet, entry) && !entry.node.unschedulable && fates.state(*node).has(StateTrait::TakesMovedPods)
    };
    let mut staying: Vec<NodeIx> = fates.nodes().filter(|node| !candidates.contains(node)).filter(may_receive).collect();
    staying.sort_by_cached_key(|&node| (std::cmp::Reverse(fullness(fleet, node)), node));
    staying.extend(order.iter().rev().copied().filter(may_receive));
    staying
}

/// Returns how much of a node is requested, in thousandths.
fn fullness(fleet: &Fleet<'_>, node: NodeIx) -> i64 {
    let used = utilization(fleet, &fleet.nodes[node]);
    used.requested.saturating_mul(1000) / used.offered.max(1)
}

/// One attempt to empty the candidates.
struct Evacuation<'r, 's> {
    nodes: &'r NodeStates<'s>,
    search: PlaceSearch,
    fates: Fates<'s>,
    holds: Holds<'s>,
    rehousing: Rehousing<'r>,
    disruptions: DisruptionsLeft,
    candidates: &'r BTreeMap<NodeIx, NodeToEmpty>,
    /// The nodes that begin to be emptied, in the order in which they were chosen.
    begun: Vec<NodeIx>,
}

impl<'s> Evacuation<'_, 's> {
    /// Continues the drains under way, as long as their pods still fit elsewhere.
    fn continue_drains(&mut self, nodes: &[NodeIx]) {
        for &node in nodes {
            let needs = budget_needs(self.nodes, node);
            let fits = self.remove(node, self.search).is_ok() || self.remove_onto_idle_node(node);
            let fate = match self.holds.why_keep(node, Step::ContinueDrain) {
                _ if !fits => Fate::EndDrain,
                Some(stay) => stay.into(),
                None => Fate::ContinueDrain,
            };
            if fits {
                self.holds.keep_cordoned(node);
                self.disruptions.spend(&needs);
            }
            self.fates.decide(node, fate);
        }
    }

    /// Empties a node onto an idle one. Such a drain continues while that node is still idle.
    fn remove_onto_idle_node(&mut self, node: NodeIx) -> bool {
        let idle_targets = idle_targets(self.nodes.fleet(), &self.fates).into_iter();
        let mut staying = idle_targets.filter(|target| !self.fates.is_touched(*target));
        staying.any(|target| self.rehousing.remove_onto(node, target))
    }

    /// Begins drains until no further node can go.
    fn begin_drains(&mut self, mut left: Vec<NodeIx>) {
        let mut refusals: BTreeMap<NodeIx, Vec<PodInTheWay>> = BTreeMap::new();
        loop {
            let before = left.len();
            left.retain(|&node| self.is_refused(node, self.search, &mut refusals));
            if left.is_empty() || left.len() == before {
                break;
            }
        }
        // The pods of all nodes that go may fit more densely when they are placed together.
        left.retain(|&node| self.is_refused(node, PlaceSearch::FromScratch, &mut refusals));
        for (node, pods) in refusals {
            self.keep(node, pods);
        }
    }

    /// Whether pods keep a node from going now, so that it is worth another try.
    fn is_refused(&mut self, node: NodeIx, search: PlaceSearch, refusals: &mut BTreeMap<NodeIx, Vec<PodInTheWay>>) -> bool {
        let outcome = self.try_out(node, search);
        refusals.remove(&node);
        match outcome {
            Ok(()) | Err(DrainObstacle::Held) => false,
            Err(DrainObstacle::Pods(pods)) => {
                refusals.insert(node, pods);
                true
            }
        }
    }

    fn try_out(&mut self, node: NodeIx, search: PlaceSearch) -> Result<(), DrainObstacle> {
        let needs = budget_needs(self.nodes, node);
        let spent = self.spent(node, &needs);
        if !spent.is_empty() {
            return Err(DrainObstacle::Pods(spent));
        }
        if let Some(stay) = self.holds.why_keep(node, Step::BeginDrain).or_else(|| self.too_many()) {
            self.hold(node, stay)?;
            return Err(DrainObstacle::Held);
        }
        self.remove(node, search).map_err(no_place)?;
        self.disruptions.spend(&needs);
        self.holds.cordon(node);
        let NodeToEmpty { reason, cost, score } = self.candidates[&node];
        self.fates.decide(node, Fate::Drain { reason, cost, score });
        self.begun.push(node);
        Ok(())
    }

    fn too_many(&self) -> Option<Stay> {
        let limit = self.nodes.fleet().policy.max_parallel_drains;
        (small(self.fates.drained().count()) >= limit).then_some(Stay::HeldBy(Hold::ParallelDrains { limit }))
    }

    fn remove(&mut self, node: NodeIx, search: PlaceSearch) -> Result<(), Vec<ObjectName>> {
        match search {
            PlaceSearch::OneByOne => self.rehousing.remove(node),
            // A pod that affects only what is free leaves the proof for the others valid.
            PlaceSearch::FromScratch if self.rehousing.is_alone(node) && self.rehousing.remove(node).is_ok() => Ok(()),
            PlaceSearch::FromScratch => self.rehousing.remove_from_scratch(node),
        }
    }

    /// Records what holds a node that could go otherwise. A node that would only be consolidated
    /// stays busy, and is not tried.
    fn hold(&mut self, node: NodeIx, stay: Stay) -> Result<(), DrainObstacle> {
        if matches!(self.fates.seen(node), NodeState::Busy { .. }) {
            let why = match stay {
                Stay::AtMin { min } => NotEmptied::GroupAtMin { min },
                Stay::HeldBy(held_by) => NotEmptied::NotTried { held_by },
            };
            self.fates.decide(node, Fate::NotEmptied(why));
            return Ok(());
        }
        if matches!(stay, Stay::HeldBy(_)) {
            self.rehousing.could_remove(node).map_err(no_place)?;
        }
        self.fates.decide(node, stay.into());
        Ok(())
    }

    /// Records the pods that keep a node. A node that would only be consolidated stays busy.
    fn keep(&mut self, node: NodeIx, in_the_way: Vec<PodInTheWay>) {
        let fate = match self.fates.seen(node) {
            NodeState::UnderUtilizedDrainable { .. } => Fate::Obstructed(in_the_way),
            _ => Fate::NotEmptied(NotEmptied::PodsStay { pods: in_the_way, more: 0 }),
        };
        self.fates.decide(node, fate);
    }

    /// Returns the pods of a node whose budget does not let the drain begin.
    fn spent(&self, node: NodeIx, needs: &BudgetNeeds) -> Vec<PodInTheWay> {
        let within = patience_of(self.nodes, node);
        if self.disruptions.allows(needs, within) {
            return Vec::new();
        }
        let budgets = self.nodes.budgets();
        let in_the_way = |pod: &&Pod| {
            let CoveringBudgets::One(number) = budgets.counted(pod) else { return None };
            let (need, allowed) = (*needs.get(&number)?, self.disruptions.left(number));
            let budget = budgets.name(number).to_owned();
            let why = match self.disruptions.why_not(number, need, within)? {
                TooFewDisruptions::Now => BlockReason::BudgetSpent { budget, allowed, needed: need.least() },
                TooFewDisruptions::InTime => BlockReason::BudgetTooSlow { budget, allowed, pods: need.pods, within },
            };
            Some(PodInTheWay::new(pod.id(), Drainability::Blocks { why }))
        };
        let mut pods: Vec<PodInTheWay> = self.nodes.fleet().nodes[node].holders.iter().filter_map(in_the_way).collect();
        pods.sort_by(|a, b| a.pod.cmp(&b.pod));
        pods
    }

    /// Returns the pods to evict of each node, in their order. They include pods whose budget is
    /// spent, since it may allow more by then. A node does not begin to be emptied where one of its
    /// pods would wait whatever the order, since the scheduler spreads the others over its place.
    fn evictions(mut self) -> (Evictions, Fates<'s>, Holds<'s>) {
        loop {
            let emptied = self.fates.drained().collect();
            let Ordered { nodes, waiting } = in_order(self.nodes, &self.fates, &mut self.rehousing, emptied);
            let unlucky = waiting.and_then(|(node, pod)| Some((self.given_up_for(node)?, pod)));
            let Some((node, pod)) = unlucky else { return (in_turns(nodes), self.fates, self.holds) };
            self.begun.retain(|begun| *begun != node);
            self.rehousing.keep(node);
            let verdict = Drainability::Blocks { why: BlockReason::PlaceTaken };
            self.keep(node, vec![PodInTheWay::new(pod, verdict)]);
        }
    }

    /// Returns the node that is not emptied since a pod of this one finds no place: itself, if it
    /// begins to be emptied, and else the last one that does.
    fn given_up_for(&self, node: NodeIx) -> Option<NodeIx> {
        if self.begun.contains(&node) { Some(node) } else { self.begun.last().copied() }
    }
}

/// Returns the evictions of each node with its turn.
pub(super) fn in_turns(nodes: Vec<(NodeIx, Vec<Eviction>)>) -> Evictions {
    nodes.into_iter().enumerate().map(|(turn, (node, pods))| (node, EvictionsOfNode { turn, pods })).collect()
}

/// Returns what emptying a node takes from each budget.
pub(super) fn budget_needs(nodes: &NodeStates<'_>, node: NodeIx) -> BudgetNeeds {
    let mut needs = BudgetNeeds::new();
    for pod in nodes.fleet().nodes[node].holders.iter().filter(|pod| !is_leaving(pod)) {
        if let CoveringBudgets::One(budget) = nodes.budgets().counted(pod) {
            needs.entry(budget).or_default().add(pod);
        }
    }
    needs
}

/// Returns how long the drain of a node may take.
pub(super) fn patience_of(nodes: &NodeStates<'_>, node: NodeIx) -> Seconds {
    let fleet = nodes.fleet();
    fleet.group_of(&fleet.nodes[node]).map_or(Seconds(0), |group| patience(&group.policy))
}

/// Returns the pods to evict of these nodes, in an order in which the scheduler finds places for
/// them.
pub(super) fn in_order<'a>(
    nodes: &NodeStates<'a>,
    fates: &Fates<'_>,
    rehousing: &mut Rehousing<'a>,
    emptied: Vec<NodeIx>,
) -> Ordered {
    let fleet = nodes.fleet();
    let evictions = {
        let places = rehousing.places();
        emptied.into_iter().map(|node| (node, evictions_of(fleet, node, &places))).collect()
    };
    let may_choose = |node: &NodeIx| {
        let entry = &fleet.nodes[*node];
        is_usable(fleet, entry) && !entry.node.unschedulable && !fates.is_touched(*node)
    };
    let choices: Vec<NodeIx> = fates.nodes().filter(may_choose).collect();
    let budgets = nodes.budgets();
    rehousing.in_order(fleet, &choices, evictions, |pod| match budgets.counted(pod) {
        CoveringBudgets::One(budget) => Some((budget, budgets.allowed(budget))),
        CoveringBudgets::None | CoveringBudgets::Several(_) => None,
    })
}

/// Returns the pods to evict of a node. `places` gives the node that has room for a pod, by the
/// pod's UID.
fn evictions_of(fleet: &Fleet<'_>, node: NodeIx, places: &BTreeMap<&str, NodeIx>) -> Vec<Eviction> {
    let eviction = |pod: &&Pod| {
        let room_on = fleet.nodes[*places.get(pod.uid.as_str())?].node.name.clone();
        let cost = EvictionCost::of(pod, fleet.spec(pod), fleet.now());
        Some(Eviction { cost, pod: pod.id(), uid: pod.uid.to_string(), room_on })
    };
    fleet.nodes[node].holders.iter().filter_map(eviction).collect()
}

/// Why a node is not emptied.
enum DrainObstacle {
    /// These pods stay.
    Pods(Vec<PodInTheWay>),
    /// A limit holds it, or its group is at its minimum.
    Held,
}

/// How places for pods are searched.
#[derive(Debug, Clone, Copy)]
enum PlaceSearch {
    /// Pods that moved earlier stay where they were placed.
    OneByOne,
    /// All pods that move are placed again.
    FromScratch,
}

fn no_place(pods: Vec<ObjectName>) -> DrainObstacle {
    let stays = |pod| PodInTheWay::new(pod, Drainability::Blocks { why: BlockReason::NoPlaceToMove });
    DrainObstacle::Pods(pods.into_iter().map(stays).collect())
}
