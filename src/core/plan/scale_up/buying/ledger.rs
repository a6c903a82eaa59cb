//! What this plan buys, and how much more the limits allow.

use super::cluster_size::ClusterSize;
use super::growth_brake::GrowthBrake;
use super::purchase_limits::LimitsHit;
use crate::index_vec::IndexVec;
use crate::plan::amounts::small;
use crate::plan::fleet::{Fleet, GroupIx};
use crate::plan::group_health::headroom;
use crate::plan::reason::{GroupRefusal, Refusal};
use crate::plan::report::FindingCode;
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
}

/// A state to which the ledger can be set back.
#[derive(Clone)]
pub(super) struct LedgerState {
    purchases: IndexVec<GroupIx, GroupPurchase>,
    nodes: Vec<(GroupIx, ZoneIx)>,
    size: ClusterSize,
}

impl<'a> Ledger<'a> {
    pub(super) fn new(fleet: &'a Fleet<'a>, size: ClusterSize, brake: Option<GrowthBrake>) -> Self {
        let purchases = IndexVec::filled(fleet.groups.len(), GroupPurchase::default());
        let headroom = fleet.groups.iter().map(headroom).collect();
        Self { fleet, headroom, purchases, nodes: Vec::new(), size, limits_hit: LimitsHit::default(), brake }
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
        let bought = self.bought(group);
        let of_group = self.fleet.groups[group].policy.max_scale_up.saturating_sub(bought);
        let of_run = self.of_run().saturating_sub(small(self.nodes.len()));
        self.headroom[group].saturating_sub(bought).min(of_group).min(of_run).min(self.size.room(group))
    }

    /// Whether the limits of the run and of the whole cluster allow so many more nodes of some
    /// groups.
    pub(in crate::plan::scale_up) fn allows(&self, nodes: impl Iterator<Item = (GroupIx, u32)> + Clone) -> bool {
        let mut size = self.size.clone();
        let count = nodes.clone().map(|(_, count)| u64::from(count)).sum::<u64>() + self.nodes.len() as u64;
        count <= u64::from(self.of_run())
            && nodes.flat_map(|(group, count)| (0..count).map(move |_| group)).all(|group| {
                let has_room = size.room(group) > 0;
                size.add(group, None);
                has_room
            })
    }

    /// Returns how many nodes this run may buy.
    fn of_run(&self) -> u32 {
        let by_rate = self.brake.map_or(u32::MAX, GrowthBrake::left);
        self.fleet.policy.max_scale_up.min(by_rate)
    }

    /// Returns the limit of the whole cluster, or of its growth, that forbids one more node of a
    /// group.
    pub(super) fn refusal(&self, group: GroupIx) -> Option<Refusal> {
        let is_used_up = |brake: &GrowthBrake| brake.left() <= small(self.nodes.len());
        self.size.refusal(self.fleet, group).or_else(|| self.brake.filter(is_used_up).map(GrowthBrake::refusal))
    }

    /// Records one more node of a group.
    pub(super) fn buy(&mut self, group: GroupIx, zone: ZoneIx, node: PlannedNode) {
        self.size.add(group, Some(&node.zone));
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
        LedgerState { purchases: self.purchases.clone(), nodes: self.nodes.clone(), size: self.size.clone() }
    }

    /// Returns to a state; refusals remain recorded.
    pub(super) fn go_back(&mut self, to: LedgerState) {
        self.purchases = to.purchases;
        self.nodes = to.nodes;
        self.size = to.size;
    }

    /// Returns the limits that were hit, and what is bought of each group.
    pub(super) fn close(self) -> (Vec<FindingCode>, IndexVec<GroupIx, GroupPurchase>) {
        (self.limits_hit.findings(self.fleet.policy), self.purchases)
    }
}
