//! Gives pending pods a place on existing nodes, then on upcoming ones, then on nodes that we
//! cordoned, and only then on new ones.

mod buying;
mod class_orders;
mod every_zone;
mod existing_capacity;
mod in_turn;
mod mix;
mod new_node_takes;
mod offers;
mod on_ready_nodes;
mod other_expanders;
mod outlasting;
mod over_quota;
mod placements;
mod ranking;
mod refuted;
mod replay;
mod short_gangs;
mod whole_gangs;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::absent_pods::AbsentIx;
use super::bill::Load;
use super::pending::{Apart, Class, ClassIx, Pending, classes, repelling};
use super::pod_claims::Devices;
use super::reason::{GrowReason, Refusal};
use super::report::{FindingCode, PodVerdict, Replay, Ruling, UpcomingNode};
use super::settling::{Settling, verdict_on_absent};
use super::situation::Situation;
use crate::index_vec::IndexVec;
use crate::plan::amounts::small;
use crate::plan::fleet::{Fleet, GroupIx, NodeIx};
use crate::plan::gangs::GangIx;
use crate::policy::Expander;
use crate::scheduler::Storage;
use crate::scheduler::cluster::Cluster;
use crate::snapshot::{Pod, UsdPerHour};
use crate::well_known::resources::is_device;
use buying::Buying;
use class_orders::Outlay;
use existing_capacity::CordonedDevices;
use existing_capacity::candidates::Candidates;
use offers::catalogue::Catalogue;
use offers::not_again;
use other_expanders::Solution;
use over_quota::OverQuota;
use placements::Placements;
use short_gangs::short_gangs;
use whole_gangs::{GangPlaces, GangRoom, GangTrial, Serving, Torn};

pub(crate) use buying::cluster_size::ClusterSize;
pub(crate) use buying::prospects::prospects;
pub(crate) use existing_capacity::{Presentations, is_usable, settled_cluster};
pub(crate) use offers::Offers;
pub use offers::chosen_zones::CloudChooses;
pub(crate) use offers::chosen_zones::cloud_chooses;
pub(crate) use ranking::fixed::fixed_order;
pub use ranking::reason::{Precedence, Unused};
pub(crate) use ranking::similar_groups::{first_alike, nearly_alike};
pub(crate) use ranking::trace::Ranking;
pub(crate) use refuted::{groups_that_wait, notes_of_unhelpful_nodes, refused_pods, unhelpful_nodes};
pub(crate) use short_gangs::ShortGang;

/// What becomes of the pending pods, and what is bought for them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ScaleUp {
    /// One for each of [`Fleet::waiting`].
    pub(crate) rulings: Vec<PodRuling>,
    /// One for each of the other pods in [`Fleet::unbound`], which are not in the API.
    pub(crate) absent: Vec<PodRuling>,
    /// Nodes that are there and on which such pods have their place.
    pub(crate) room_on: BTreeMap<NodeIx, RoomOnNode>,
    /// Pods expected on existing nodes.
    pub(crate) expected_on: BTreeMap<NodeIx, u32>,
    /// Nodes to make schedulable again, with the pods expected there.
    pub(crate) uncordon: BTreeMap<NodeIx, u32>,
    /// Nodes whose machine ends with its reservation, and which could take a waiting pod that would
    /// not finish before.
    pub(crate) outlasting: BTreeSet<NodeIx>,
    /// The gangs for which nodes came while others did not.
    pub(crate) short_gangs: Vec<ShortGang>,
    /// New nodes of each group.
    pub(crate) purchases: IndexVec<GroupIx, GroupPurchase>,
    /// The upcoming nodes of each group.
    pub(crate) upcoming: IndexVec<GroupIx, Vec<UpcomingNode>>,
    /// The limits on purchases that were hit, each with the pods it left pending.
    pub(crate) limits_hit: Vec<FindingCode>,
    /// What the scheduler will do with the nodes bought.
    pub(crate) replay: Option<Replay>,
    /// The pods that new nodes of a known price are bought for.
    pub(crate) loads: Vec<Load>,
    /// What new nodes for them cost at least.
    pub(crate) lower_bound: Option<UsdPerHour>,
    /// How the groups were ranked for the pod that is explained, where nodes were wanted for it.
    pub(crate) ranking: Option<Ranking>,
    /// The groups in which nothing is bought for the pod that is explained, since a promise was
    /// refuted there.
    pub(crate) closed: BTreeMap<GroupIx, Refusal>,
}

