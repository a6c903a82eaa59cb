//! What this plan buys, and how much more the limits allow.

use super::cluster_size::ClusterSize;
use super::growth_brake::GrowthBrake;
use super::purchase_limits::LimitsHit;
use crate::index_vec::IndexVec;
use crate::plan::amounts::small;
use crate::plan::fleet::reserved::{has_one_type, is_certain};
use crate::plan::fleet::{Fleet, FreePlaces, GroupEntry, GroupIx};
use crate::plan::group_health::{headroom, reservations_full};
use crate::plan::reason::{GroupRefusal, Refusal};
use crate::plan::report::FindingCode;
use crate::plan::scale_up::offers::chosen_zones::cloud_chooses;
use crate::plan::scale_up::offers::next_zone::ZoneIx;
use crate::plan::scale_up::{Alternative, GroupPurchase, PlannedNode};

/// The purchases of one plan while it is being made.
pub(in crate::plan::scale_up) struct Ledger<'a> {
    fleet: &'a Fleet<'a>,
    /// How many nodes each group may add, whatever else limits them.
    headroom: IndexVec<GroupIx, u32>,
    purchases: IndexVec<GroupIx, GroupPurchase>,
    /// The group and zone of each new node, in the order in which they were bought.
    nodes: Vec<(GroupIx, ZoneIx)>,
    /// The whole cluster with what is bought, and its limits.
    size: ClusterSize,
    limits_hit: LimitsHit,
    /// `--max-growth`.
    brake: Option<GrowthBrake>,
    /// Whether the run may buy as many nodes as it likes, to see what it would buy then.
    is_run_unlimited: bool,
    /// What reservations have room for.
    slots: FreePlaces,
    /// Whether new nodes of each group use its reservations for certain.
    is_certain: IndexVec<GroupIx, bool>,
}

/// A state to which the ledger can be set back.
#[derive(Clone)]
pub(super) struct LedgerState {
    purchases: IndexVec<GroupIx, GroupPurchase>,
    nodes: Vec<(GroupIx, ZoneIx)>,
    size: ClusterSize,
    slots: FreePlaces,
}

impl<'a> Ledger<'a> {
    pub(super) fn new(fleet: &'a Fleet<'a>, size: ClusterSize, brake: Option<GrowthBrake>) -> Self {
        let purchases = IndexVec::filled(fleet.groups.len(), GroupPurchase::default());
        let headroom = fleet.groups.iter().map(headroom).collect();
        let chooses = |group: &GroupEntry<'_>| cloud_chooses(group).is_none() && has_one_type(group);
        let is_certain = fleet.groups.iter().map(|group| is_certain(group) || chooses(group)).collect();
        let slots = fleet.reserved.free().clone();
        let (nodes, limits_hit) = (Vec::new(), LimitsHit::default());
        let is_run_unlimited = false;
        Self { fleet, headroom, purchases, nodes, size, limits_hit, brake, is_run_unlimited, slots, is_certain }
    }

    /// Returns how many nodes of a group are bought.
    pub(in crate::plan::scale_up) fn bought(&self, group: GroupIx) -> u32 {
        self.purchases[group].count()
    }

    /// Returns what is bought of each group.
    pub(in crate::plan::scale_up) fn purchases(&self) -> &IndexVec<GroupIx, GroupPurchase> {
        &self.purchases
    }

    /// Returns the group and zone of each new node, in the order in which they were bought.
    pub(in crate::plan::scale_up) fn nodes(&self) -> &[(GroupIx, ZoneIx)] {
        &self.nodes
    }

    /// Returns how many more nodes of a group the limits allow.
    pub(in crate::plan::scale_up) fn nodes_left(&self, group: GroupIx) -> u32 {
        self.nodes_left_of_group(group).min(self.nodes_left_of_run())
    }

    /// Returns how many more nodes this run may buy, of whichever groups.
    pub(in crate::plan::scale_up) fn nodes_left_of_run(&self) -> u32 {
        self.of_run().saturating_sub(small(self.nodes.len()))
    }

    /// Lifts the limit on the nodes of this run, or lays it on again.
    pub(super) fn lift_limit_of_run(&mut self, is_lifted: bool) {
        self.is_run_unlimited = is_lifted;
    }

    /// Returns how many more nodes of a group the limits allow beside that of the run.
    pub(in crate::plan::scale_up) fn nodes_left_of_group(&self, group: GroupIx) -> u32 {
        let bought = self.bought(group);
        let own = self.fleet.groups[group].policy.max_scale_up;
        // A group without a tag has the limit of the run, which all of them share.
        let of_group = if own < self.fleet.policy.max_scale_up { own.saturating_sub(bought) } else { u32::MAX };
        let by_limits = self.headroom[group]
            .saturating_sub(bought)
            .min(of_group)
            .min(self.size.room(group, self.free_places(&self.slots, group)));
        if self.fleet.groups[group].group.reserved.only { by_limits.min(self.slots_left(group)) } else { by_limits }
    }

