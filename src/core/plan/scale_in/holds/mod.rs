//! What holds a node back that could go in this run: switches, doubts, limits, and what the cloud
//! might do in answer. `rules` has the questions; here is what they are asked of, counted down as
//! nodes are chosen.

mod rules;

use std::collections::BTreeMap;

use super::Fate;
use crate::index_vec::IndexVec;
use crate::plan::fleet::{Fleet, GroupEntry, GroupIx, NodeIx};
use crate::plan::group_health::other_owner;
use crate::plan::node_state::leftover;
use crate::plan::report::Hold;
use crate::plan::scale_up::{GroupPurchase, ScaleUp};
use crate::snapshot::RemovalNote;
use rules::{
    HoldQuestion, doubt, first_no, has_unprotected_busy_instance, request_under_way, scale_in_limit, unsettled,
    waits_for_removal,
};

/// A step that a rule may hold back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// An idle node that an earlier run cordoned is terminated.
    Terminate,
    /// A node that has been idle for long enough is cordoned.
    Cordon,
    /// A busy node takes no new pods, since its machine ends soon.
    Close,
    /// A node with pods begins to be emptied.
    BeginDrain,
    /// A node that an earlier run began to empty is emptied further.
    ContinueDrain,
    /// A dead node, or an instance that never became a node, ends.
    EndBroken,
    /// The group shrinks by a dead node instead of replacing it.
    ShrinkByDead,
    /// A Node object without an instance is marked.
    MarkLeftover,
    /// A Node object without an instance is deleted.
    DeleteLeftover,
}

/// Why a node stays.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Stay {
    /// Its group is at its minimum once the nodes before it have gone.
    AtMin { min: i64 },
    /// Something holds it in this run.
    HeldBy(Hold),
}

impl From<Stay> for Fate {
    fn from(stay: Stay) -> Self {
        match stay {
            Stay::AtMin { min } => Self::GroupAtMin { min },
            Stay::HeldBy(hold) => Self::Held(hold),
        }
    }
}

/// What one run allows, counted down as nodes are chosen.
#[derive(Clone)]
pub(super) struct Holds<'a> {
    fleet: &'a Fleet<'a>,
    purchases: &'a IndexVec<GroupIx, GroupPurchase>,
    /// Why this run removes nothing at all.
    doubt: Option<Hold>,
    limit: u32,
    /// Nodes that may still be terminated in this run.
    terminations_left: u32,
    /// Nodes that may still be cordoned: so many that the next run can terminate them all.
    cordons_left: u32,
    /// Capacity each group has left once the chosen nodes are gone, in its unit.
    capacity: IndexVec<GroupIx, i64>,
    /// Live instances of each group by zone once the chosen nodes are gone.
    zones: IndexVec<GroupIx, BTreeMap<&'a str, usize>>,
    foreign: IndexVec<GroupIx, bool>,
    /// Where the cloud is already removing instances of a group, or refuses to.
    unsettled: IndexVec<GroupIx, Option<String>>,
    /// The request to end instances of a group that may still be under way.
    removals_under_way: IndexVec<GroupIx, Option<&'a RemovalNote>>,
    /// Whether the cloud could terminate a busy instance of a group by itself.
    has_unprotected_busy: IndexVec<GroupIx, bool>,
    /// Pending pods that count on nodes which are coming.
    awaiting: u32,
}

impl<'a> Holds<'a> {
    pub(super) fn new(fleet: &'a Fleet<'a>, scale_up: &'a ScaleUp, mass_failure: bool) -> Self {
        let managed = fleet.nodes.iter().filter(|entry| entry.member_of.is_some() || leftover(fleet, entry).is_some()).count();
        let limit = scale_in_limit(managed, fleet.policy.max_scale_in_fraction);
        Self {
            fleet,
            purchases: &scale_up.purchases,
            doubt: doubt(fleet, mass_failure),
            limit,
            terminations_left: limit,
            cordons_left: limit,
            capacity: fleet.groups.iter().map(|group| group.group.desired).collect(),
            zones: fleet.groups.iter().map(live_by_zone).collect(),
            foreign: fleet.groups.iter().map(|group| other_owner(fleet, group).is_some()).collect(),
            unsettled: fleet.groups.iter().map(|group| unsettled(fleet, group)).collect(),
            removals_under_way: fleet.groups.iter().map(|group| request_under_way(fleet, group)).collect(),
            has_unprotected_busy: fleet.groups.iter().map(|group| has_unprotected_busy_instance(fleet, group)).collect(),
            awaiting: scale_up.awaiting_nodes(),
        }
    }

