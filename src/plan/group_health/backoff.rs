//! A group whose launch failed lately is left alone for `--backoff`, unless a launch succeeded since. Scaling activities are
//! the only memory of it.

use crate::plan::fleet::{Fleet, GroupEntry};
use crate::plan::reason::GrowthBlock;
use crate::snapshot::{Activity, ActivityKind, ActivityStatus};

/// The backoff a group is in.
pub(crate) fn backoff(fleet: &Fleet<'_>, group: &GroupEntry<'_>) -> Option<GrowthBlock> {
    let failure = latest_launch(group).filter(|activity| has_failed(activity))?;
    let until = group.policy.backoff.after(failure.started_at);
    let now = fleet.now();
    (until > now).then(|| GrowthBlock::Backoff { until, failed_at: failure.started_at, message: failure.message.clone(), now })
}

/// The newest launch that has ended one way or the other.
fn latest_launch<'a>(group: &'a GroupEntry<'_>) -> Option<&'a Activity> {
    let launches = group.group.activities.iter().filter(|activity| activity.kind == ActivityKind::Launch);
    let ended = launches.filter(|activity| activity.status == ActivityStatus::Successful || has_failed(activity));
    // Of two that began together the failure counts: the other zone or type may be the one that works, but it is not sure.
    ended.max_by_key(|activity| (activity.started_at, has_failed(activity), &activity.id))
}

/// Our own or a person's change of desired also cancels launches, so that "cancelled" alone says nothing.
pub(super) fn has_failed(activity: &Activity) -> bool {
    match activity.status {
        ActivityStatus::Failed => true,
        ActivityStatus::Cancelled => activity.capacity_problem,
        ActivityStatus::InProgress | ActivityStatus::Successful => false,
    }
}
