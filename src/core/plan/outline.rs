//! What is decided about a snapshot, before anything of it is written down. A reader who wants the
//! steps alone need not have the report on every node composed.

use std::sync::Arc;

use super::action::Action;
use super::compose::{actions, compose};
use super::decisions::{Decisions, decide};
use super::document::Plan;
use super::known_pods::KnownPods;
use super::reason::{GroupRefusal, Refusal};
use super::report::{NodeState, PodVerdict, Ruling, StateTrait};
use super::situation::Situation;
use crate::duration::Seconds;
use crate::policy::Policy;
use crate::snapshot::{Pod, Snapshot};

/// What is decided about a snapshot under a policy.
pub struct Outline<'a> {
    situation: Situation<'a>,
    decisions: Decisions,
}

impl<'a> Outline<'a> {
    /// Decides what to do about a snapshot under a policy.
    #[must_use]
    pub fn new(snapshot: &'a Snapshot, policy: &'a Policy) -> Self {
        Self::knowing(snapshot, policy, &KnownPods::default())
    }

    /// Decides the same with what is known of the pods.
    pub(crate) fn knowing(snapshot: &'a Snapshot, policy: &'a Policy, known: &KnownPods) -> Self {
        let situation = Situation::knowing(snapshot, policy, known);
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

    /// Returns the unbound pods, each with what is decided about it.
    pub(crate) fn rulings(&self) -> impl Iterator<Item = (&'a Pod, &Arc<Ruling>)> {
        let rulings = self.decisions.scale_up.rulings.iter().map(|decided| &decided.ruling);
        self.situation.fleet.unbound.iter().copied().zip(rulings)
    }

    /// Whether a node reaches another state by the passing of time, or by what is under way.
    pub(crate) fn moves_by_itself(&self) -> bool {
        self.decisions.nodes.iter().any(|node| node.state.has(StateTrait::MovesByItself))
    }

    /// Returns for how long a plan stays as it is while nothing happens; absent where that is not
    /// plain. A pod that no group could ever take waits for ever.
    pub(crate) fn rests_for(&self) -> Option<Seconds> {
        let is_misfit = |refusal: &GroupRefusal| matches!(refusal.refusal, Refusal::Misfit { .. });
        let waits = |verdict: &PodVerdict| match verdict {
            PodVerdict::CannotHelp { refusals } => refusals.iter().all(is_misfit),
            _ => false,
        };
        if !self.decisions.scale_up.rulings.iter().all(|decided| waits(&decided.ruling.verdict)) {
            return None;
        }
        let rest = |state: &NodeState| match state {
            NodeState::Busy { .. } | NodeState::GroupMinSize { .. } | NodeState::OwnNode => Some(Seconds(u64::MAX)),
            NodeState::GracePeriod { idle, threshold } => Some(Seconds(threshold.0.saturating_sub(idle.0))),
            _ => None,
        };
        self.decisions.nodes.iter().try_fold(Seconds(u64::MAX), |least, node| Some(least.min(rest(&node.state)?)))
    }

    /// Returns the plan with what it is composed from.
    pub(super) fn into_parts(self) -> (Plan, Decisions) {
        (self.plan(), self.decisions)
    }
}
