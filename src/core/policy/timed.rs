//! A policy that changes with the time.

use jiff::Timestamp;

use super::schedule::{self, Schedule};
use super::{Policy, PolicyFile, PolicyFileError};

/// A policy, and what holds at given times instead.
#[derive(Debug, Clone, Default)]
pub struct TimedPolicy {
    /// What holds when no schedule does.
    pub base: Policy,
    schedules: Vec<Schedule>,
}

impl TimedPolicy {
    /// Adds what a policy file says beside its flags.
    ///
    /// # Errors
    /// When something in it is not understood.
    pub fn add(&mut self, file: &PolicyFile) -> Result<(), PolicyFileError> {
        self.schedules = file.schedules()?;
        self.base.groups.clone_from(&file.groups);
        self.base.limits.clone_from(&file.limits);
        self.base.quotas.clone_from(&file.quotas);
        Ok(())
    }

    /// Whether something is true of the policy at any time.
    #[must_use]
    pub fn any(&self, is_so: impl Fn(&Policy) -> bool) -> bool {
        self.most(is_so)
    }

    /// Returns the most that something is at any time.
    #[must_use]
    pub fn most<T: Ord>(&self, amount: impl Fn(&Policy) -> T) -> T {
        let with_one = self.schedules.iter().map(|schedule| amount(&schedule.over(&self.base)));
        with_one.fold(amount(&self.base), Ord::max)
    }

    /// Returns the policy that holds at a moment.
    #[must_use]
    pub fn at(&self, moment: Timestamp) -> Policy {
        schedule::at(&self.base, &self.schedules, moment)
    }
}

impl TimedPolicy {
    /// Returns the policy that holds at a moment that a person asks for, which is not the present.
    #[must_use]
    pub fn as_asked(&self, moment: Timestamp) -> Policy {
        let mut policy = self.at(moment);
        if let Some(in_force) = &mut policy.in_force {
            in_force.asked_for = Some(moment);
        }
        policy
    }
}

impl From<Policy> for TimedPolicy {
    fn from(base: Policy) -> Self {
        Self { base, schedules: Vec::new() }
    }
}