/// What becomes of one pod.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PodRuling {
    /// Its place in the order in which pods were given a node.
    pub(crate) placed: Option<u32>,
    /// The verdict, which pods with the same fate share.
    pub(crate) ruling: Arc<Ruling>,
}

/// Room on a node for pods that are not in the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RoomOnNode {
    /// The first object that stands for some of them.
    pub(crate) absent: AbsentIx,
    /// For how many pods there is room, whoever stands for them.
    pub(crate) pods: u32,
}

/// What is bought in one group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct GroupPurchase {
    /// The new nodes in the order in which they are expected to launch.
    pub(crate) nodes: Vec<PlannedNode>,
    /// How many of them are `--over-provision`.
    pub(crate) spare: u32,
    /// How many are there because the scheduler packs less densely than the plan.
    pub(crate) loose: u32,
    /// How many bring the group to its minimum in the policy file, and that minimum.
    pub(crate) to_min: (u32, i64),
    /// How many of them use a reservation for certain.
    pub(crate) reserved: u32,
    /// How many pods are expected on them.
    pub(crate) pods: u32,
    /// For how many pods that are not in the API they have room.
    pub(crate) absent_pods: u32,
    /// Where the nodes may come instead, first in other zones of the group.
    pub(crate) alternatives: Vec<Alternative>,
    /// Why it is one node, where that is not for pending pods.
    pub(crate) replaces: Option<Replaced>,
}

/// The nodes that a new one replaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Replaced {
    /// The nodes, by name.
    pub(crate) nodes: Vec<String>,
    /// What they cost together.
    pub(crate) before: UsdPerHour,
    /// What the new one costs at most.
    pub(crate) after: UsdPerHour,
}

impl GroupPurchase {
    /// Returns how many nodes are bought.
    pub(crate) fn count(&self) -> u32 {
        small(self.nodes.len())
    }

    /// Adds a node that is bought to replace dearer ones.
    pub(crate) fn replace(&mut self, node: PlannedNode, replaced: Replaced) {
        self.nodes.push(node);
        self.replaces = Some(replaced);
    }

    /// Returns why the group grows.
    pub(crate) fn reason(&self) -> GrowReason {
        match &self.replaces {
            Some(Replaced { nodes, before, after }) => {
                GrowReason::Replaces { nodes: nodes.clone(), before: *before, after: *after }
            }
            None if self.to_min.0 > 0 && self.to_min.0 == self.count() => GrowReason::PolicyMin { min: self.to_min.1 },
            None => GrowReason::PendingPods {
                pods: self.pods,
                absent_pods: self.absent_pods,
                spare_nodes: self.spare,
                loose_nodes: self.loose,
                minimum_nodes: self.to_min.0,
            },
        }
    }
}

/// One new node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlannedNode {
    pub(crate) zone: String,
    /// Who decides on the zone.
    pub(crate) origin: ZoneOrigin,
}

/// Who decides on the zone of a new node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ZoneOrigin {
    /// The group has no other.
    Only,
    /// The cloud, so that the zone is a prediction.
    Predicted,
    /// The plan.
    Chosen,
}

/// Where nodes may come instead, when the cloud cannot launch them where the plan has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Alternative {
    pub(crate) group: GroupIx,
    /// The zones, in the order in which they are tried; none where the cloud chooses the zone.
    pub(crate) zones: Vec<String>,
    /// How many nodes of it the limits allow beside what the plan buys.
    pub(crate) nodes: u32,
}

impl ScaleUp {
    /// Returns how many pending pods rely on upcoming or new nodes.
    pub(crate) fn awaiting_nodes(&self) -> u32 {
        let awaits = |pod: &&PodRuling| pod.ruling.verdict.awaits_node();
        small(self.rulings.iter().filter(awaits).count())
    }

