//! Instances that the cloud replaces by an instance refresh.

use crate::plan::fleet::{Fleet, GroupEntry};
use crate::snapshot::ActivityStatus;

/// Whether an instance refresh is under way, as far as the activities show: one that it caused is
/// unfinished, or began within the time that an instance may take, after which the next one would
/// have begun.
pub(crate) fn is_refreshed(fleet: &Fleet<'_>, group: &GroupEntry<'_>) -> bool {
    let limit = group.policy.instance_init_time;
    let mut caused = group.group.activities.iter().filter(|activity| activity.by_instance_refresh);
    caused.any(|it| it.status == ActivityStatus::InProgress || limit.after(it.started_at) > fleet.now())
}
