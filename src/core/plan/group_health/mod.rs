//! May this group grow? One fact a file, asked in order; the first no is the reason that is shown.

mod backoff;
mod gap;
mod refresh;
mod registration;
mod spot;
mod unfilled;

use super::fleet::{Acquaintance, Fleet, GroupEntry};
use super::growth_block::GrowthBlock;
use super::template::{Template, TemplateProblem};
use crate::snapshot::{Hindrance, MissingFact};

pub(crate) use backoff::Backoff;
pub(crate) use gap::Gap;
pub(crate) use refresh::is_refreshed;
pub(crate) use registration::{NeverRegistered, NoteChanges, joining, never_registered, note_changes, strangers};
pub(crate) use unfilled::{Unfilled, unfilled};

/// What is known of a group's ability to grow.
pub(crate) struct GroupHealth {
    /// Why it cannot grow at all in this run.
    pub(crate) block: Option<GrowthBlock>,
    /// What failed launches close.
    pub(crate) backoff: Backoff,
    /// Capacity asked for that has not been launched.
    pub(crate) gap: Gap,
}

impl GroupHealth {
    pub(crate) fn of(fleet: &Fleet<'_>, group: &GroupEntry<'_>, template: &Result<Template, TemplateProblem>) -> Self {
        let gap = Gap::of(fleet, group);
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
            .or_else(|| template.as_ref().err().cloned().map(GrowthBlock::template_unknown))
            .or_else(|| at_max(group));
        Self { block, backoff, gap }
    }
}

/// Switched off by a flag.
fn switched_off(fleet: &Fleet<'_>, group: &GroupEntry<'_>) -> Option<GrowthBlock> {
    if !fleet.policy.scale_up {
        return Some(GrowthBlock::ScaleUpOff);
    }
    (!fleet.policy.may_touch(&group.id().name)).then_some(GrowthBlock::NotSelected)
}

/// Nothing is bought in an account that knows none of the cluster's Ready nodes, unless a person says that it has none there yet.
fn other_account(fleet: &Fleet<'_>) -> Option<GrowthBlock> {
    let is_strange = fleet.acquaintance() == Acquaintance::Strangers && !fleet.policy.first_nodes;
    is_strange.then_some(GrowthBlock::AccountUnknown)
}

/// The guard against foreign groups: another cluster's tag, or instances that should be nodes by now and none is one here. A
/// group launching from zero has only young instances and is ours.
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

/// A missing fact forbids growth: nothing is bought on a guess.
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

/// How many more nodes the group can ask for.
pub(crate) fn headroom(group: &GroupEntry<'_>) -> u32 {
    let left = group.group.max.saturating_sub(capacity_asked_for(group));
    let nodes = (left / group.weight_of_a_node()).clamp(0, i64::from(u32::MAX));
    u32::try_from(nodes).unwrap_or(0)
}

/// The capacity growth starts from: never below what lives, so that the cloud is never asked to choose a victim.
pub(crate) fn capacity_asked_for(group: &GroupEntry<'_>) -> i64 {
    group.group.desired.max(group.live_weight())
}
