//! Replacement of several nodes by one that costs less (`--consolidate`, where prices are known).
//! It concerns nodes that could not go otherwise, since their pods fit nowhere on the others, but
//! together fit on one new node.
//!
//! A replacement takes two plans. The first changes nothing else and buys the node; no pod is
//! touched. Once the node is Ready, and while it is idle, a later plan drains the others onto it.
//! The same happens with any idle node that is worth keeping for it. The cluster itself remembers
//! what was begun: by the idle node, and by the note that `apply` keeps of its request. Each
//! replacement makes the cluster cheaper, so that they cannot go round in circles. Where the second
//! plan finds that the pods have changed, the node is removed like any idle one, and its group is
//! left alone until the note is old.

use std::collections::BTreeMap;

use super::Evictions;
use super::candidates::least_score;
use super::evacuation::{budget_needs, in_order, in_turns, patience_of, pods_to_move};
use super::fates::{Fate, Fates};
use super::holds::{Holds, Stay, Step};
use super::order::of_drainable;
use super::rehousing::{Rehousing, Surroundings};
use super::scoring::Scoring;
use crate::duration::Seconds;
use crate::plan::amounts::small;
use crate::plan::drain::{DisruptionsLeft, EvictionCost};
use crate::plan::fleet::{Fleet, GroupIx, NodeIx, price_of};
use crate::plan::group_health::{Unlaunched, headroom};
use crate::plan::node_state::NodeStates;
use crate::plan::reason::DrainReason;
use crate::plan::report::{Hold, NodeState, PodVerdict};
use crate::plan::scale_up::{ClusterSize, PlannedNode, Presentations, Replaced, is_usable};
use crate::plan::situation::Situation;
use crate::snapshot::UsdPerHour;

/// A node to buy for pods that are already running.
pub(crate) struct Replacement {
    pub(crate) group: GroupIx,
    pub(crate) node: PlannedNode,
    pub(crate) replaced: Replaced,
}

/// Nodes that could be replaced, the best to go first, each with the cost of emptying it.
struct NodesToReplace {
    order: Vec<NodeIx>,
    costs: BTreeMap<NodeIx, EvictionCost>,
}

/// Empties nodes onto an idle one, or buys one to empty them onto. It does so only where this plan
/// changes no other node and no pod waits, so that nobody needs the nodes in question.
pub(super) fn exchange<'s>(
    nodes: &NodeStates<'s>,
    fates: &mut Fates<'s>,
    holds: &mut Holds<'s>,
    evictions: &mut Evictions,
) -> Option<Replacement> {
    let fleet = nodes.fleet();
    fleet.prices.as_ref()?;
    if !fates.is_nothing_touched() || !is_quiet(nodes, fates) {
        return None;
    }
    let candidates = candidates(nodes, fates);
    if candidates.order.is_empty() {
        return None;
    }
    let presentations = Presentations::new(nodes.situation);
    let surroundings = Surroundings::new(nodes.situation, &presentations, nodes.scale_up);
    let pods_to_move = pods_to_move(nodes, candidates.order.iter());
    let mut exchange = Exchange { nodes, candidates, rehousing: Rehousing::new(&surroundings, &pods_to_move, &[]) };
    for target in idle_targets(fleet, fates) {
        if exchange.pays_to_keep(target, holds) {
            exchange.empty_onto(target, fates, holds, evictions);
            return None;
        }
    }
    exchange.purchase(&surroundings, holds)
}

/// Whether no pod waits, nothing is coming, nothing is being emptied and every region was read.
fn is_quiet(nodes: &NodeStates<'_>, fates: &Fates<'_>) -> bool {
    let (situation, scale_up) = (nodes.situation, nodes.scale_up);
    let is_readable = situation.fleet.snapshot.regions.iter().all(|region| region.unreadable.is_none());
    let is_moving = |node: NodeIx| {
        matches!(
            *fates.state(node),
            NodeState::Draining { .. } | NodeState::BusyUnschedulable { .. } | NodeState::IdleUnschedulable { .. }
        )
    };
    is_readable
        && scale_up.rulings.iter().all(|ruling| !may_be_scheduled(&ruling.ruling.verdict))
        && scale_up.purchases.iter().all(|purchase| purchase.count() == 0)
        && scale_up.upcoming.iter().all(Vec::is_empty)
        && situation.groups().all(|group| situation.health(group).gap == Unlaunched::None)
        && !fates.nodes().any(is_moving)
}

