//! The gap between desired and live: capacity that is coming while it is young, `stalled` after.

use jiff::Timestamp;

use crate::duration::Seconds;
use crate::plan::fleet::{Fleet, GroupEntry};
use crate::snapshot::{ActivityKind, GrowthNote, Hindrance};

/// Instances that were asked for and have not been launched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gap {
    /// None.
    None,
    /// They are on their way.
    Coming {
        nodes: u32,
        /// When they count as stalled.
        overdue_at: Timestamp,
    },
    /// They were asked for too long ago, or their launch failed: they count for nothing.
    Stalled { nodes: u32, age: Option<Seconds> },
}

impl Gap {
    pub(super) fn of(fleet: &Fleet<'_>, group: &GroupEntry<'_>) -> Self {
        let missing = group.group.desired - group.live_weight();
        if missing <= 0 {
            return Self::None;
        }
        let weight = group.weight_of_a_node();
        let nodes = u32::try_from((missing + weight - 1) / weight).unwrap_or(u32::MAX);
        let now = fleet.now();
        let limit = group.policy.instance_init_time;
        let asked_at = asked_at(fleet, group);
        let age = asked_at.map(|at| Seconds::between(at, now));
        // A request that nobody dated is as old as the pod that has waited longest.
        let is_old = age.map_or_else(|| fleet.longest_wait() > limit, |age| age >= limit);
        let cannot_come =
            group.group.cannot.launch.as_ref().is_some_and(Hindrance::keeps_capacity_away) || failed_since(group, asked_at);
        if is_old || cannot_come {
            return Self::Stalled { nodes, age };
        }
        Self::Coming { nodes, overdue_at: limit.after(asked_at.unwrap_or(now)) }
    }

    /// How many nodes are expected that have not been launched.
    pub(crate) fn coming(&self) -> u32 {
        match *self {
            Self::Coming { nodes, .. } => nodes,
            Self::None | Self::Stalled { .. } => 0,
        }
    }
}

/// When the present desired capacity was asked for: the newer of what the activities' causes say and of the note that
/// `apply` left, because activities lag a request by seconds.
fn asked_at(fleet: &Fleet<'_>, group: &GroupEntry<'_>) -> Option<Timestamp> {
    let caused = group.group.activities.iter().filter_map(|activity| activity.requested_at);
    // A note for another capacity is of a request that was lost or overruled.
    let speaks_of_it = |note: &&GrowthNote| note.group == *group.id() && note.desired == group.group.desired;
    let noted = fleet.snapshot.growth_notes.iter().filter(speaks_of_it).map(|note| note.at);
    caused.chain(noted).max()
}

/// Whether a launch failed after the capacity was asked for; without a time, whether the newest launch failed.
fn failed_since(group: &GroupEntry<'_>, asked_at: Option<Timestamp>) -> bool {
    let launches = || group.group.activities.iter().filter(|activity| activity.kind == ActivityKind::Launch);
    let Some(newest) = launches().map(|activity| activity.started_at).max() else { return false };
    launches()
        .any(|activity| activity.has_failed() && activity.started_at == newest && asked_at.is_none_or(|asked| asked <= newest))
}
