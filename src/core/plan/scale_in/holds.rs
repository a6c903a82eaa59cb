//! What holds a node that could go in this run: switches, limits, and what AWS might do in answer.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Fate;
use crate::duration::Seconds;
use crate::index_vec::IndexVec;
use crate::plan::fleet::{Acquaintance, Fleet, GroupEntry, GroupIx, NodeIx, OddClock};
use crate::plan::group_health::{is_refreshed, other_owner};
use crate::plan::node_state::leftover;
use crate::plan::report::Hold;
use crate::plan::scale_up::{GroupPurchase, ScaleUp};
use crate::snapshot::Hindrance;

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

/// The limits of one run, counted down as nodes are chosen.
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
    /// Where AWS is already removing instances of a group, or refuses to.
    unsettled: IndexVec<GroupIx, Option<String>>,
    /// Whether AWS could terminate a busy instance of a group by itself.
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
            has_unprotected_busy: fleet.groups.iter().map(|group| has_unprotected_busy_instance(fleet, group)).collect(),
            awaiting: scale_up.awaiting_nodes(),
        }
    }

    /// Why an idle node that we cordoned is not terminated now.
    pub(super) fn against_termination(&self, node: NodeIx, cordoned_at: Timestamp) -> Option<Stay> {
        let settle = self.fleet.policy.cordon_settle;
        let is_settling = Seconds::between(cordoned_at, self.fleet.now()) < settle;
        self.in_general(node)
            .or_else(|| self.silence(node))
            .or_else(|| is_settling.then_some(Stay::HeldBy(Hold::CordonSettles { settle })))
            .or_else(|| (self.terminations_left == 0).then_some(Stay::HeldBy(Hold::ScaleInLimit { limit: self.limit })))
            .or_else(|| self.zone_balance(node))
    }

    /// Why a node that has been idle for long enough is not cordoned now.
    pub(super) fn against_cordon(&self, node: NodeIx) -> Option<Stay> {
        self.in_general(node)
            .or_else(|| self.silence(node))
            .or_else(|| (self.cordons_left == 0).then_some(Stay::HeldBy(Hold::ScaleInLimit { limit: self.limit })))
            .or_else(|| self.zone_balance(node))
    }

    /// Why no drain of a node begins now. The scheduler may give the evicted pods the room on which pending ones count, and one
    /// more node would be bought for each that comes away empty-handed.
    pub(super) fn against_drain(&self, node: NodeIx) -> Option<Stay> {
        let pods = self.awaiting;
        self.against_cordon(node).or_else(|| (pods > 0).then_some(Stay::HeldBy(Hold::PodsAwaitNodes { pods })))
    }

    /// Why a drain that is under way rests in this run.
    pub(super) fn against_going_on(&self, node: NodeIx) -> Option<Hold> {
        match self.in_general(node) {
            Some(Stay::HeldBy(hold)) => Some(hold),
            Some(Stay::AtMin { .. }) | None => None,
        }
    }

    /// Why nothing unhealthy of a group ends now.
    pub(super) fn against_ending(&self, group: GroupIx) -> Option<Hold> {
        let entry = &self.fleet.groups[group];
        self.switched_off(group, entry)
            .filter(|hold| *hold != Hold::GroupGrows)
            .or_else(|| self.unsettled[group].clone().map(|detail| Hold::GroupUnsettled { detail }))
            .or_else(|| (self.terminations_left == 0).then_some(Hold::ScaleInLimit { limit: self.limit }))
    }

    /// Why a Node object without an instance, launched by that group if it is known, is not deleted now or even marked.
    pub(super) fn against_deletion(&self, group: Option<GroupIx>, is_to_go: bool) -> Option<Hold> {
        let policy = self.fleet.policy;
        let is_selected = match group {
            Some(group) => policy.may_touch(&self.fleet.groups[group].id().name),
            None => policy.only_groups.is_empty(),
        };
        if !policy.scale_in {
            return Some(Hold::ScaleInOff);
        }
        if !is_selected {
            return Some(Hold::NotSelected);
        }
        if let Some(doubt) = self.doubt.clone() {
            return Some(doubt);
        }
        (is_to_go && self.terminations_left == 0).then_some(Hold::ScaleInLimit { limit: self.limit })
    }

    /// Ends a dead node. Its group shrinks by it unless it is at its minimum, grows in this plan, or AWS would make up for it in
    /// another zone at a busy instance's cost.
    pub(super) fn end_dead(&mut self, node: NodeIx) -> Fate {
        self.end_lost();
        if self.in_general(node).or_else(|| self.zone_balance(node)).is_some() {
            return Fate::Replace;
        }
        self.gone(node);
        Fate::Terminate
    }

    /// Ends an instance that AWS replaces, or what an instance left behind.
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

    /// Counts a node that we cordoned earlier and that has to wait: it will want its turn in the next run.
    pub(super) fn keep_cordoned(&mut self, node: NodeIx) {
        self.cordons_left = self.cordons_left.saturating_sub(1);
        self.gone(node);
    }

    /// Counts a chosen node as gone.
    fn gone(&mut self, node: NodeIx) {
        let entry = &self.fleet.nodes[node];
        let (Some((group, _)), Some(instance)) = (entry.member_of, self.fleet.instance_of(entry)) else { return };
        self.capacity[group] -= instance.weight.max(1);
        if let Some(count) = self.zones[group].get_mut(instance.zone.as_str()) {
            *count -= 1;
        }
    }

    /// What forbids both steps.
    fn in_general(&self, node: NodeIx) -> Option<Stay> {
        let entry = &self.fleet.nodes[node];
        let (index, _) = entry.member_of?;
        let group = &self.fleet.groups[index];
        if let Some(hold) = self.switched_off(index, group) {
            return Some(Stay::HeldBy(hold));
        }
        if let Some(node) = self.fleet.pod_bound_elsewhere(entry) {
            return Some(Stay::HeldBy(Hold::PodOnMissingNode { node: node.to_owned() }));
        }
        let weight = self.fleet.instance_of(entry)?.weight.max(1);
        if self.capacity[index] - weight < group.group.min {
            return Some(Stay::AtMin { min: group.group.min });
        }
        self.unsettled[index].clone().map(|detail| Stay::HeldBy(Hold::GroupUnsettled { detail }))
    }

    /// A node that is not Ready is judged by `--dead-after` alone. Pods that were deleted there long ago count for nothing, but a
    /// kubelet that is only cut off goes on with them until then; and `apply` cordons no such node.
    fn silence(&self, node: NodeIx) -> Option<Stay> {
        (!self.fleet.nodes[node].node.is_ready()).then_some(Stay::HeldBy(Hold::NotReady))
    }

    fn switched_off(&self, index: GroupIx, group: &GroupEntry<'_>) -> Option<Hold> {
        if !self.fleet.policy.scale_in {
            return Some(Hold::ScaleInOff);
        }
        if !self.fleet.policy.may_touch(&group.id().name) {
            return Some(Hold::NotSelected);
        }
        if self.foreign[index] {
            return Some(Hold::OtherCluster);
        }
        if let Some(doubt) = self.doubt.clone() {
            return Some(doubt);
        }
        (self.purchases[index].count() > 0).then_some(Hold::GroupGrows)
    }

    /// While AZRebalance is active, a zone that falls more than 1 behind another makes AWS launch there and terminate in the
    /// fuller zone: a busy instance, if it is not protected.
    fn zone_balance(&self, node: NodeIx) -> Option<Stay> {
        let entry = &self.fleet.nodes[node];
        let (index, _) = entry.member_of?;
        let group = &self.fleet.groups[index];
        if !group.group.rebalances_zones || !self.has_unprotected_busy[index] {
            return None;
        }
        let zone = self.fleet.instance_of(entry)?.zone.as_str();
        let after = |(name, count): (&&str, &usize)| if **name == *zone { count.saturating_sub(1) } else { *count };
        let counts: Vec<usize> = self.zones[index].iter().map(after).collect();
        let spread = counts.iter().max()? - counts.iter().min()?;
        (spread > 1).then_some(Stay::HeldBy(Hold::AzRebalanceWouldKill))
    }
}