/// Whether the scheduler may still place a pod.
fn may_be_scheduled(verdict: &PodVerdict) -> bool {
    match verdict {
        PodVerdict::FitsExisting { .. }
        | PodVerdict::Nominated { .. }
        | PodVerdict::FitsUpcoming { .. }
        | PodVerdict::FitsUncordoned { .. }
        | PodVerdict::FitsNew { .. }
        | PodVerdict::Refused { .. }
        | PodVerdict::WaitsForRegion { .. }
        | PodVerdict::NotYetScheduled
        | PodVerdict::NotModelled { .. }
        | PodVerdict::GangIncomplete { .. }
        | PodVerdict::GangUnknown { .. }
        | PodVerdict::GangWithoutRoom { .. }
        | PodVerdict::CannotHelp { .. } => true,
        PodVerdict::Terminating
        | PodVerdict::Gated { .. }
        | PodVerdict::OtherScheduler { .. }
        | PodVerdict::OtherNamespace
        | PodVerdict::LowPriority { .. }
        | PodVerdict::RoomRequested { .. }
        | PodVerdict::DaemonSet => false,
    }
}

/// Returns the nodes of known price that may be emptied. Groups that keep spares are left out,
/// since there an emptied node would stay as a spare.
fn candidates(nodes: &NodeStates<'_>, fates: &Fates<'_>) -> NodesToReplace {
    let fleet = nodes.fleet();
    let is_busy = |node: NodeIx| {
        matches!(
            *fates.state(node),
            NodeState::Busy { .. } | NodeState::UnderUtilizedDrainable { .. } | NodeState::UnderUtilizedUndrainable { .. }
        )
    };
    let keeps_no_spare =
        |node: NodeIx| fleet.group_of(&fleet.nodes[node]).is_some_and(|group| group.policy.type_idle_count == 0);
    let may_go = |node: &NodeIx| is_busy(*node) && keeps_no_spare(*node) && price_of(fleet, *node).is_some();
    let emptied = fates.nodes().filter(may_go);
    let costs: BTreeMap<NodeIx, EvictionCost> = emptied.filter_map(|node| Some((node, nodes.consolidatable(node)?))).collect();
    NodesToReplace { order: of_drainable(fleet, &costs), costs }
}

/// Returns the idle nodes that are ready to take pods and have no other use, the cheapest first.
/// Spares are left out.
pub(super) fn idle_targets(fleet: &Fleet<'_>, fates: &Fates<'_>) -> Vec<NodeIx> {
    let is_idle = |node: &NodeIx| {
        let entry = &fleet.nodes[*node];
        let is_waiting = matches!(
            *fates.state(*node),
            NodeState::Starting { .. } | NodeState::GracePeriod { .. } | NodeState::IdleSchedulable { .. }
        );
        is_waiting && entry.holders.is_empty() && is_usable(fleet, entry) && !entry.node.unschedulable && fleet.may_touch(entry)
    };
    let priced = fates.nodes().filter(is_idle).filter_map(|node| Some((price_of(fleet, node)?, node)));
    let mut idle_targets: Vec<(UsdPerHour, NodeIx)> = priced.collect();
    idle_targets.sort_unstable();
    idle_targets.into_iter().map(|(_, node)| node).collect()
}

struct Exchange<'r, 'a, 'm> {
    nodes: &'r NodeStates<'a>,
    candidates: NodesToReplace,
    rehousing: Rehousing<'m>,
}

impl<'a: 'm, 'm> Exchange<'_, 'a, 'm> {
    fn price_of_all(&self, nodes: &[NodeIx]) -> UsdPerHour {
        nodes.iter().filter_map(|node| price_of(self.nodes.fleet(), *node)).sum()
    }

    /// Whether an idle node costs less than the nodes that could be emptied onto it. Limits of this
    /// run and budgets do not count here, since a node that was bought for this may take several
    /// runs to fill.
    fn pays_to_keep(&mut self, target: NodeIx, holds: &Holds<'_>) -> bool {
        let mut holds = holds.clone();
        let going = self.rehousing.onto(target, &self.candidates.order, |node| may_go_some_time(&mut holds, node));
        let price = price_of(self.nodes.fleet(), target).unwrap_or_default();
        self.price_of_all(&going) > price
    }

    /// Begins as many drains onto a node as the limits allow.
    fn empty_onto(&mut self, target: NodeIx, fates: &mut Fates<'_>, holds: &mut Holds<'_>, evictions: &mut Evictions) {
        let fleet = self.nodes.fleet();
        let mut disruptions = DisruptionsLeft::new(self.nodes.budgets());
        let mut emptied = Vec::new();
        for &node in &self.candidates.order {
            let needs = budget_needs(self.nodes, node);
            let is_allowed = disruptions.allows(&needs, patience_of(self.nodes, node));
            let is_held =
                small(emptied.len()) >= fleet.policy.max_parallel_drains || holds.why_keep(node, Step::Cordon).is_some();
            if !is_allowed || is_held || !self.rehousing.remove_onto(node, target) {
                continue;
            }
            disruptions.spend(&needs);
            holds.cordon(node);
            fates.decide(node, Fate::Drain { reason: DrainReason::Replaced, cost: self.candidates.costs[&node], score: None });
            emptied.push(node);
        }
        evictions.extend(in_turns(in_order(self.nodes, fates, &mut self.rehousing, emptied).nodes));
    }

