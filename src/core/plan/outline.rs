//! What is decided about a snapshot, before anything of it is written down. A reader who wants the
//! steps alone need not have the report on every node composed.

use super::action::Action;
use super::compose::{actions, compose};
use super::decisions::{Decisions, decide};
use super::document::Plan;
use super::report::StateTrait;
use super::situation::Situation;
use crate::policy::Policy;
use crate::snapshot::Snapshot;

/// What is decided about a snapshot under a policy.
pub struct Outline<'a> {
    situation: Situation<'a>,
    decisions: Decisions,
}

impl<'a> Outline<'a> {
    /// Decides what to do about a snapshot under a policy.
    #[must_use]
    pub fn new(snapshot: &'a Snapshot, policy: &'a Policy) -> Self {
        let situation = Situation::new(snapshot, policy);
        let decisions = decide(&situation);
        Self { situation, decisions }
    }

    /// Returns the plan.
    #[must_use]
    pub fn plan(&self) -> Plan {
        compose(&self.situation, &self.decisions)
    }

    /// Returns the steps of the plan.
    #[must_use]
    pub fn actions(&self) -> Vec<Action> {
        actions(&self.situation, &self.decisions)
    }

    /// Whether a node reaches another state by the passing of time, or by what is under way.
    pub(crate) fn moves_by_itself(&self) -> bool {
        self.decisions.nodes.iter().any(|node| node.state.has(StateTrait::MovesByItself))
    }

    /// Returns the plan with what it is composed from.
    pub(super) fn into_parts(self) -> (Plan, Decisions) {
        (self.plan(), self.decisions)
    }
}
