//! Whether a group may grow. Each reason has a file; they are tried in order, and the first one
//! that holds is shown.

mod backoff;
mod gap;
mod refresh;
mod registration;
mod spot;
mod unfilled;

use super::fleet::{Acquaintance, Fleet, GroupEntry};
use super::growth_block::GrowthBlock;
use super::template::Template;
use crate::snapshot::{Hindrance, MissingFact};

pub(crate) use backoff::Backoff;
pub(crate) use gap::Unlaunched;
pub(crate) use refresh::is_refreshed;
pub(crate) use registration::{NeverRegistered, NoteChanges, joining, never_registered, note_changes, strangers};
pub(crate) use unfilled::{Unfilled, unfilled};

/// The ability of a group to grow.
pub(crate) struct GroupHealth {
    /// Why it cannot grow at all in this run.
    pub(crate) block: Option<GrowthBlock>,
    /// The parts that failed launches close.
    pub(crate) backoff: Backoff,
    /// Requested capacity that has not been launched.
    pub(crate) gap: Unlaunched,
}

impl GroupHealth {
    pub(crate) fn of(fleet: &Fleet<'_>, group: &GroupEntry<'_>, template: &Result<Template, String>) -> Self {
        let gap = Unlaunched::of(fleet, group);
        let backoff = Backoff::of(fleet, group);
        let block = switched_off(fleet, group)
            .or_else(|| other_account(fleet))
            .or_else(|| other_owner(fleet, group))
            .or_else(|| launches_nothing(group))
            .or_else(|| unread(fleet, group))
            .or_else(|| backoff.block.clone())
            .or_else(|| gap.block())
            .or_else(|| spot::block(group))
            .or_else(|| registration::block(fleet, group))
            .or_else(|| template.as_ref().err().map(|detail| GrowthBlock::TemplateUnknown { detail: detail.clone() }))
            .or_else(|| at_max(group));
        Self { block, backoff, gap }
    }
}

/// Returns why flags switch growth off.
fn switched_off(fleet: &Fleet<'_>, group: &GroupEntry<'_>) -> Option<GrowthBlock> {
    if !fleet.policy.scale_up {
        return Some(GrowthBlock::ScaleUpOff);
    }
    (!fleet.policy.may_touch(&group.id().name)).then_some(GrowthBlock::NotSelected)
}

/// Returns why nothing is bought in an account that knows none of the cluster's Ready nodes, unless
/// a person states that the cluster has none there yet.
fn other_account(fleet: &Fleet<'_>) -> Option<GrowthBlock> {
    let is_strange = fleet.acquaintance() == Acquaintance::Strangers && !fleet.policy.first_nodes;
    is_strange.then_some(GrowthBlock::AccountUnknown)
}

/// Returns the evidence that a group belongs to another cluster: another cluster's tag, or
/// instances that should be nodes by now while none is one here. A group that launches its first
/// instances has only young ones and is ours.
pub(crate) fn other_owner(fleet: &Fleet<'_>, group: &GroupEntry<'_>) -> Option<GrowthBlock> {
    if let Some(cluster) = &group.group.foreign_cluster {
        return Some(GrowthBlock::OtherCluster {
            evidence: format!("tagged kubernetes.io/cluster/{cluster}: another cluster's"),
        });
    }
    let lost = never_registered(fleet, group).count();
    let is_foreign = lost > 0 && group.live().all(|member| member.node.is_none());
    is_foreign.then(|| GrowthBlock::OtherCluster {
        evidence: format!("none of its instances is a node of this cluster, though {lost} should be by now"),
    })
}

fn launches_nothing(group: &GroupEntry<'_>) -> Option<GrowthBlock> {
    match group.group.cannot.launch.clone()? {
        Hindrance::BeingDeleted => Some(GrowthBlock::BeingDeleted),
        Hindrance::Suspended { process } => Some(GrowthBlock::LaunchSuspended { process }),
    }
}

/// Returns the missing fact that forbids growth: nothing is bought on a guess.
fn unread(fleet: &Fleet<'_>, group: &GroupEntry<'_>) -> Option<GrowthBlock> {
    fleet.snapshot.gaps.iter().find_map(|gap| match &gap.fact {
        MissingFact::Activities { group: unread } if unread == group.id() => Some(GrowthBlock::ActivitiesUnread),
        MissingFact::GrowthNotes => Some(GrowthBlock::GrowthNotesUnread),
        MissingFact::Objects { resource } if resource == "daemonsets" => Some(GrowthBlock::DaemonSetsUnread),
        MissingFact::Activities { .. }
        | MissingFact::LaunchOptions { .. }
        | MissingFact::MachineTypes { .. }
        | MissingFact::Launches { .. }
        | MissingFact::MachineChecks { .. }
        | MissingFact::ZoneIds { .. }
        | MissingFact::Spot { .. }
        | MissingFact::Objects { .. }
        | MissingFact::Identity
        | MissingFact::ForeignLeases => None,
    })
}

fn at_max(group: &GroupEntry<'_>) -> Option<GrowthBlock> {
    (headroom(group) == 0).then_some(GrowthBlock::AtMax { max: group.group.max })
}

/// Returns how many more nodes the group can request.
pub(crate) fn headroom(group: &GroupEntry<'_>) -> u32 {
    let left = group.group.max.saturating_sub(capacity_asked_for(group));
    let nodes = (left / group.weight_of_a_node()).clamp(0, i64::from(u32::MAX));
    u32::try_from(nodes).unwrap_or(0)
}

/// Returns the capacity from which it grows: never less than what lives, so that the cloud never
/// has to choose an instance to end.
pub(crate) fn capacity_asked_for(group: &GroupEntry<'_>) -> i64 {
    group.group.desired.max(group.live_weight())
}
