//! Whether a group may lose an instance.

use std::collections::BTreeSet;

use super::SkipReason;
use crate::snapshot::{Lifecycle, Process};

/// What a step needs to know of a group, as it is now. Numbers are in the group's own unit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupNow {
    /// Least capacity.
    pub min: i64,
    /// Most capacity.
    pub max: i64,
    /// Capacity asked for.
    pub desired: i64,
    /// Whether it is being deleted.
    pub being_deleted: bool,
    /// Whether new instances are protected from scale-in.
    pub protects_new_instances: bool,
    /// Processes that are switched off.
    pub suspended: BTreeSet<Process>,
    /// Its instances, in every state of their life.
    pub instances: Vec<InstanceNow>,
}

/// One instance of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceNow {
    /// Its id.
    pub id: String,
    /// Where it is in its life.
    pub lifecycle: Lifecycle,
    /// What it counts in the group's capacity.
    pub weight: i64,
    /// Whether it is protected from scale-in.
    pub protected: bool,
}

/// What becomes of an instance's share of the desired capacity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// It goes with the instance.
    Goes,
    /// It stays, so that AWS launches another in its place.
    Stays,
}

impl GroupNow {
    /// Live capacity.
    #[must_use]
    pub fn live(&self) -> i64 {
        let live = self.instances.iter().filter(|instance| instance.lifecycle.is_live());
        live.fold(0, |sum, instance| sum.saturating_add(instance.weight))
    }

    /// One of its instances.
    #[must_use]
    pub fn instance(&self, id: &str) -> Option<&InstanceNow> {
        self.instances.iter().find(|instance| instance.id == id)
    }

    /// Whether it may lose the instance and its share of the desired capacity.
    ///
    /// # Errors
    /// When it may not, with what stands against it.
    pub fn may_lose(&self, instance: &str, share: Share) -> Result<(), SkipReason> {
        let instance = self.instance(instance).ok_or(SkipReason::NotInGroup)?;
        if instance.lifecycle != Lifecycle::InService {
            return Err(SkipReason::NotInService { lifecycle: instance.lifecycle });
        }
        if self.being_deleted {
            return Err(SkipReason::GroupBeingDeleted);
        }
        if self.suspended.contains(&Process::Terminate) {
            return Err(SkipReason::Suspended { process: Process::Terminate });
        }
        if share == Share::Stays && self.suspended.contains(&Process::Launch) {
            return Err(SkipReason::Suspended { process: Process::Launch });
        }
        if share == Share::Goes && self.desired.saturating_sub(instance.weight) < self.min {
            return Err(SkipReason::AtMin { min: self.min });
        }
        let live = self.live();
        // With weights the last instance may overshoot by less than its own; without, not at all.
        let weights = self.instances.iter().filter(|instance| instance.lifecycle.is_live()).map(|instance| instance.weight);
        let overshoot = weights.max().unwrap_or(1).saturating_sub(1);
        match live.saturating_sub(self.desired) > overshoot {
            true => Err(SkipReason::AboveDesired { live, desired: self.desired }),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(group().may_lose("i-a", Share::Goes), Ok(()));
        assert_eq!(GroupNow { min: 2, ..group() }.may_lose("i-a", Share::Goes), Err(SkipReason::AtMin { min: 2 }));
        let weighted = vec![instance("i-a", Lifecycle::InService, 4), instance("i-b", Lifecycle::InService, 2)];
        let weighted = GroupNow { min: 3, desired: 6, instances: weighted, ..group() };
        assert_eq!(weighted.may_lose("i-a", Share::Goes), Err(SkipReason::AtMin { min: 3 }));
        assert_eq!(weighted.may_lose("i-b", Share::Goes), Ok(()));
    }

    #[test]
    fn an_instance_is_replaced_at_the_minimum_too_but_not_where_nothing_is_launched() {
        assert_eq!(GroupNow { min: 2, ..group() }.may_lose("i-a", Share::Stays), Ok(()));
        let suspended = GroupNow { suspended: [Process::Launch].into(), ..group() };
        let reason = SkipReason::Suspended { process: Process::Launch };
        assert_eq!(suspended.may_lose("i-a", Share::Stays), Err(reason));
        assert_eq!(suspended.may_lose("i-a", Share::Goes), Ok(()));
    }

    #[test]
    fn a_group_that_aws_is_shrinking_is_left_alone() {
        let reason = SkipReason::AboveDesired { live: 2, desired: 1 };
        assert_eq!(GroupNow { desired: 1, min: 0, ..group() }.may_lose("i-a", Share::Goes), Err(reason));
        let weighted = vec![instance("i-a", Lifecycle::InService, 4), instance("i-b", Lifecycle::InService, 4)];
        let overshooting = GroupNow { min: 0, desired: 5, instances: weighted, ..group() };
        assert_eq!(overshooting.may_lose("i-a", Share::Goes), Ok(()));
        let reason = SkipReason::AboveDesired { live: 8, desired: 4 };
        assert_eq!(GroupNow { desired: 4, ..overshooting }.may_lose("i-a", Share::Goes), Err(reason));
    }

    #[test]
    fn only_an_instance_in_service_of_a_willing_group_goes() {
        assert_eq!(group().may_lose("i-z", Share::Goes), Err(SkipReason::NotInGroup));
        for lifecycle in [Lifecycle::Pending, Lifecycle::Terminating, Lifecycle::Standby] {
            let instances = vec![instance("i-a", lifecycle, 1)];
            assert_eq!(
                GroupNow { instances, ..group() }.may_lose("i-a", Share::Goes),
                Err(SkipReason::NotInService { lifecycle })
            );
        }
        let suspended = GroupNow { suspended: [Process::Terminate].into(), ..group() };
        assert_eq!(suspended.may_lose("i-a", Share::Goes), Err(SkipReason::Suspended { process: Process::Terminate }));
        assert_eq!(
            GroupNow { being_deleted: true, ..group() }.may_lose("i-a", Share::Goes),
            Err(SkipReason::GroupBeingDeleted)
        );
    }
}
