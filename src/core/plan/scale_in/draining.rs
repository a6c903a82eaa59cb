//! Nodes that are emptied: those whose pods request little (`--drain-utilization`), and with `--consolidate` every node whose pods
//! fit on the others. Drains that an earlier run began go on first.
//!
//! The set is maximal: nodes are tried one after the other, and again until no further one could go beside those chosen.
//! What could not go so may be replaced by one cheaper node after that (`replacing`).

use std::collections::{BTreeMap, BTreeSet};

use super::holds::Holds;
use super::moves::{Movers, Moves, Surroundings};
use super::replacing::newcomers;
use super::{Drains, Stay, order, set_hold};
use crate::plan::action::Eviction;
use crate::plan::amounts::small;
use crate::plan::drain::{BlockReason, Claim, Drainability, EvictionCost, Ledger, PodInTheWay};
use crate::plan::fleet::Fleet;
use crate::plan::node_state::{Judge, utilization};
use crate::plan::reason::DrainReason;
use crate::plan::report::{Hold, NodeDecision, NodeState, StateTrait};
use crate::plan::scale_up::{Faces, is_usable};
use crate::snapshot::{ObjectName, Pod};

/// A node that may be emptied.
struct Candidate {
    reason: DrainReason,
    cost: EvictionCost,
}

/// Chooses the nodes that are emptied in this run.
pub(super) fn work_out(
    judge: &Judge<'_>,
    states: &mut [NodeState],
    holds: &mut Holds<'_>,
    decisions: &mut BTreeMap<usize, NodeDecision>,
) -> Drains {
    let going_on: Vec<usize> = (0..states.len())
        .filter(|node| matches!(states[*node], NodeState::Draining { .. }) && !judge.scale_up.uncordon.contains_key(node))
        .collect();
    let candidates = candidates(judge, states);
    if going_on.is_empty() && candidates.is_empty() {
        return Drains::default();
    }
    let costs = candidates.iter().map(|(node, candidate)| (*node, candidate.cost)).collect();
    let order = order::of_drainable(judge.fleet(), &costs);
    let faces = Faces::new(judge.situation);
    let surroundings = Surroundings::new(judge.situation, &faces, judge.scale_up);
    let movers = movers(judge, going_on.iter().chain(&order));
    let receivers = receivers(judge, states, &order);
    let attempt = |packing: Packing| {
        let mut drive = Drive {
            moves: Moves::new(&surroundings, &movers, &receivers),
            packing,
            ledger: Ledger::new(judge.budgets()),
            judge,
            states: states.to_vec(),
            holds: holds.clone(),
            decisions: decisions.clone(),
            candidates: &candidates,
            begun: BTreeMap::new(),
        };
        drive.go_on(&going_on);
        drive.begin(order.clone());
        drive
    };
    let mut drive = attempt(Packing::OneByOne);
    if !drive.moves.is_proven() {
        // Places found one after the other counted on pods that have moved since.
        drive = attempt(Packing::Anew);
    }
    let evictions = drive.evictions();
    let Drive { states: mut found, holds: left, decisions: decided, begun, .. } = drive;
    states.swap_with_slice(&mut found);
    *holds = left;
    *decisions = decided;
    Drains { begun, evictions }
}

/// The nodes that the rules for single pods leave, with why they are tried.
fn candidates(judge: &Judge<'_>, states: &[NodeState]) -> BTreeMap<usize, Candidate> {
    let candidate = |(node, state): (usize, &NodeState)| match state {
        NodeState::UnderUtilizedDrainable { cost, .. } => {
            Some((node, Candidate { reason: DrainReason::UnderUtilized, cost: *cost }))
        }
        NodeState::Busy { .. } => {
            Some((node, Candidate { reason: DrainReason::Consolidated, cost: judge.consolidatable(node)? }))
        }
        _ => None,
    };
    states.iter().enumerate().filter_map(candidate).collect()
}

/// The pods that have to find a place when their node goes: all that keep it and do not leave by themselves.
pub(super) fn movers<'a, 'n>(judge: &Judge<'a>, nodes: impl Iterator<Item = &'n usize>) -> Movers<'a> {
    nodes
        .map(|&node| (node, judge.fleet().nodes[node].holders.iter().copied().filter(|pod| !is_leaving(pod)).collect()))
        .collect()
}

fn is_leaving(pod: &Pod) -> bool {
    pod.deletion_deadline.is_some()
}