    /// Returns the rulings on all of [`Fleet::unbound`].
    pub(crate) fn rulings_on_all(&self) -> impl Iterator<Item = &PodRuling> {
        self.rulings.iter().chain(&self.absent)
    }

    /// Returns the same, to be changed.
    pub(crate) fn rulings_on_all_mut(&mut self) -> impl Iterator<Item = &mut PodRuling> {
        self.rulings.iter_mut().chain(&mut self.absent)
    }

    /// Returns the rulings on the pods that an object stands for.
    pub(crate) fn rulings_on_absent(&self, fleet: &Fleet<'_>, absent: AbsentIx) -> &[PodRuling] {
        let (places, waiting) = (fleet.absent_places.of(absent), fleet.absent_places.waiting());
        &self.absent[places.start - waiting..places.end - waiting]
    }

    /// Returns the verdicts on the pods of a gang that are not in the API.
    pub(crate) fn verdicts_on_absent_members(&self, fleet: &Fleet<'_>, gang: GangIx) -> Vec<&PodVerdict> {
        let members = fleet.absent.iter_numbered().filter(|(_, absent)| fleet.gangs.of(absent.pod) == Some(gang));
        let rulings = members.flat_map(|(absent, _)| self.rulings_on_absent(fleet, absent));
        rulings.map(|ruling| &ruling.ruling.verdict).collect()
    }

    /// Decides what every pending pod gets. With `traced`, a pod by its index into
    /// [`Fleet::unbound`](super::fleet::Fleet::unbound), the result has the ranking of the groups
    /// for it.
    ///
    /// Cordoned nodes with devices that nobody requests stay closed, unless more pods are helped
    /// when they open.
    pub(crate) fn decide(situation: &Situation<'_>, traced: Option<usize>) -> Self {
        let decided = Self::decide_places(situation, traced);
        let short_gangs = short_gangs(situation, &decided);
        Self { short_gangs, ..decided }
    }

    fn decide_places(situation: &Situation<'_>, traced: Option<usize>) -> Self {
        let (sparing, is_sparing) = Self::attempt(situation, traced, true);
        let unhelped = sparing.unhelped();
        if !is_sparing || unhelped == 0 {
            return sparing;
        }
        let (opening, _) = Self::attempt(situation, traced, false);
        if opening.unhelped() < unhelped { opening } else { sparing }
    }

    /// Counts apart the pods of each purchase that are not in the API.
    fn tell_apart_whom_nodes_are_for(&mut self, fleet: &Fleet<'_>) {
        for ruling in &self.absent {
            if let PodVerdict::FitsNew { group, .. } = &ruling.ruling.verdict
                && let Some(group) = fleet.group_number(group)
            {
                let purchase = &mut self.purchases[group];
                purchase.pods = purchase.pods.saturating_sub(1);
                purchase.absent_pods += 1;
            }
        }
    }

    fn unhelped(&self) -> usize {
        let is_unhelped = |pod: &&PodRuling| pod.ruling.verdict.refusals().is_some();
        self.rulings.iter().filter(is_unhelped).count()
    }

    /// Decides that once, and returns whether cordoned nodes were left out to spare their devices.
    fn attempt(situation: &Situation<'_>, traced: Option<usize>, spares_devices: bool) -> (Self, bool) {
        let mut best = Self::solve(situation, traced, (spares_devices, None));
        best.prove();
        for instead in best.other_chains(&situation.fleet) {
            let other = Self::solve(situation, traced, (spares_devices, Some(&instead)));
            if other.is_better_than(&best, &situation.fleet) {
                best = other.with_proof_of(&best);
            }
        }
        best.prove();
        (best.scale_up, best.is_sparing)
    }

    /// Decides that, sparing devices or not, by the policy's expanders or by others instead.
    fn solve(situation: &Situation<'_>, traced: Option<usize>, way: (bool, Option<&[Expander]>)) -> Solution {
        let mut serving = Serving::first();
        loop {
            match Self::serve(situation, traced, way, &serving) {
                Ok(served) => return served,
                Err(torn) => serving = serving.after(torn),
            }
        }
    }

