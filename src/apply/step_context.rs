//! What one step needs beside the context of the run: when it began, and what the steps share.

use std::collections::BTreeSet;
use std::ops::Deref;

use super::census::Census;
use super::proof::LeaseNow;
use super::steady::SteadyTime;
use super::{ApplyContext, Obstacle};
use crate::plan::Plan;
use crate::snapshot::GroupId;

/// One run: its context, and what its steps share.
pub(super) struct ApplyRun<'a> {
    pub(super) given: &'a ApplyContext<'a>,
    /// The groups that the plan is about.
    known_groups: BTreeSet<GroupId>,
    census: Census,
}

impl<'a> ApplyRun<'a> {
    pub(super) fn new(plan: &Plan, given: &'a ApplyContext<'a>) -> Self {
        let known_groups = plan.groups.iter().map(|report| report.group.clone()).collect();
        Self { given, known_groups, census: Census::default() }
    }

    /// Begins a step.
    pub(super) fn begin(&'a self) -> StepContext<'a> {
        StepContext { run: self, first_look: self.given.lease.now() }
    }
}

/// One step of a run, with the context of the run.
pub(super) struct StepContext<'a> {
    run: &'a ApplyRun<'a>,
    /// When it began: a Lease that lapsed since stops it.
    first_look: SteadyTime,
}

impl<'a> Deref for StepContext<'a> {
    type Target = ApplyContext<'a>;

    fn deref(&self) -> &Self::Target {
        self.run.given
    }
}

impl StepContext<'_> {
    /// Checks that the Lease has been ours since the step began. This comes right before every
    /// request that changes something.
    pub(super) fn check_lease(&self) -> Result<(), Obstacle> {
        self.lease.check(self.first_look).map_err(Obstacle::NotReached)
    }

    /// Reads the Lease once more, for a proof.
    pub(super) async fn look_at_lease(&self) -> Result<LeaseNow, Obstacle> {
        let tenure = self.lease.look().await.map_err(|error| Obstacle::Failed(error.to_string()))?;
        Ok(LeaseNow { tenure, first_look: self.first_look, at: self.lease.now() })
    }

    /// Returns the groups of the plan.
    pub(super) fn known_groups(&self) -> &BTreeSet<GroupId> {
        &self.run.known_groups
    }

    /// Returns the list of Nodes that the steps share.
    pub(super) fn census(&self) -> &Census {
        &self.run.census
    }
}