/// Nodes that pods may move to, in the order in which they are filled: first those that stay, the fullest of them first, then
/// those that would go last. Nodes that are idle are none: what is moved there would keep them.
fn receivers(judge: &Judge<'_>, states: &[NodeState], order: &[usize]) -> Vec<usize> {
    let fleet = judge.fleet();
    let candidates: BTreeSet<usize> = order.iter().copied().collect();
    let may_receive = |node: &usize| {
        let entry = &fleet.nodes[*node];
        is_usable(fleet, entry) && !entry.node.unschedulable && states[*node].has(StateTrait::TakesMovedPods)
    };
    let mut staying: Vec<usize> = (0..states.len()).filter(|node| !candidates.contains(node)).filter(may_receive).collect();
    staying.sort_by_cached_key(|&node| (std::cmp::Reverse(fullness(judge, node)), node));
    staying.extend(order.iter().rev().copied().filter(may_receive));
    staying
}

/// How much of a node is requested, in thousandths.
fn fullness(judge: &Judge<'_>, node: usize) -> i64 {
    let used = utilization(judge.fleet(), &judge.fleet().nodes[node]);
    used.requested.saturating_mul(1000) / used.offered.max(1)
}

/// One run through the candidates.
struct Drive<'r, 'a, 'h> {
    judge: &'r Judge<'a>,
    packing: Packing,
    states: Vec<NodeState>,
    holds: Holds<'h>,
    decisions: BTreeMap<usize, NodeDecision>,
    moves: Moves<'r>,
    ledger: Ledger,
    candidates: &'r BTreeMap<usize, Candidate>,
    begun: BTreeMap<usize, DrainReason>,
}

