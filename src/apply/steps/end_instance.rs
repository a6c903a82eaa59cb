//! Ending an instance of a group by its id, once: what the group must be like, the one call, and what an unclear answer means.

use aws_sdk_autoscaling::Client;

use crate::apply::aws::{Answer, GroupNow, client, read_group, terminate_instance};
use crate::apply::{ApplyContext, Ending, Obstacle, Outcome, SkipReason};
use crate::snapshot::{GroupId, Lifecycle, Process};

/// What AWS says when the group is at its minimum: "Currently, desiredSize equals minSize (N). …".
const AT_MIN: &str = "desiredSize equals minSize";

/// What becomes of the instance's share of the desired capacity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Share {
    /// It goes with the instance.
    Goes,
    /// It stays, so that AWS launches another in its place.
    Stays,
}

/// Ends an instance, if its group may lose it.
pub(super) async fn end_instance(
    context: &ApplyContext<'_>,
    group: &GroupId,
    instance: &str,
    share: Share,
) -> Result<Ending, Obstacle> {
    let client = client(context, group)?;
    let now = read_group(client, group).await?;
    may_lose(&now, instance, share)?;
    context.check_lease()?;
    match terminate_instance(client, instance, share == Share::Goes).await {
        Answer::Accepted => Ok(Ending::done("")),
        Answer::Refused(words) if words.contains(AT_MIN) => {
            Ok(Ending { outcome: Outcome::Skipped { why: SkipReason::AtMin { min: now.min } }, message: words })
        }
        Answer::Refused(words) | Answer::Throttled(words) => Err(Obstacle::Failed(words)),
        Answer::Unclear(words) => look_after(client, group, instance, words).await,
    }
}

/// After an unclear answer only the instance itself tells what happened. The request is never repeated: it might end another
/// instance's place in the group.
async fn look_after(client: &Client, group: &GroupId, instance: &str, words: String) -> Result<Ending, Obstacle> {
    let lost = |then: &str| Obstacle::Failed(format!("AWS's answer was lost ({words}); {then}"));
    let now = read_group(client, group).await.map_err(|obstacle| lost(&Outcome::from(obstacle).to_string()))?;
    match now.instance(instance).map(|instance| instance.lifecycle) {
        None | Some(Lifecycle::Terminating | Lifecycle::Terminated) => {
            Ok(Ending::done(&format!("AWS's answer was lost, but the instance is going; desired is {}", now.desired)))
        }
        Some(Lifecycle::Pending | Lifecycle::InService | Lifecycle::Detached | Lifecycle::Standby | Lifecycle::Warm) => {
            Err(lost("the instance is still there; the next run looks again"))
        }
    }
}

/// Whether the group may lose the instance and its share of the desired capacity.
fn may_lose(group: &GroupNow, instance: &str, share: Share) -> Result<(), SkipReason> {
    let instance = group.instance(instance).ok_or(SkipReason::NotInGroup)?;
    if instance.lifecycle != Lifecycle::InService {
        return Err(SkipReason::NotInService { lifecycle: instance.lifecycle });
    }
    if group.being_deleted {
        return Err(SkipReason::GroupBeingDeleted);
    }
    if group.suspended.contains(&Process::Terminate) {
        return Err(SkipReason::Suspended { process: Process::Terminate });
    }
    if share == Share::Stays && group.suspended.contains(&Process::Launch) {
        return Err(SkipReason::Suspended { process: Process::Launch });
    }
    if share == Share::Goes && group.desired - instance.weight < group.min {
        return Err(SkipReason::AtMin { min: group.min });
    }
    let live = group.live();
    // With weights the last instance may overshoot by less than its own; without, not at all.
    let weights = group.instances.iter().filter(|instance| instance.lifecycle.is_live()).map(|instance| instance.weight);
    let overshoot = weights.max().unwrap_or(1) - 1;
    match live - group.desired > overshoot {
        true => Err(SkipReason::AboveDesired { live, desired: group.desired }),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::aws::InstanceNow;

    fn instance(id: &str, lifecycle: Lifecycle, weight: i64) -> InstanceNow {
        InstanceNow { id: id.into(), lifecycle, weight, protected: true }
    }

    /// Two instances, both wanted, and a minimum of one.
    fn group() -> GroupNow {
        let instances = vec![instance("i-a", Lifecycle::InService, 1), instance("i-b", Lifecycle::InService, 1)];
        GroupNow { min: 1, max: 5, desired: 2, instances, ..GroupNow::default() }
    }

    #[test]
    fn a_group_loses_no_instance_below_its_minimum() {
        assert_eq!(may_lose(&group(), "i-a", Share::Goes), Ok(()));
        assert_eq!(may_lose(&GroupNow { min: 2, ..group() }, "i-a", Share::Goes), Err(SkipReason::AtMin { min: 2 }));
        let weighted = vec![instance("i-a", Lifecycle::InService, 4), instance("i-b", Lifecycle::InService, 2)];
        let weighted = GroupNow { min: 3, desired: 6, instances: weighted, ..group() };
        assert_eq!(may_lose(&weighted, "i-a", Share::Goes), Err(SkipReason::AtMin { min: 3 }));
        assert_eq!(may_lose(&weighted, "i-b", Share::Goes), Ok(()));
    }

    #[test]
    fn an_instance_is_replaced_at_the_minimum_too_but_not_where_nothing_is_launched() {
        assert_eq!(may_lose(&GroupNow { min: 2, ..group() }, "i-a", Share::Stays), Ok(()));
        let suspended = GroupNow { suspended: [Process::Launch].into(), ..group() };
        let reason = SkipReason::Suspended { process: Process::Launch };
        assert_eq!(may_lose(&suspended, "i-a", Share::Stays), Err(reason));
        assert_eq!(may_lose(&suspended, "i-a", Share::Goes), Ok(()));
    }

    #[test]
    fn a_group_that_aws_is_shrinking_is_left_alone() {
        let reason = SkipReason::AboveDesired { live: 2, desired: 1 };
        assert_eq!(may_lose(&GroupNow { desired: 1, min: 0, ..group() }, "i-a", Share::Goes), Err(reason));
        let weighted = vec![instance("i-a", Lifecycle::InService, 4), instance("i-b", Lifecycle::InService, 4)];
        let overshooting = GroupNow { min: 0, desired: 5, instances: weighted, ..group() };
        assert_eq!(may_lose(&overshooting, "i-a", Share::Goes), Ok(()));
        let reason = SkipReason::AboveDesired { live: 8, desired: 4 };
        assert_eq!(may_lose(&GroupNow { desired: 4, ..overshooting }, "i-a", Share::Goes), Err(reason));
    }

    #[test]
    fn only_an_instance_in_service_of_a_willing_group_goes() {
        assert_eq!(may_lose(&group(), "i-z", Share::Goes), Err(SkipReason::NotInGroup));
        for lifecycle in [Lifecycle::Pending, Lifecycle::Terminating, Lifecycle::Standby] {
            let instances = vec![instance("i-a", lifecycle, 1)];
            assert_eq!(
                may_lose(&GroupNow { instances, ..group() }, "i-a", Share::Goes),
                Err(SkipReason::NotInService { lifecycle })
            );
        }
        let suspended = GroupNow { suspended: [Process::Terminate].into(), ..group() };
        assert_eq!(may_lose(&suspended, "i-a", Share::Goes), Err(SkipReason::Suspended { process: Process::Terminate }));
        assert_eq!(
            may_lose(&GroupNow { being_deleted: true, ..group() }, "i-a", Share::Goes),
            Err(SkipReason::GroupBeingDeleted)
        );
    }
}
