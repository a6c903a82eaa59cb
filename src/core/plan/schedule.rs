//! Scheduled changes of a group's sizes: when each happens next, and how far a group may grow right
//! before one that makes it smaller.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::calendar::{Cron, zone_named};
use crate::duration::Seconds;
use crate::policy::GroupPolicy;
use crate::snapshot::{Group, ScheduledChange};

/// The next time that a scheduled change happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ScheduledRun<'a> {
    pub(crate) change: &'a ScheduledChange,
    pub(crate) at: Timestamp,
}

/// Returns the next run of each scheduled change of a group, the soonest first.
pub(crate) fn scheduled_runs(group: &Group, now: Timestamp) -> Vec<ScheduledRun<'_>> {
    let next = |change| Some(ScheduledRun { change, at: next_run(change, now)? });
    let mut runs: Vec<ScheduledRun<'_>> = group.automatic.scheduled.iter().filter_map(next).collect();
    runs.sort_by_key(|run| (run.at, &run.change.name));
    runs
}

/// Returns the change that limits the growth of a group from now on: the lowest size that one of
/// them sets before a node that is requested now would have been of use.
pub(crate) fn limit_ahead<'a>(group: &'a Group, policy: &GroupPolicy, now: Timestamp) -> Option<ScheduledRun<'a>> {
    let sets_less = |run: &ScheduledRun<'_>| run.change.most().is_some_and(|most| most < group.max);
    let limiting = scheduled_runs(group, now).into_iter().filter(|run| run.at <= of_use_from(policy, now) && sets_less(run));
    limiting.min_by_key(|run| run.change.most())
}

/// Returns when a node that is requested now would have been of use. For how long its pods would
/// run is not known, so that it is as long as an idle node is kept.
pub(crate) fn of_use_from(policy: &GroupPolicy, now: Timestamp) -> Timestamp {
    Seconds(policy.instance_init_time.0.saturating_add(policy.idle_threshold.0)).after(now)
}

/// Returns the scheduled changes of a group of which it is not understood when they happen.
pub(crate) fn not_understood(group: &Group, now: Timestamp) -> impl Iterator<Item = &ScheduledChange> {
    group.automatic.scheduled.iter().filter(move |change| {
        let is_over = change.until.is_some_and(|until| until <= now);
        change.recurrence.is_some() && !is_over && cron_of(change).is_none() && next_run(change, now).is_none()
    })
}

/// Returns when a change happens next, if it happens again. One whose recurrence or zone is not
/// understood happens when the cloud names a moment for it.
fn next_run(change: &ScheduledChange, now: Timestamp) -> Option<Timestamp> {
    let once = change.from.filter(|from| *from > now);
    let Some((cron, zone)) = cron_of(change) else { return once };
    // The first moment is one at which it happens, whatever the recurrence.
    let next = once.or_else(|| cron.first_after(now, &zone))?;
    change.until.is_none_or(|until| next <= until).then_some(next)
}

fn cron_of(change: &ScheduledChange) -> Option<(Cron, TimeZone)> {
    change.recurrence.as_deref().and_then(Cron::read).zip(zone_named(change.time_zone.as_deref()))
}