    /// Whether the limits of the run and of the whole cluster allow so many more nodes of some
    /// groups.
    pub(in crate::plan::scale_up) fn allows(&self, nodes: impl Iterator<Item = (GroupIx, u32)> + Clone) -> bool {
        let (mut size, mut slots) = (self.size.clone(), self.slots.clone());
        let count = nodes.clone().map(|(_, count)| u64::from(count)).sum::<u64>() + self.nodes.len() as u64;
        count <= u64::from(self.of_run())
            && nodes.flat_map(|(group, count)| (0..count).map(move |_| group)).all(|group| {
                let is_reserved = !self.fleet.groups[group].group.reserved.only || self.fleet.reserved.left(&slots, group) > 0;
                let free = self.free_places(&slots, group);
                let has_room = size.room(group, free) > 0 && is_reserved;
                size.add(group, None, free > 0);
                self.fleet.reserved.take(&mut slots, self.fleet, group, "");
                has_room
            })
    }

    /// Returns how many new nodes of a group use reservations for certain.
    fn free_places(&self, slots: &FreePlaces, group: GroupIx) -> u32 {
        if self.is_certain[group] { self.fleet.reserved.left(slots, group) } else { 0 }
    }

    /// Returns how many new nodes of a group the reservations have room for.
    fn slots_left(&self, group: GroupIx) -> u32 {
        self.fleet.reserved.left(&self.slots, group)
    }

    /// Whether the next node of a group uses a reservation for certain.
    pub(in crate::plan::scale_up) fn is_next_reserved(&self, group: GroupIx) -> bool {
        self.is_certain[group] && self.slots_left(group) > 0
    }

    /// Whether the reservations of a group have room for a node of it in a zone.
    pub(super) fn has_slot_in(&self, group: GroupIx, zone: &str) -> bool {
        self.fleet.reserved.has_room_in(&self.slots, group, zone)
    }

    /// Returns how many of the new nodes use a reservation.
    pub(super) fn reserved(&self) -> u32 {
        self.purchases.iter().map(|purchase| purchase.reserved).sum()
    }

    /// Returns how many nodes this run may buy.
    fn of_run(&self) -> u32 {
        if self.is_run_unlimited {
            return u32::MAX;
        }
        let by_rate = self.brake.map_or(u32::MAX, GrowthBrake::left);
        self.fleet.policy.max_scale_up.min(by_rate)
    }

    /// Returns the limit of the whole cluster, or of its growth, that forbids one more node of a
    /// group.
    pub(super) fn refusal(&self, group: GroupIx) -> Option<Refusal> {
        let is_used_up = |brake: &GrowthBrake| brake.left() <= small(self.nodes.len());
        let is_full = self.fleet.groups[group].group.reserved.only && self.slots_left(group) == 0;
        let full = || reservations_full(self.fleet, group).filter(|_| is_full).map(|block| Refusal::Blocked { block });
        let by_rate = || self.brake.filter(is_used_up).map(GrowthBrake::refusal);
        full().or_else(|| self.size.refusal(self.fleet, group)).or_else(by_rate)
    }

    /// Records one more node of a group.
    pub(super) fn buy(&mut self, group: GroupIx, zone: ZoneIx, node: PlannedNode) {
        let slot = self.fleet.reserved.take(&mut self.slots, self.fleet, group, &node.zone);
        let is_reserved = slot.is_some() && self.is_certain[group];
        self.purchases[group].reserved += u32::from(is_reserved);
        self.size.add(group, Some(&node.zone), is_reserved);
        self.purchases[group].nodes.push(node);
        self.nodes.push((group, zone));
    }

    /// Notes that the newest node of a group is bought because the scheduler packs less densely
    /// than the plan.
    pub(super) fn note_loose(&mut self, group: GroupIx) {
        self.purchases[group].loose += 1;
    }

    /// Notes that the newest nodes of a group are `--over-provision`.
    pub(super) fn note_spare(&mut self, group: GroupIx, nodes: u32) {
        self.purchases[group].spare = nodes;
    }

    /// Notes that the newest nodes of a group bring it to its minimum in the policy file.
    pub(super) fn note_to_min(&mut self, group: GroupIx, nodes: u32, min: i64) {
        self.purchases[group].to_min = (nodes, min);
    }

    /// Notes that a limit keeps a group below its minimum in the policy file.
    pub(super) fn note_below_min(&mut self, finding: FindingCode) {
        self.limits_hit.below_min.push(finding);
    }

    /// Notes where the new nodes of a group may come instead.
    pub(super) fn note_alternatives(&mut self, group: GroupIx, places: Vec<Alternative>) {
        self.purchases[group].alternatives = places;
    }

    /// Notes that so many pods get new nodes of a group.
    pub(super) fn note_pods(&mut self, group: GroupIx, pods: u32) {
        self.purchases[group].pods += pods;
    }

    /// Notes the limits because of which groups refuse so many pods.
    pub(super) fn note_refused(&mut self, refusals: &[GroupRefusal], pods: u32) {
        self.limits_hit.count(refusals, pods);
    }

    /// Remembers this state.
    pub(super) fn bookmark(&self) -> LedgerState {
        LedgerState {
            purchases: self.purchases.clone(),
            nodes: self.nodes.clone(),
            size: self.size.clone(),
            slots: self.slots.clone(),
        }
    }

    /// Returns to a state; refusals remain recorded.
    pub(super) fn go_back(&mut self, to: LedgerState) {
        self.purchases = to.purchases;
        self.nodes = to.nodes;
        self.size = to.size;
        self.slots = to.slots;
    }

    /// Returns the limits that were hit, and what is bought of each group.
    pub(super) fn close(self) -> (Vec<FindingCode>, IndexVec<GroupIx, GroupPurchase>) {
        (self.limits_hit.findings(self.fleet.policy), self.purchases)
    }
}