    /// Decides that, with gangs served in a certain way, or returns those that it would tear.
    fn serve(
        situation: &Situation<'_>,
        traced: Option<usize>,
        (spares_devices, instead): (bool, Option<&[Expander]>),
        serving: &Serving,
    ) -> Result<Solution, Torn> {
        let fleet = &situation.fleet;
        let presentations = Presentations::new(situation);
        let storage = Storage::new(fleet.snapshot);
        let devices = Devices::new(fleet);
        let (mut settling, mut pending) = (Settling::new(fleet, &devices), Pending::new(fleet));
        let mut settled_or_pending = |(index, pod): (usize, &&Pod)| {
            let verdict = settling.verdict(pod);
            if verdict.is_none()
                && let Some(without_room) = fleet.gangs.of(pod).and_then(|gang| serving.ruling(gang))
            {
                return Some(without_room);
            }
            if matches!(verdict, None | Some(PodVerdict::NotYetScheduled)) {
                pending.add(fleet, index, pod);
            }
            verdict.map(PodRuling::unplaced)
        };
        let mut settled: Vec<Option<PodRuling>> = fleet.waiting().iter().enumerate().map(&mut settled_or_pending).collect();
        for (index, absent) in fleet.absent.iter_numbered() {
            let of_gang = || fleet.gangs.of(absent.pod).and_then(|gang| serving.ruling(gang));
            let ruling = verdict_on_absent(fleet, &devices, absent.pod).map(PodRuling::unplaced).or_else(of_gang);
            if ruling.is_none() {
                pending.add_absent(fleet, index);
            }
            settled.extend(std::iter::repeat_n(ruling, absent.count as usize));
        }
        let is_alone = |gang| serving.is_alone(&fleet.gangs, gang);
        let over_quota = OverQuota::find(situation, &settled);
        let exceeded = |pod| over_quota.exceeded_by(pod);
        let apart = Apart { is_alone: &is_alone, exceeded: (!over_quota.is_empty()).then_some(&exceeded) };
        let (classes, demands) = classes(fleet, pending, &storage, &devices, || largest_node(situation), &apart);
        let mut candidates = Candidates::new(Cluster::new(fleet.cluster_parts(storage), demands, repelling(fleet).into_iter()));
        let mut offers = Offers::new(situation, &mut candidates.cluster);
        let requested = requested_devices(fleet, &classes);
        let devices = if spares_devices { CordonedDevices::OpenFor(&requested) } else { CordonedDevices::Open };
        let supply = existing_capacity::add_all(&mut candidates, situation, &presentations, &mut offers, devices);
        outlasting::keep_off_old_machines(fleet, &classes, &mut candidates);

        let outlasting = outlasting::keep_off(fleet, &classes, &mut candidates, &presentations);
        let mut placements = Placements::new(fleet, &classes, settled);
        on_ready_nodes::hold_booked(fleet, &classes, &mut candidates, &mut placements, &supply.existing);
        let mut expect = |(index, class): (ClassIx, &Class<'_>)| {
            let placed = candidates.place(index, small(class.unseen.len()), supply.existing.clone());
            placements.expect(&placed);
            placed.iter().map(|placed| placed.pods).sum()
        };
        let expected: IndexVec<ClassIx, u32> = classes.iter_numbered().map(&mut expect).collect();
        let mut refuted = refuted::find_refused(fleet, &classes, &mut candidates, &supply, &mut placements);
        refuted::add_fruitless(&mut refuted, fleet, &classes);
        outlasting::close_groups(&mut refuted, fleet, &classes);
        over_quota.close_groups(&mut refuted, &classes);
        let traced = traced.and_then(|pod| classes.position(|class| class.pods.iter().any(|waiting| waiting.pod == pod)));
        let closed = traced.map(|class| not_again::of_class(&refuted, class)).unwrap_or_default();
        let catalogue = Catalogue::new(situation, &mut candidates, &classes, offers, refuted);
        let mut buying = Buying::new(catalogue, ClusterSize::new(situation), candidates.len(), traced);
        buying.rank_by(instead);
        let range = &supply.free_of_charge;
        let trial = GangTrial {
            buying: &mut buying,
            candidates: &mut candidates,
            placements: &placements,
            free_of_charge: range.clone(),
        };
        let gang_room = GangRoom::find(trial, &expected, serving);
        if matches!(serving, Serving::Probing) {
            return Err(Torn::Found(gang_room.without));
        }
        gang_room.give_up(&classes, &mut placements);
        in_turn::place_in_turn(&mut candidates, &classes, &mut placements, range);
        on_ready_nodes::answer_checks(fleet, &classes, &mut candidates, &mut placements, &supply.existing);
        let free_of_charge = placements.done();
        let mut choices = buying.choices(&candidates);
        let before = candidates.cluster.checkpoint();
        class_orders::buy(&mut buying, &mut candidates, &classes, &mut placements);
        let gang_places = gang_room.places(fleet, &classes, &placements)?;
        let served = placements.served_since(&classes, &free_of_charge);
        give_up_rest(&mut buying, &mut candidates, &mut placements, &gang_places);
        // Spare nodes belong to what is bought for pods: room kept ahead leaves them their limits.
        buying.add_spare();
        buying.add_to_min();
        if placements.begin_last(&classes) {
            in_turn::place_in_turn(&mut candidates, &classes, &mut placements, range);
            class_orders::buy(&mut buying, &mut candidates, &classes, &mut placements);
            give_up_rest(&mut buying, &mut candidates, &mut placements, &gang_places);
        }
        let ranking = buying.ranking(&mut candidates);
        let replay = replay::replay(&mut candidates, before, &mut buying, &served);
        buying.find_alternatives(&candidates, placements.bought_for());
        let outlay = Outlay::of(&buying);
        let (limits_hit, purchases) = buying.finish();
        let mut outcome = placements.into_outcome(fleet, purchases, supply.upcoming, limits_hit, replay);
        if let Some(choices) = &mut choices {
            let rulings: Vec<&PodRuling> = outcome.rulings_on_all().collect();
            choices.count_bought(&classes, &rulings, &outcome.purchases);
            outcome.loads = choices.loads().to_vec();
        }
        outcome.tell_apart_whom_nodes_are_for(fleet);
        outcome.outlasting = outlasting;
        outcome.ranking = ranking;
        outcome.closed = closed;
        Ok(Solution { scale_up: outcome, is_sparing: supply.is_sparing, outlay, choices })
    }
}

