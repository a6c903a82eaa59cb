//! Nodes that were bought, came, helped none of the pods that waited, and went again.
//!
//! The scaling activities show when nodes were launched, and a note of `apply` when the last of
//! them went and how often that has happened in a row.

use jiff::Timestamp;

use crate::duration::Seconds;
use crate::plan::fleet::{Fleet, GroupEntry};
use crate::plan::reason::Refusal;
use crate::snapshot::{Activity, ActivityKind, ActivityStatus, FruitlessNote};

/// A group does not wait for longer than this before it is tried again.
const LONGEST: Seconds = Seconds(24 * 60 * 60);

/// The newest nodes of a group, all of which are gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wave {
    /// When the first of them was launched.
    pub(crate) launched_at: Timestamp,
    /// When the last of them went.
    pub(crate) gone_at: Timestamp,
    /// How often in a row such nodes came and went.
    pub(crate) times: u32,
    /// When the group may be bought in again for those whom they did not help.
    pub(crate) until: Timestamp,
    /// The pods that a note names, by the hash of their specification.
    pub(crate) pods: Vec<String>,
}

impl Wave {
    pub(super) fn refusal(&self, now: Timestamp) -> Refusal {
        Refusal::HelpedNobody { launched_at: self.launched_at, times: self.times, until: self.until, now }
    }
}

/// Returns the newest nodes of a group if all of them are gone.
pub(crate) fn last_wave(fleet: &Fleet<'_>, group: &GroupEntry<'_>) -> Option<Wave> {
    let note = fleet.snapshot.fruitless_notes.iter().find(|note| note.group == *group.id());
    let seen = of_activities(group);
    let (launched_at, gone_at) = match (note, seen) {
        // The note knows the launches that the activities do not reach back to.
        (Some(note), Some((launched_at, gone_at))) if launched_at <= note.gone_at => {
            (note.launched_at.min(launched_at), note.gone_at.max(gone_at))
        }
        (_, Some(seen)) => seen,
        (Some(note), None) => (note.launched_at, note.gone_at),
        (None, None) => return None,
    };
    let is_there = |launched: Option<Timestamp>| launched.is_none_or(|at| at >= launched_at);
    if group.live().any(|member| is_there(member.instance.launched_at)) {
        return None;
    }
    let times = times(note, launched_at);
    let pods = note.map(|note| note.pods.clone()).unwrap_or_default();
    Some(Wave { launched_at, gone_at, times, until: wait(group.policy.backoff, times).after(gone_at), pods })
}

/// Returns how often in a row it has happened.
fn times(note: Option<&FruitlessNote>, launched_at: Timestamp) -> u32 {
    match note {
        Some(note) if launched_at <= note.gone_at => note.times,
        Some(note) => note.times + 1,
        None => 1,
    }
}

/// Returns how long a group waits: twice as long each time.
fn wait(backoff: Seconds, times: u32) -> Seconds {
    let factor = 1_u64.checked_shl(times.saturating_sub(1)).unwrap_or(u64::MAX);
    Seconds(backoff.0.saturating_mul(factor).min(LONGEST.0.max(backoff.0)))
}

/// Returns when the newest launches that follow one another began, and when the newest termination
/// after them did. Nodes that were gone before they could help anybody show nothing.
fn of_activities(group: &GroupEntry<'_>) -> Option<(Timestamp, Timestamp)> {
    let successful = |kind: ActivityKind| {
        let of_kind = move |activity: &&Activity| activity.kind == kind && activity.status == ActivityStatus::Successful;
        group.group.activities.iter().filter(of_kind).map(|activity| activity.started_at)
    };
    let mut launches: Vec<Timestamp> = successful(ActivityKind::Launch).collect();
    launches.sort_unstable();
    let newest = *launches.last()?;
    let mut first = newest;
    for launch in launches.into_iter().rev() {
        if Seconds::between(launch, first) > group.policy.instance_init_time {
            break;
        }
        first = launch;
    }
    let gone_at = successful(ActivityKind::Terminate).filter(|at| *at > newest).max()?;
    (Seconds::between(newest, gone_at) >= group.policy.min_node_age).then_some((first, gone_at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_time_doubles_the_wait_up_to_a_day() {
        let waits = [0, 1, 2, 3, 12, 80].map(|times| wait(Seconds(600), times).0);
        assert_eq!(waits, [600, 600, 1200, 2400, 86_400, 86_400]);
        assert_eq!(wait(Seconds(100_000), 2), Seconds(100_000), "a longer backoff holds");
    }
}
