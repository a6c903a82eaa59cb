//! Nodes that are emptied: those whose pods request little (`--drain-utilization`), and with `--consolidate` every node whose pods
//! fit on the others. Drains that an earlier run began go on first.
//!
//! The set is maximal: nodes are tried one after the other, and again until no further one could go beside those chosen.
//! What could not go so may be replaced by one cheaper node after that (`replacing`).

use std::collections::{BTreeMap, BTreeSet};

use super::fates::{Fate, Fates};
use super::holds::{Holds, Stay};
use super::moves::{Moves, PodsToMove, Surroundings};
use super::replacing::newcomers;
use super::{Evictions, order};
use crate::plan::action::Eviction;
use crate::plan::amounts::small;
use crate::plan::drain::{BlockReason, Claim, Drainability, EvictionCost, Ledger, PodInTheWay};
use crate::plan::fleet::{Fleet, NodeIx};
use crate::plan::node_state::{NodeStates, utilization};
use crate::plan::reason::DrainReason;
use crate::plan::report::{Hold, NodeState, StateTrait};
use crate::plan::scale_up::{Presentations, is_usable};
use crate::snapshot::{ObjectName, Pod};

/// A node that may be emptied.
#[derive(Clone, Copy)]
struct Candidate {
    reason: DrainReason,
    cost: EvictionCost,
}

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
    let attempt = |packing: Packing| {
        let mut evacuation = Evacuation {
            moves: Moves::new(&surroundings, &pods_to_move, &receivers),
            packing,
            ledger: Ledger::new(nodes.budgets()),
            nodes,
            fates: fates.clone(),
            holds: holds.clone(),
            candidates: &candidates,
        };
        evacuation.go_on(&begun_earlier);
        evacuation.begin(order.clone());
        evacuation
    };
    let mut evacuation = attempt(Packing::OneByOne);
    if !evacuation.moves.is_proven() {
        // Places found one after the other counted on pods that have moved since.
        evacuation = attempt(Packing::Anew);
    }
    let evictions = evacuation.evictions();
    let Evacuation { fates: found, holds: left, .. } = evacuation;
    (*fates, *holds) = (found, left);
    evictions
}

/// The nodes that the rules for single pods leave, with why they are tried.
fn candidates(nodes: &NodeStates<'_>, fates: &Fates<'_>) -> BTreeMap<NodeIx, Candidate> {
    let candidate = |node: NodeIx| match fates.seen(node) {
        NodeState::UnderUtilizedDrainable { cost, .. } => {
            Some((node, Candidate { reason: DrainReason::UnderUtilized, cost: *cost }))
        }
        NodeState::Busy { .. } => {
            Some((node, Candidate { reason: DrainReason::Consolidated, cost: nodes.consolidatable(node)? }))
        }
        _ => None,
    };
    fates.nodes().filter_map(candidate).collect()
}

/// The pods that have to find a place when their node goes: all that keep it and do not leave by themselves.
pub(super) fn pods_to_move<'a, 'n>(nodes: &NodeStates<'a>, emptied: impl Iterator<Item = &'n NodeIx>) -> PodsToMove<'a> {
    let holders = |node: NodeIx| nodes.fleet().nodes[node].holders.iter().copied();
    emptied.map(|&node| (node, holders(node).filter(|pod| !is_leaving(pod)).collect())).collect()
}

fn is_leaving(pod: &Pod) -> bool {
    pod.deletion_deadline.is_some()
}

/// Nodes that pods may move to, in the order in which they are filled: first those that stay, the fullest of them first, then
/// those that would go last. Nodes that are idle are none: what is moved there would keep them.
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

/// How much of a node is requested, in thousandths.
fn fullness(fleet: &Fleet<'_>, node: NodeIx) -> i64 {
    let used = utilization(fleet, &fleet.nodes[node]);
    used.requested.saturating_mul(1000) / used.offered.max(1)
}

