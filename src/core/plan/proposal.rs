//! A plan with the decisions that it is composed from, so that a part of them can be composed anew.

use std::ops::Deref;

use super::action::Action;
use super::compose::compose;
use super::decisions::{Decisions, Excuse};
use super::document::Plan;
use super::outline::Outline;
use super::report::FindingCode;
use super::situation::Situation;
use crate::policy::Policy;
use crate::snapshot::Snapshot;

/// A plan that may still lose steps to a review by a person and to the independent check.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    pub(super) plan: Plan,
    decisions: Decisions,
}

impl Proposal {
    /// Decides what to do about a snapshot under a policy.
    #[must_use]
    pub fn new(snapshot: &Snapshot, policy: &Policy) -> Self {
        let (plan, decisions) = Outline::new(snapshot, policy).into_parts();
        Self { plan, decisions }
    }

    /// Returns the plan, which loses no more steps.
    #[must_use]
    pub fn into_plan(self) -> Plan {
        self.plan
    }

    /// Keeps some of the steps. `kept` has one entry for each action of the plan; `refused` are
    /// findings about the actions that are not kept. The snapshot is the one that the plan was made
    /// from.
    pub(super) fn only(self, kept: &[Option<Action>], refused: Vec<FindingCode>, snapshot: &Snapshot, excuse: &Excuse) -> Self {
        let is_whole =
            refused.is_empty() && kept.iter().zip(&self.plan.actions).all(|(kept, step)| kept.as_ref() == Some(step));
        if is_whole {
            return self;
        }
        let situation = Situation::new(snapshot, &self.plan.policy);
        let steps = self.plan.actions.iter().zip(kept.iter().map(Option::as_ref));
        let mut decisions = self.decisions.only(&situation, steps, excuse);
        decisions.refused.extend(refused);
        Self { plan: compose(&situation, &decisions), decisions }
    }
}

impl Deref for Proposal {
    type Target = Plan;

    fn deref(&self) -> &Plan {
        &self.plan
    }
}
