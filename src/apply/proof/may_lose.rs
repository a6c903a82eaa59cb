//! Whether a group may lose an instance.

use super::SkipReason;
use crate::cloud::{GroupNow, Share};
use crate::snapshot::Lifecycle;

/// Checks that a group may lose the instance and its share of the desired capacity.
///
/// # Errors
/// When it may not, with the reason.
pub(crate) fn may_lose(group: &GroupNow, instance: &str, share: Share) -> Result<(), SkipReason> {
    let instance = group.instance(instance).ok_or(SkipReason::NotInGroup)?;
    if instance.lifecycle != Lifecycle::InService {
        return Err(SkipReason::NotInService { lifecycle: instance.lifecycle });
    }
    let hindrance = match share {
        Share::Goes => &group.cannot.remove,
        Share::Stays => &group.cannot.replace,
    };
    if let Some(hindrance) = hindrance.clone() {
        return Err(hindrance.into());
    }
    if share == Share::Goes && group.desired.saturating_sub(instance.weight) < group.min {
        return Err(SkipReason::AtMin { min: group.min });
    }
    let live = group.live();
    // With weights the last instance may exceed the desired capacity by less than its own weight;
    // without weights, not at all.
    let weights = group.instances.iter().filter(|instance| instance.lifecycle.is_live()).map(|instance| instance.weight);
    let overshoot = weights.max().unwrap_or(1).saturating_sub(1);
    match live.saturating_sub(group.desired) > overshoot {
        true => Err(SkipReason::AboveDesired { live, desired: group.desired }),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::InstanceNow;
    use crate::snapshot::{Cannot, Hindrance};

    fn instance(id: &str, lifecycle: Lifecycle, weight: i64) -> InstanceNow {
        InstanceNow { id: id.into(), lifecycle, weight, protected: true }
    }

    /// Returns a group of two desired instances with a minimum of one.
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
        let suspended = GroupNow { cannot: Cannot::launch_or_remove(Some(Hindrance::suspended("Launch")), None), ..group() };
        let reason = SkipReason::Suspended { process: "Launch".into() };
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
        let suspended = GroupNow { cannot: Cannot::launch_or_remove(None, Some(Hindrance::suspended("Terminate"))), ..group() };
        assert_eq!(may_lose(&suspended, "i-a", Share::Goes), Err(SkipReason::Suspended { process: "Terminate".into() }));
        assert_eq!(
            may_lose(
                &GroupNow { cannot: Cannot::launch_or_remove(None, Some(Hindrance::BeingDeleted)), ..group() },
                "i-a",
                Share::Goes
            ),
            Err(SkipReason::GroupBeingDeleted)
        );
    }
}