/// One run through the candidates.
struct Evacuation<'r, 's> {
    nodes: &'r NodeStates<'s>,
    packing: Packing,
    fates: Fates<'s>,
    holds: Holds<'s>,
    moves: Moves<'r>,
    ledger: Ledger,
    candidates: &'r BTreeMap<NodeIx, Candidate>,
}

impl Evacuation<'_, '_> {
    /// Goes on with the drains under way, as long as their pods still fit elsewhere.
    fn go_on(&mut self, nodes: &[NodeIx]) {
        for &node in nodes {
            let needed = disruptions(self.nodes, node);
            let fits = self.remove(node, self.packing).is_ok() || self.remove_onto_newcomer(node);
            let fate = match self.holds.against_going_on(node) {
                _ if !fits => Fate::DrainEnds,
                Some(hold) => Fate::Held(hold),
                None => Fate::DrainOn,
            };
            if fits {
                self.holds.keep_cordoned(node);
                self.ledger.spend(&needed);
            }
            self.fates.decide(node, fate);
        }
    }

    /// A drain onto an idle node continues while that node is still idle.
    fn remove_onto_newcomer(&mut self, node: NodeIx) -> bool {
        let newcomers = newcomers(self.nodes.fleet(), &self.fates).into_iter();
        let mut staying = newcomers.filter(|newcomer| !self.fates.is_touched(*newcomer));
        staying.any(|newcomer| self.moves.remove_onto(node, newcomer))
    }

    /// New ones, until no further node can go.
    fn begin(&mut self, mut left: Vec<NodeIx>) {
        let mut refusals: BTreeMap<NodeIx, Vec<PodInTheWay>> = BTreeMap::new();
        loop {
            let before = left.len();
            left.retain(|&node| self.is_refused(node, self.packing, &mut refusals));
            if left.is_empty() || left.len() == before {
                break;
            }
        }
        // The pods of all nodes that go may fit more densely when they are placed together.
        left.retain(|&node| self.is_refused(node, Packing::Anew, &mut refusals));
        for (node, pods) in refusals {
            self.keep(node, pods);
        }
    }

    /// Whether pods keep a node from going now; it is worth another try then.
    fn is_refused(&mut self, node: NodeIx, packing: Packing, refusals: &mut BTreeMap<NodeIx, Vec<PodInTheWay>>) -> bool {
        let outcome = self.try_out(node, packing);
        refusals.remove(&node);
        match outcome {
            Ok(()) | Err(Obstacle::Held) => false,
            Err(Obstacle::Pods(pods)) => {
                refusals.insert(node, pods);
                true
            }
        }
    }

    fn try_out(&mut self, node: NodeIx, packing: Packing) -> Result<(), Obstacle> {
        let needed = disruptions(self.nodes, node);
        let spent = self.spent(node, &needed);
        if !spent.is_empty() {
            return Err(Obstacle::Pods(spent));
        }
        if let Some(stay) = self.holds.against_drain(node).or_else(|| self.too_many()) {
            self.hold(node, stay)?;
            return Err(Obstacle::Held);
        }
        self.remove(node, packing).map_err(no_place)?;
        self.ledger.spend(&needed);
        self.holds.cordon(node);
        let Candidate { reason, cost } = self.candidates[&node];
        self.fates.decide(node, Fate::Drain { reason, cost });
        Ok(())
    }

    fn too_many(&self) -> Option<Stay> {
        let limit = self.nodes.fleet().policy.max_parallel_drains;
        (small(self.fates.drained().count()) >= limit).then_some(Stay::HeldBy(Hold::ParallelDrains { limit }))
    }

    fn remove(&mut self, node: NodeIx, packing: Packing) -> Result<(), Vec<ObjectName>> {
        match packing {
            Packing::OneByOne => self.moves.remove(node),
            // What changes nothing but what is free leaves a proof as it is.
            Packing::Anew if self.moves.is_alone(node) && self.moves.remove(node).is_ok() => Ok(()),
            Packing::Anew => self.moves.remove_by_repacking(node),
        }
    }