impl Drive<'_, '_, '_> {
    /// Drains under way: as long as their pods still fit elsewhere.
    fn go_on(&mut self, nodes: &[usize]) {
        for &node in nodes {
            let needed = disruptions(self.judge, node);
            let outcome = self
                .remove(node, self.packing)
                .or_else(|pods| if self.remove_onto_newcomer(node) { Ok(()) } else { Err(pods) });
            match (self.holds.against_going_on(node), outcome) {
                (hold, Ok(())) => {
                    self.holds.keep_cordoned(node);
                    self.ledger.spend(&needed);
                    match hold {
                        Some(hold) => set_hold(&mut self.states[node], hold),
                        None => {
                            self.decisions.insert(node, NodeDecision::Drain);
                        }
                    }
                }
                (_, Err(_)) => {
                    let pods = small(self.judge.fleet().nodes[node].holders.len());
                    self.states[node] = NodeState::BusyUnschedulable { pods };
                }
            }
        }
    }

    /// What is drained onto an idle node goes on until that is no idle one any more.
    fn remove_onto_newcomer(&mut self, node: usize) -> bool {
        let newcomers = newcomers(self.judge.fleet(), &self.states).into_iter();
        let mut staying = newcomers.filter(|newcomer| !self.decisions.contains_key(newcomer));
        staying.any(|newcomer| self.moves.remove_onto(node, newcomer))
    }

    /// New ones, until no further node can go.
    fn begin(&mut self, mut left: Vec<usize>) {
        let mut refusals: BTreeMap<usize, Vec<PodInTheWay>> = BTreeMap::new();
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
    fn is_refused(&mut self, node: usize, packing: Packing, refusals: &mut BTreeMap<usize, Vec<PodInTheWay>>) -> bool {
        let outcome = self.try_out(node, packing);
        refusals.remove(&node);
        match outcome {
            Ok(()) | Err(Refusal::Held) => false,
            Err(Refusal::Pods(pods)) => {
                refusals.insert(node, pods);
                true
            }
        }
    }

    fn try_out(&mut self, node: usize, packing: Packing) -> Result<(), Refusal> {
        let needed = disruptions(self.judge, node);
        let spent = self.spent(node, &needed);
        if !spent.is_empty() {
            return Err(Refusal::Pods(spent));
        }
        if let Some(stay) = self.holds.against_drain(node).or_else(|| self.too_many()) {
            self.hold(node, stay)?;
            return Err(Refusal::Held);
        }
        self.remove(node, packing).map_err(no_place)?;
        self.ledger.spend(&needed);
        self.holds.cordon(node);
        let reason = self.candidates[&node].reason;
        self.begun.insert(node, reason);
        self.set_drainable(node);
        self.decisions.insert(node, NodeDecision::Drain);
        Ok(())
    }

    fn too_many(&self) -> Option<Stay> {
        let limit = self.judge.fleet().policy.max_parallel_drains;
        let draining = self.decisions.values().filter(|decision| **decision == NodeDecision::Drain).count();
        (u32::try_from(draining).unwrap_or(u32::MAX) >= limit).then_some(Stay::HeldBy(Hold::ParallelDrains { limit }))
    }

    fn remove(&mut self, node: usize, packing: Packing) -> Result<(), Vec<ObjectName>> {
        match packing {
            Packing::OneByOne => self.moves.remove(node),
            // What changes nothing but what is free leaves a proof as it is.
            Packing::Anew if self.moves.is_alone(node) && self.moves.remove(node).is_ok() => Ok(()),
            Packing::Anew => self.moves.remove_by_repacking(node),
        }
    }

    /// A node that something holds says so if it could go otherwise. One that is only consolidated away is simply busy.
    fn hold(&mut self, node: usize, stay: Stay) -> Result<(), Refusal> {
        if matches!(self.states[node], NodeState::Busy { .. }) {
            return Ok(());
        }
        match stay {
            Stay::At(state) => self.states[node] = state,
            Stay::HeldBy(hold) => {
                self.moves.could_remove(node).map_err(no_place)?;
                set_hold(&mut self.states[node], hold);
            }
        }
        Ok(())
    }

    fn set_drainable(&mut self, node: usize) {
        let entry = &self.judge.fleet().nodes[node];
        self.states[node] = NodeState::UnderUtilizedDrainable {
            utilization: utilization(self.judge.fleet(), entry),
            pods: small(entry.holders.len()),
            cost: self.candidates[&node].cost,
            held_by: None,
        };
    }

    fn keep(&mut self, node: usize, in_the_way: Vec<PodInTheWay>) {
        // One that was only to be consolidated away is busy as before.
        if let NodeState::UnderUtilizedDrainable { .. } = self.states[node] {
            let utilization = utilization(self.judge.fleet(), &self.judge.fleet().nodes[node]);
            self.states[node] = NodeState::UnderUtilizedUndrainable { utilization, in_the_way };
        }
    }

    /// The pods of a node whose budget has too little left for all of them.
    fn spent(&self, node: usize, needed: &BTreeMap<usize, u32>) -> Vec<PodInTheWay> {
        if self.ledger.allows(needed) {
            return Vec::new();
        }
        let budgets = self.judge.budgets();
        let in_the_way = |pod: &&Pod| {
            let Claim::One(budget) = budgets.claim(pod) else { return None };
            let (allowed, needed) = (self.ledger.left(budget), needed.get(&budget).copied().unwrap_or(0));
            let why = BlockReason::BudgetSpent { budget: budgets.name(budget).to_owned(), allowed, needed };
            (needed > allowed).then(|| PodInTheWay::new(pod.id(), Drainability::Blocks { why }))
        };
        let mut pods: Vec<PodInTheWay> = self.judge.fleet().nodes[node].holders.iter().filter_map(in_the_way).collect();
        pods.sort_by(|a, b| a.pod.cmp(&b.pod));
        pods
    }

    /// The pods to evict of each node, the cheapest first. One whose budget is spent is tried as well: the budget may open
    /// meanwhile.
    fn evictions(&self) -> BTreeMap<usize, Vec<Eviction>> {
        let places = self.moves.places();
        let drained = self.decisions.iter().filter(|(_, decision)| **decision == NodeDecision::Drain);
        drained.map(|(node, _)| (*node, evictions_of(self.judge.fleet(), *node, &places))).collect()
    }
}

/// The disruptions that emptying a node takes of each budget.
pub(super) fn disruptions(judge: &Judge<'_>, node: usize) -> BTreeMap<usize, u32> {
    let mut needed = BTreeMap::new();
    for pod in judge.fleet().nodes[node].holders.iter().filter(|pod| !is_leaving(pod)) {
        if let Claim::One(budget) = judge.budgets().claim(pod) {
            *needed.entry(budget).or_default() += 1;
        }
    }
    needed
}

/// The pods to evict of a node, the cheapest first; `places` says of each by its UID where there is room for it.
pub(super) fn evictions_of(fleet: &Fleet<'_>, node: usize, places: &BTreeMap<&str, usize>) -> Vec<Eviction> {
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
enum Refusal {
    /// These pods stay.
    Pods(Vec<PodInTheWay>),
    /// A limit holds it; its state says so.
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

fn no_place(pods: Vec<ObjectName>) -> Refusal {
    let stays = |pod| PodInTheWay::new(pod, Drainability::Blocks { why: BlockReason::NoPlaceToMove });
    Refusal::Pods(pods.into_iter().map(stays).collect())
}