/// Gives up the pods for which no group is left.
fn give_up_rest<'a>(
    buying: &mut Buying<'a, '_>,
    candidates: &mut Candidates<'a>,
    placements: &mut Placements,
    gang_places: &GangPlaces<'_, '_>,
) {
    let (fleet, classes) = (buying.catalogue().fleet, buying.catalogue().classes);
    for (index, class) in classes.iter_numbered() {
        if placements.left(index) > 0 {
            let rest = buying.rest(candidates, index, placements.left(index));
            let mut known = BTreeMap::new();
            placements.give_up(fleet, (index, class), rest, &mut |pod, refusals| {
                let gang = gang_places.too_small(pod)?;
                Some(known.entry(gang).or_insert_with(|| gang_places.ruling(gang, refusals.clone())).clone())
            });
        }
    }
}

/// Returns the devices that pending pods request.
fn requested_devices<'a>(fleet: &'a Fleet<'_>, classes: &IndexVec<ClassIx, Class<'_>>) -> BTreeSet<&'a str> {
    let example = |class: &Class<'_>| class.pods.first().map(|waiting| waiting.pod).or(class.unseen.first().copied());
    let examples = classes.iter().filter_map(example);
    let requests = examples.flat_map(|pod| fleet.requests(fleet.unbound[pod]).iter().enumerate());
    requests
        .filter(|(_, amount)| **amount > 0)
        .map(|(column, _)| fleet.columns.name(column))
        .filter(|name| is_device(name))
        .collect()
}

/// Returns the most of each resource that any node has or would have, one amount per column.
fn largest_node(situation: &Situation<'_>) -> Vec<i64> {
    let fleet = &situation.fleet;
    let mut largest = vec![0; fleet.columns.len()];
    let planned = situation.groups().filter_map(|group| situation.template(group)).map(|template| &template.allocatable);
    for offer in planned.chain(fleet.nodes.iter().map(|entry| &entry.node.allocatable)) {
        fleet.columns.raise(&mut largest, offer);
    }
    largest
}