    /// Records what holds a node that could go otherwise. One that would only be consolidated away is simply busy.
    fn hold(&mut self, node: NodeIx, stay: Stay) -> Result<(), Obstacle> {
        if matches!(self.fates.seen(node), NodeState::Busy { .. }) {
            return Ok(());
        }
        if matches!(stay, Stay::HeldBy(_)) {
            self.moves.could_remove(node).map_err(no_place)?;
        }
        self.fates.decide(node, stay.into());
        Ok(())
    }

    /// Records the pods that keep a node. One that was only to be consolidated away is busy as before.
    fn keep(&mut self, node: NodeIx, in_the_way: Vec<PodInTheWay>) {
        if let NodeState::UnderUtilizedDrainable { .. } = self.fates.seen(node) {
            self.fates.decide(node, Fate::Obstructed(in_the_way));
        }
    }

    /// The pods of a node whose budget has too little left for all of them.
    fn spent(&self, node: NodeIx, needed: &BTreeMap<usize, u32>) -> Vec<PodInTheWay> {
        if self.ledger.allows(needed) {
            return Vec::new();
        }
        let budgets = self.nodes.budgets();
        let in_the_way = |pod: &&Pod| {
            let Claim::One(budget) = budgets.claim(pod) else { return None };
            let (allowed, needed) = (self.ledger.left(budget), needed.get(&budget).copied().unwrap_or(0));
            let why = BlockReason::BudgetSpent { budget: budgets.name(budget).to_owned(), allowed, needed };
            (needed > allowed).then(|| PodInTheWay::new(pod.id(), Drainability::Blocks { why }))
        };
        let mut pods: Vec<PodInTheWay> = self.nodes.fleet().nodes[node].holders.iter().filter_map(in_the_way).collect();
        pods.sort_by(|a, b| a.pod.cmp(&b.pod));
        pods
    }

    /// The pods to evict of each node, the cheapest first. One whose budget is spent is tried as well: the budget may open
    /// meanwhile.
    fn evictions(&self) -> Evictions {
        let places = self.moves.places();
        self.fates.drained().map(|node| (node, evictions_of(self.nodes.fleet(), node, &places))).collect()
    }
}

/// The disruptions that emptying a node takes of each budget.
pub(super) fn disruptions(nodes: &NodeStates<'_>, node: NodeIx) -> BTreeMap<usize, u32> {
    let mut needed = BTreeMap::new();
    for pod in nodes.fleet().nodes[node].holders.iter().filter(|pod| !is_leaving(pod)) {
        if let Claim::One(budget) = nodes.budgets().claim(pod) {
            *needed.entry(budget).or_default() += 1;
        }
    }
    needed
}

/// The pods to evict of a node, the cheapest first; `places` says of each by its UID where there is room for it.
pub(super) fn evictions_of(fleet: &Fleet<'_>, node: NodeIx, places: &BTreeMap<&str, NodeIx>) -> Vec<Eviction> {
    let eviction = |pod: &&Pod| {
        let room_on = fleet.nodes[*places.get(pod.uid.as_str())?].node.name.clone();
        let cost = EvictionCost::of(pod, fleet.spec(pod));
        Some(Eviction { cost, pod: pod.id(), uid: pod.uid.clone(), room_on })
    };
    let mut evictions: Vec<Eviction> = fleet.nodes[node].holders.iter().filter_map(eviction).collect();
    evictions.sort();
    evictions
}

/// Why a node is not emptied.
enum Obstacle {
    /// These pods stay.
    Pods(Vec<PodInTheWay>),
    /// A limit holds it, or its group is at its minimum.
    Held,
}

/// How places are looked for.
#[derive(Debug, Clone, Copy)]
enum Packing {
    /// What moved earlier stays where it was put.
    OneByOne,
    /// Everything that moves is placed anew.
    Anew,
}

fn no_place(pods: Vec<ObjectName>) -> Obstacle {
    let stays = |pod| PodInTheWay::new(pod, Drainability::Blocks { why: BlockReason::NoPlaceToMove });
    Obstacle::Pods(pods.into_iter().map(stays).collect())
}
