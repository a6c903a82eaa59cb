//! Raises the desired capacity of a group.

use super::growing::is_as_planned;
use crate::apply::cloud::{check_region, read_group};
use crate::apply::step_context::StepContext;
use crate::apply::{Ending, Obstacle, SkipReason, StepOutcome};
use crate::cloud::{ChangeAnswer, GroupNow};
use crate::duration::Seconds;
use crate::kubernetes::write::pause;
use crate::snapshot::{GroupId, GrowthNote};

/// The request is sent this often: once, and once more when the first answer was lost or the
/// cloud throttled the call. The requested capacity is absolute, so that a second request changes
/// nothing.
const ATTEMPTS: u32 = 2;

/// Raises the desired capacity, if it is still the one of the plan.
pub(in crate::apply) async fn set_desired(
    context: &StepContext<'_>,
    group: &GroupId,
    from: i64,
    to: i64,
) -> Result<Ending, Obstacle> {
    check_region(context, &group.region)?;
    let note = GrowthNote { group: group.clone(), desired: to, at: (context.clock)() };
    // Notes are kept for twice the time that an instance of any group may take: after that a gap
    // counts as stalled, whatever a note states.
    let keep = Seconds(context.longest_init_time.0.saturating_mul(2));
    context.check_lease()?;
    // The note comes first: see `HeldLease::note`. The group is read after it, right before the
    // request.
    let noted = context.lease.note(&note, keep, context.known_groups()).await;
    let before = noted.map_err(|error| Obstacle::Failed(error.to_string()))?;
    let mut lost = None;
    let ending = send_until_answered(context, group, (from, to), &mut lost).await;
    if ending.is_err() && lost.is_none() {
        // The request was not sent. A note that stays for want of a connection is harmless.
        if let Err(error) = context.lease.withdraw(&note, before.as_ref()).await {
            tracing::debug!("the note of a request that was not made stays: {error}");
        }
    }
    ending.map_err(|obstacle| match lost {
        None => obstacle,
        Some(words) => Obstacle::Failed(format!(
            "{}'s answer was lost ({words}); then: {}",
            context.cloud.name(),
            StepOutcome::from(obstacle)
        )),
    })
}

/// Sends the request until there is an answer, and reads the group before each attempt and once
/// more after the last.
///
/// `lost` holds the words of an answer that leaves open what happened.
async fn send_until_answered(
    context: &StepContext<'_>,
    group: &GroupId,
    (from, to): (i64, i64),
    lost: &mut Option<String>,
) -> Result<Ending, Obstacle> {
    let mut failure = String::new();
    for attempt in 0..=ATTEMPTS {
        pause(attempt).await;
        let now = read_group(context, group).await?;
        if lost.is_some() && now.desired == to {
            return Ok(Ending::done(&format!("{}'s answer was lost, but the group has it", context.cloud.name())));
        }
        may_grow(&now, from, to)?;
        if attempt == ATTEMPTS {
            break;
        }
        context.check_lease()?;
        match context.cloud.set_desired(group, to).await {
            ChangeAnswer::Accepted => return Ok(Ending::done("")),
            ChangeAnswer::Refused(words) => return Err(Obstacle::Failed(words)),
            ChangeAnswer::Throttled(words) => failure = words,
            ChangeAnswer::Unclear(words) => {
                failure = format!("desired is still {from}");
                *lost = Some(words);
            }
        }
    }
    Err(Obstacle::Failed(failure))
}

/// Whether the group may still go from one desired capacity to the other.
pub(super) fn may_grow(group: &GroupNow, from: i64, to: i64) -> Result<(), SkipReason> {
    if group.desired >= to && !group.cannot.is_being_deleted() {
        return Err(SkipReason::AlreadyDesired { desired: group.desired });
    }
    is_as_planned(group, &(from..=from))?;
    let live = group.live();
    if live > to {
        // With a desired capacity below the live one, AWS would choose which instances to end.
        return Err(SkipReason::AboveDesired { live, desired: to });
    }
    match (group.min..=group.max).contains(&to) {
        true => Ok(()),
        false => Err(SkipReason::OutsideLimits { min: group.min, max: group.max }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Cannot, Hindrance};

    fn launches_not(hindrance: Hindrance) -> Cannot {
        Cannot::launch_or_remove(Some(hindrance), None)
    }
    use crate::cloud::InstanceNow;
    use crate::snapshot::Lifecycle;

    /// Returns a step from 3 to 5 in a group of at most 10.
    fn group() -> GroupNow {
        GroupNow { min: 0, max: 10, desired: 3, ..GroupNow::default() }
    }

    #[test]
    fn a_group_as_the_plan_saw_it_grows() {
        assert_eq!(may_grow(&group(), 3, 5), Ok(()));
        assert_eq!(may_grow(&GroupNow { max: 5, ..group() }, 3, 5), Ok(()));
    }

    #[test]
    fn desired_is_never_lowered_and_never_guessed() {
        for (desired, reason) in [
            (5, SkipReason::AlreadyDesired { desired: 5 }),
            (9, SkipReason::AlreadyDesired { desired: 9 }),
            (4, SkipReason::DesiredChanged { expected: 3, found: 4 }),
            (0, SkipReason::DesiredChanged { expected: 3, found: 0 }),
        ] {
            assert_eq!(may_grow(&GroupNow { desired, ..group() }, 3, 5), Err(reason));
        }
    }

    #[test]
    fn a_group_is_never_asked_for_less_than_lives() {
        let instance = |id: &str| InstanceNow { id: id.into(), lifecycle: Lifecycle::InService, weight: 2, protected: true };
        let crowded = GroupNow { instances: vec![instance("i-a"), instance("i-b"), instance("i-c")], ..group() };
        assert_eq!(may_grow(&crowded, 3, 5), Err(SkipReason::AboveDesired { live: 6, desired: 5 }));
        assert_eq!(may_grow(&crowded, 3, 6), Ok(()));
    }

    #[test]
    fn limits_and_switches_are_looked_at_again() {
        let cases = [
            (GroupNow { max: 4, ..group() }, SkipReason::OutsideLimits { min: 0, max: 4 }),
            (GroupNow { min: 6, ..group() }, SkipReason::OutsideLimits { min: 6, max: 10 }),
            (GroupNow { cannot: launches_not(Hindrance::BeingDeleted), ..group() }, SkipReason::GroupBeingDeleted),
            (
                GroupNow { cannot: launches_not(Hindrance::suspended("Launch")), ..group() },
                SkipReason::Suspended { process: "Launch".into() },
            ),
        ];
        for (group, reason) in cases {
            assert_eq!(may_grow(&group, 3, 5), Err(reason));
        }
        assert_eq!(
            may_grow(
                &GroupNow { cannot: Cannot::launch_or_remove(None, Some(Hindrance::suspended("Terminate"))), ..group() },
                3,
                5
            ),
            Ok(())
        );
    }
}