/// Why nothing at all may go: the view as a whole proves nothing.
fn doubt(fleet: &Fleet<'_>, mass_failure: bool) -> Option<Hold> {
    if fleet.acquaintance() != Acquaintance::Shown {
        return Some(Hold::AccountUnknown);
    }
    if fleet.odd_clocks().into_iter().any(OddClock::stops_removals) {
        return Some(Hold::ClocksDisagree);
    }
    mass_failure.then_some(Hold::MassFailure)
}

/// How many nodes may go in one run: a fraction of the managed ones, rounded up, so that even a small fleet can shrink.
fn scale_in_limit(managed: usize, fraction: f64) -> u32 {
    #[expect(clippy::cast_precision_loss, reason = "counts of nodes are far below 2^52")]
    let exact = managed as f64 * fraction;
    // 0.1 is no binary fraction: a product that is whole but for its last bits must not round up.
    let limit = (exact - 1e-9).ceil();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a fraction of a count of nodes")]
    let limit = limit.max(0.0) as u32;
    limit
}

fn unsettled(fleet: &Fleet<'_>, group: &GroupEntry<'_>) -> Option<String> {
    let cannot = &group.group.cannot;
    if cannot.is_being_deleted() {
        return Some(Hindrance::BeingDeleted.to_string());
    }
    if is_refreshed(fleet, group) {
        return Some("an instance refresh is under way".to_owned());
    }
    let live = group.live_weight();
    // With weights the last instance may overshoot by less than its own; without, not at all.
    let overshoot = group.live().map(|member| member.instance.weight).max().unwrap_or(1) - 1;
    if live - group.group.desired > overshoot {
        return Some(format!("AWS is scaling the group in by itself: {live} live, {} desired", group.group.desired));
    }
    cannot.remove.as_ref().map(ToString::to_string)
}

fn has_unprotected_busy_instance(fleet: &Fleet<'_>, group: &GroupEntry<'_>) -> bool {
    group.live().any(|member| {
        let is_busy = member.node.is_none_or(|node| !fleet.nodes[node].holders.is_empty());
        !member.instance.protected && is_busy
    })
}

/// Every zone of the group, also those without an instance: an empty zone is the one AWS would fill.
pub(super) fn live_by_zone<'a>(group: &GroupEntry<'a>) -> BTreeMap<&'a str, usize> {
    let mut zones: BTreeMap<&str, usize> = group.group.zones.iter().map(|zone| (zone.as_str(), 0)).collect();
    for member in group.live() {
        *zones.entry(member.instance.zone.as_str()).or_default() += 1;
    }
    zones
}

#[cfg(test)]
mod tests {
    use super::scale_in_limit;

    #[test]
    fn the_limit_is_rounded_up_and_may_be_none() {
        for (managed, fraction, limit) in
            [(29, 0.1, 3), (30, 0.1, 3), (31, 0.1, 4), (1, 0.1, 1), (0, 0.1, 0), (50, 0.0, 0), (7, 1.0, 7)]
        {
            assert_eq!(scale_in_limit(managed, fraction), limit, "{managed} × {fraction}");
        }
    }
}