    /// Whether what is saved is enough for what is disrupted, for the group that demands most.
    fn is_worth_it(&self, scoring: &Scoring, saved: UsdPerHour, going: &[NodeIx]) -> bool {
        let score = scoring.score(saved, going.iter().map(|node| self.candidates.costs[node]));
        going.iter().all(|node| score >= least_score(self.nodes.fleet(), *node))
    }

    /// Returns the purchase that saves most.
    fn purchase(&mut self, surroundings: &Surroundings<'m>, holds: &Holds<'_>) -> Option<Replacement> {
        let fleet = self.nodes.fleet();
        let size = ClusterSize::new(self.nodes.situation);
        let scoring = Scoring::new(fleet)?;
        let mut offers = self.rehousing.offers(surroundings);
        let mut best: Option<(UsdPerHour, Replacement)> = None;
        for group in fleet.groups.numbers() {
            let Some(price) = price_of_one_more(self.nodes.situation, &size, group).filter(|_| offers.of(group).is_some())
            else {
                continue;
            };
            let (mut holds, mut disruptions) = (holds.clone(), DisruptionsLeft::new(self.nodes.budgets()));
            let nodes = self.nodes;
            let going = self.rehousing.onto_new(&mut offers, group, &self.candidates.order, |node| {
                // A node is not paid for while pods come to it one by one.
                let needs = budget_needs(nodes, node);
                let is_allowed = disruptions.allows_all(&needs);
                let goes = is_allowed && may_go_some_time(&mut holds, node);
                if goes {
                    disruptions.spend(&needs);
                }
                goes
            });
            let price_before = self.price_of_all(&going);
            let saved = price_before - price;
            if saved > UsdPerHour::ZERO
                && self.is_worth_it(&scoring, saved, &going)
                && best.as_ref().is_none_or(|(most, _)| saved > *most)
            {
                let launch = offers.next(group);
                let node = offers.planned(group, launch.zone);
                let names = going.iter().map(|node| fleet.nodes[*node].node.name.clone()).collect();
                let replaced = Replaced { nodes: names, before: price_before, after: price };
                best = Some((saved, Replacement { group, node, replaced }));
            }
        }
        best.map(|(_, replacement)| replacement)
    }
}

/// Returns what one more node of a group costs, if the group can have one and did not grow lately.
fn price_of_one_more(situation: &Situation<'_>, size: &ClusterSize, group: GroupIx) -> Option<UsdPerHour> {
    let fleet = &situation.fleet;
    let entry = &fleet.groups[group];
    let may_grow = situation.health(group).block.is_none()
        && headroom(entry) > 0
        && size.room(group, u32::from(fleet.reserved.is_next_reserved(fleet, group))) > 0;
    let may_buy = fleet.policy.max_scale_up > 0 && entry.policy.max_scale_up > 0 && entry.policy.type_idle_count == 0;
    if !may_grow || !may_buy || grew_lately(fleet, group) {
        return None;
    }
    situation.next_price(group)
}

/// Whether `apply` requested more of the group a short while ago. A node that was bought as a
/// replacement and did not become one is not bought again at once.
fn grew_lately(fleet: &Fleet<'_>, group: GroupIx) -> bool {
    let entry = &fleet.groups[group];
    // `apply` deletes its notes after the same time.
    let lately = Seconds(entry.policy.instance_init_time.0.saturating_mul(2));
    let mut own = fleet.snapshot.growth_notes.iter().filter(|note| note.group == *entry.id());
    own.any(|note| Seconds::between(note.at, fleet.now()) < lately)
}

/// Whether a node can go in this run or, since only a limit of the run keeps it, in a later one. It
/// counts as gone then.
fn may_go_some_time(holds: &mut Holds<'_>, node: NodeIx) -> bool {
    let stays = match holds.why_keep(node, Step::Cordon) {
        None | Some(Stay::HeldBy(Hold::ScaleInLimit { .. })) => false,
        Some(Stay::HeldBy(_) | Stay::AtMin { .. }) => true,
    };
    if !stays {
        holds.keep_cordoned(node);
    }
    !stays
}
