//! The difference between desired and live capacity: it is coming while the request is young, and
//! stalled later.

use jiff::Timestamp;

use crate::duration::Seconds;
use crate::plan::fleet::{Fleet, GroupEntry};
use crate::snapshot::{ActivityKind, GrowthNote, Hindrance};

/// Instances that were requested and have not been launched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unlaunched {
    /// There are none.
    None,
    /// They are on their way.
    Coming {
        nodes: u32,
        /// When they count as stalled.
        overdue_at: Timestamp,
    },
    /// They were requested too long ago, or their launch failed: they do not count.
    Stalled { nodes: u32, age: Option<Seconds> },
}

impl Unlaunched {
    pub(super) fn of(fleet: &Fleet<'_>, group: &GroupEntry<'_>) -> Self {
        let missing = group.group.desired - group.live_weight();
        if missing <= 0 {
            return Self::None;
        }
        let weight = group.weight_of_a_node();
        let nodes = u32::try_from((missing + weight - 1) / weight).unwrap_or(u32::MAX);
        let now = fleet.now();
        let limit = group.policy.instance_init_time;
        let requested_at = requested_at(fleet, group);
        let age = requested_at.map(|at| Seconds::between(at, now));
        // A request without a known time is as old as the pod that has waited longest.
        let is_old = age.map_or_else(|| fleet.longest_wait() > limit, |age| age >= limit);
        let cannot_come =
            group.group.cannot.launch.as_ref().is_some_and(Hindrance::keeps_capacity_away) || failed_since(group, requested_at);
        let is_meant =
            group.group.automatic.while_replacing.is_some_and(|it| it.allows(group.live_weight(), group.group.desired));
        if is_old && !cannot_come && is_meant {
            // The cloud ended some to launch others in their place.
            return Self::None;
        }
        if is_old || cannot_come {
            return Self::Stalled { nodes, age };
        }
        Self::Coming { nodes, overdue_at: limit.after(requested_at.unwrap_or(now)) }
    }

    /// Returns how many nodes are expected that have not been launched.
    pub(crate) fn coming(&self) -> u32 {
        match *self {
            Self::Coming { nodes, .. } => nodes,
            Self::None | Self::Stalled { .. } => 0,
        }
    }
}

/// Returns when the present desired capacity was requested: the newer of the time in the causes of
/// the activities and that in the note of `apply`, because activities lag a request by seconds.
fn requested_at(fleet: &Fleet<'_>, group: &GroupEntry<'_>) -> Option<Timestamp> {
    let caused = group.group.activities.iter().filter_map(|activity| activity.requested_at);
    // A note for another capacity is about a request that was lost or overruled.
    let is_about_it = |note: &&GrowthNote| note.group == *group.id() && note.desired == group.group.desired;
    let noted = fleet.snapshot.growth_notes.iter().filter(is_about_it).map(|note| note.at);
    caused.chain(noted).max()
}

/// Whether a launch failed after the capacity was requested; without a time, whether the newest
/// launch failed.
fn failed_since(group: &GroupEntry<'_>, requested_at: Option<Timestamp>) -> bool {
    let launches = || group.group.activities.iter().filter(|activity| activity.kind == ActivityKind::Launch);
    let Some(newest) = launches().map(|activity| activity.started_at).max() else { return false };
    launches().any(|activity| {
        activity.has_failed() && activity.started_at == newest && requested_at.is_none_or(|requested| requested <= newest)
    })
}
