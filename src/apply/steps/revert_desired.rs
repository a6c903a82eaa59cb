//! Lowers a desired capacity that AWS cannot launch (`--revert-unfilled`).

use jiff::Timestamp;

use crate::apply::cloud::{check_region, read_group};
use crate::apply::step_context::StepContext;
use crate::apply::{Ending, Obstacle, SkipReason, StepOutcome};
use crate::cloud::{ChangeAnswer, GroupNow};
use crate::snapshot::{Activity, ActivityKind, ActivityStatus, GroupId, Lifecycle, failing_launch};

/// Lowers the desired capacity to the live capacity, if AWS still fails to launch and can choose no
/// victim.
///
/// The request is sent once: after a lost answer the group shows what became of it, and the next
/// run goes on from there.
pub(in crate::apply) async fn revert_desired(
    context: &StepContext<'_>,
    group: &GroupId,
    (from, to): (i64, i64),
    failed_at: Timestamp,
) -> Result<Ending, Obstacle> {
    check_region(context, &group.region)?;
    let activities =
        context.cloud.activities_since(group, failed_at).await.map_err(|error| Obstacle::Failed(error.to_string()))?;
    still_failing(&activities)?;
    // The group comes last: its state must be as fresh as can be.
    may_shrink(&read_group(context, group).await?, from, to)?;
    context.check_lease()?;
    match context.cloud.set_desired(group, to).await {
        ChangeAnswer::Accepted => Ok(Ending::done("")),
        ChangeAnswer::Refused(words) | ChangeAnswer::Throttled(words) => Err(Obstacle::Failed(words)),
        ChangeAnswer::Unclear(words) => confirm_after_lost_answer(context, group, to, &words).await,
    }
}

/// Reads from the group what became of a request whose answer was lost.
async fn confirm_after_lost_answer(
    context: &StepContext<'_>,
    group: &GroupId,
    to: i64,
    words: &str,
) -> Result<Ending, Obstacle> {
    let lost = |then: String| Obstacle::Failed(format!("{}'s answer was lost ({words}); {then}", context.cloud.name()));
    let now = read_group(context, group).await.map_err(|obstacle| lost(StepOutcome::from(obstacle).to_string()))?;
    match now.desired == to {
        true => Ok(Ending::done(&format!("{}'s answer was lost, but the group has it", context.cloud.name()))),
        false => Err(lost(format!("desired is {}", now.desired))),
    }
}

fn still_failing(activities: &[Activity]) -> Result<(), SkipReason> {
    let is_under_way = |it: &Activity| it.kind == ActivityKind::Launch && it.status == ActivityStatus::InProgress;
    if activities.iter().any(is_under_way) {
        return Err(SkipReason::LaunchUnderWay);
    }
    failing_launch(activities).map(|_| ()).ok_or(SkipReason::NoFailure)
}

/// Whether the group may still go from one desired capacity to the lower other.
fn may_shrink(group: &GroupNow, from: i64, to: i64) -> Result<(), SkipReason> {
    if group.cannot.is_being_deleted() {
        return Err(SkipReason::GroupBeingDeleted);
    }
    if group.desired != from {
        return Err(SkipReason::DesiredChanged { expected: from, found: group.desired });
    }
    if to < group.min || to > group.max {
        return Err(SkipReason::OutsideLimits { min: group.min, max: group.max });
    }
    let live = || group.instances.iter().filter(|instance| instance.lifecycle.is_live());
    if live().any(|instance| instance.lifecycle == Lifecycle::Pending) {
        return Err(SkipReason::LaunchUnderWay);
    }
    if group.live() > to {
        return Err(SkipReason::AboveDesired { live: group.live(), desired: to });
    }
    match group.launches_protected && live().all(|instance| instance.protected) {
        true => Ok(()),
        false => Err(SkipReason::Unprotected),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::InstanceNow;
    use crate::snapshot::{Cannot, Hindrance};

    /// Returns a group of two protected instances, weighing 2 each, with a desired capacity of 8.
    fn group() -> GroupNow {
        let instance = |id: &str| InstanceNow { id: id.into(), lifecycle: Lifecycle::InService, weight: 2, protected: true };
        let instances = vec![instance("i-a"), instance("i-b")];
        GroupNow { min: 1, max: 10, desired: 8, launches_protected: true, instances, ..GroupNow::default() }
    }

    #[test]
    fn a_group_as_the_plan_saw_it_shrinks_to_what_lives() {
        assert_eq!(may_shrink(&group(), 8, 4), Ok(()));
        assert_eq!(may_shrink(&GroupNow { instances: Vec::new(), ..group() }, 8, 1), Ok(()));
    }

    #[test]
    fn whatever_could_cost_an_instance_is_refused() {
        let with = |change: fn(&mut GroupNow)| {
            let mut group = group();
            change(&mut group);
            may_shrink(&group, 8, 4)
        };
        assert_eq!(with(|it| it.launches_protected = false), Err(SkipReason::Unprotected));
        assert_eq!(with(|it| it.instances[1].protected = false), Err(SkipReason::Unprotected));
        assert_eq!(with(|it| it.instances[1].lifecycle = Lifecycle::Pending), Err(SkipReason::LaunchUnderWay));
        assert_eq!(with(|it| it.instances[1].weight = 3), Err(SkipReason::AboveDesired { live: 5, desired: 4 }));
        assert_eq!(with(|it| it.desired = 7), Err(SkipReason::DesiredChanged { expected: 8, found: 7 }));
        assert_eq!(with(|it| it.min = 5), Err(SkipReason::OutsideLimits { min: 5, max: 10 }));
        assert_eq!(
            with(|it| it.cannot = Cannot::launch_or_remove(Some(Hindrance::BeingDeleted), None)),
            Err(SkipReason::GroupBeingDeleted)
        );
        // It is on its way out already: AWS does not choose it.
        let leaving =
            |it: &mut GroupNow| (it.instances[1].lifecycle, it.instances[1].protected) = (Lifecycle::Terminating, false);
        assert_eq!(with(leaving), Ok(()));
    }
}