    /// Returns why a step with a node is not taken now.
    pub(super) fn why_keep(&self, node: NodeIx, step: Step) -> Option<Stay> {
        let group = self.fleet.nodes[node].member_of.map(|(group, _)| group);
        first_no(step, &HoldQuestion { holds: self, node: Some(node), group })
    }

    /// Returns why a step is not taken now with what a group, if it is known, launched and what is
    /// no node of it: a lost instance, or the Node object of one that is gone.
    pub(super) fn why_spare(&self, group: Option<GroupIx>, step: Step) -> Option<Hold> {
        match first_no(step, &HoldQuestion { holds: self, node: None, group })? {
            Stay::HeldBy(hold) => Some(hold),
            Stay::AtMin { .. } => None,
        }
    }

    /// Returns why the cloud puts no other instance in the place of one of a group.
    pub(super) fn why_not_replace(&self, group: GroupIx) -> Option<Hold> {
        match &self.fleet.groups[group].group.cannot.replace {
            Some(hindrance) => Some(Hold::GroupUnsettled { detail: hindrance.to_string() }),
            None => self.removals_under_way[group].map(|note| waits_for_removal(self.fleet, note)),
        }
    }

    /// Ends a dead node of a group. The group shrinks by it unless it is at its minimum, grows in
    /// this plan, or the cloud would make up for it in another zone at the cost of a busy instance.
    /// Then the node is replaced, if the cloud can do that.
    pub(super) fn end_dead(&mut self, node: NodeIx, group: GroupIx) -> Fate {
        let shrinks = self.why_keep(node, Step::ShrinkByDead).is_none();
        if !shrinks && let Some(hold) = self.why_not_replace(group) {
            return Fate::Held(hold);
        }
        self.end_lost();
        if !shrinks {
            return Fate::Replace;
        }
        self.gone(node);
        Fate::Terminate
    }

    /// Ends an instance that the cloud replaces, or what an instance left behind.
    pub(super) fn end_lost(&mut self) {
        self.terminations_left -= 1;
        self.cordons_left = self.cordons_left.saturating_sub(1);
    }

    pub(super) fn terminate(&mut self, node: NodeIx) {
        self.terminations_left -= 1;
        self.gone(node);
    }

    pub(super) fn cordon(&mut self, node: NodeIx) {
        self.cordons_left -= 1;
        self.gone(node);
    }

    /// Counts a node that we cordoned earlier and that has to wait: it will want its turn in the
    /// next run.
    pub(super) fn keep_cordoned(&mut self, node: NodeIx) {
        self.cordons_left = self.cordons_left.saturating_sub(1);
        self.gone(node);
    }

    /// Counts a chosen node as gone.
    fn gone(&mut self, node: NodeIx) {
        let entry = &self.fleet.nodes[node];
        let (Some((group, _)), Some(instance)) = (entry.member_of, self.fleet.instance_of(entry)) else { return };
        self.capacity[group] -= instance.weight.get();
        if let Some(count) = self.zones[group].get_mut(instance.zone.as_str()) {
            *count -= 1;
        }
    }
}

/// Returns how many live instances each zone of the group has. An empty zone is among them: it is
/// the one that the cloud would fill.
pub(super) fn live_by_zone<'a>(group: &GroupEntry<'a>) -> BTreeMap<&'a str, usize> {
    let mut zones: BTreeMap<&str, usize> = group.group.zones.iter().map(|zone| (zone.as_str(), 0)).collect();
    for member in group.live() {
        *zones.entry(member.instance.zone.as_str()).or_default() += 1;
    }
    zones
}
