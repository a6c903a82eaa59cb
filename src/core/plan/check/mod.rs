//! Rules that every plan must obey, whoever made it. They read the snapshot, the policy and the
//! actions, and share no code with the planner.
//!
//! A broken rule about one step costs that step; one about the plan as a whole stops the run. The
//! code is written to be obvious.

mod account;
mod capacity;
mod claims;
mod evicting;
mod node_marks;
mod placement;
mod pods;
mod removing;
#[cfg(test)]
mod tests;
mod violation;
mod whole;

use super::action::{Action, NodeRef};
use super::document::Plan;
use crate::snapshot::{Group, GroupId, Instance, Node, Snapshot};
use claims::Claims;
use pods::BoundPods;

pub use violation::Violation;

/// What is wrong with a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Review {
    /// The steps that must not be taken, in the order of the plan, each once.
    pub dropped: Vec<Dropped>,
    /// What forbids to carry out any of the plan.
    pub fatal: Vec<Violation>,
}

/// A step that must not be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// Its position in `Plan::actions`.
    pub action: usize,
    /// The rule that it breaks.
    pub violation: Violation,
}

/// Finds everything that is wrong with a plan.
#[must_use]
pub fn review(plan: &Plan, snapshot: &Snapshot) -> Review {
    let check = Check::new(plan, snapshot);
    let by_itself = |(place, action): (usize, &Action)| Some(Dropped { action: place, violation: check.action(action)? });
    let mut dropped: Vec<Dropped> = plan.actions.iter().enumerate().filter_map(by_itself).collect();
    dropped.extend(check.of_groups());
    dropped.extend(check.of_placements());
    dropped.extend(check.contradictions());
    // The sort is stable: the violation of the step itself comes first and is the one that is
    // shown.
    dropped.sort_by_key(|dropped| dropped.action);
    dropped.dedup_by_key(|dropped| dropped.action);
    Review { dropped, fatal: check.limits() }
}

/// Returns every rule that the plan breaks; none for a plan that may be carried out as it is.
#[must_use]
pub fn violations(plan: &Plan, snapshot: &Snapshot) -> Vec<Violation> {
    let Review { dropped, fatal } = review(plan, snapshot);
    dropped.into_iter().map(|dropped| dropped.violation).chain(fatal).collect()
}

struct Check<'a> {
    plan: &'a Plan,
    snapshot: &'a Snapshot,
    claims: Claims<'a>,
    pods: BoundPods<'a>,
    account_is_proven: bool,
    clock_is_off: bool,
}

impl<'a> Check<'a> {
    fn new(plan: &'a Plan, snapshot: &'a Snapshot) -> Self {
        let claims = Claims::of(snapshot);
        Self {
            plan,
            snapshot,
            account_is_proven: account::is_proven(snapshot, &claims),
            clock_is_off: account::is_clock_off(snapshot),
            claims,
            pods: BoundPods::of(snapshot, plan.policy.expendable_below),
        }
    }

    fn action(&self, action: &Action) -> Option<Violation> {
        match action {
            Action::SetDesired { group, from, to, .. } => self.not_selected(group).or_else(|| self.growth(group, *from, *to)),
            Action::Launch { group, zones, otherwise, .. } => {
                let launch = action.growth().and_then(|growth| self.launch(growth, zones, otherwise));
                self.not_selected(group).or(launch)
            }
            Action::RevertDesired { group, from, to, .. } => {
                self.not_selected(group).or_else(|| self.revert(group, *from, *to))
            }
            // A note has no consequences by itself.
            Action::NoteInstances { .. } => None,
            // A machine that is no more may leave two Nodes behind.
            Action::ClearIdle { node, .. }
            | Action::ClearGone { node, .. }
            | Action::ClearNotReady { node }
            | Action::MarkGone { node, .. } => self.node(node).err(),
            Action::MarkIdle { node, .. } | Action::MarkNotReady { node, .. } => {
                self.node(node).err().or_else(|| self.shared(node))
            }
            Action::DeleteNode { node, region, instance, since } => self.deletion(node, region, instance, *since),
            Action::Uncordon { node, .. } => self.node(node).map_or_else(Some, |node| {
                let is_ours = node_marks::our_cordon(node).is_some() || node_marks::has_leftover_mark(node);
                (!is_ours).then(|| Violation::NotOurs(node.name.clone()))
            }),
            Action::Cordon { node, group, reason } => self.not_selected(group).or_else(|| self.cordon(node, group, *reason)),
            Action::StartDrain { node, group, .. } => self.not_selected(group).or_else(|| self.drain(node, group)),
            Action::Evict { node, group, since, pods, .. } => {
                self.not_selected(group).or_else(|| self.evictions(node, group, since.is_some(), pods))
            }
            Action::TerminateUnhealthy { group, instance, node, reason, .. } => {
                self.not_selected(group).or_else(|| self.terminate_unhealthy(group, instance, node.as_ref(), *reason))
            }
            Action::Terminate { node, instance, group, cordoned_at, .. } => {
                self.not_selected(group).or_else(|| self.terminate(node, group, instance, *cordoned_at))
            }
        }
    }

    fn not_selected(&self, group: &GroupId) -> Option<Violation> {
        let selected = &self.plan.policy.only_groups;
        let is_selected = selected.is_empty() || selected.contains(&group.name);
        (!is_selected).then(|| Violation::NotSelected(group.clone()))
    }

    fn group(&self, id: &GroupId) -> Option<&'a Group> {
        self.snapshot.groups.iter().find(|group| group.id == *id)
    }

    fn member(&self, group: &GroupId, id: &str) -> Option<(&'a Group, &'a Instance)> {
        let group = self.group(group)?;
        Some((group, group.instances.iter().find(|instance| instance.id == id)?))
    }

    /// Returns the very node: one that was created again under the same name is another.
    fn node(&self, node: &NodeRef) -> Result<&'a Node, Violation> {
        let is_it = |known: &&Node| known.name == node.name && known.uid == node.uid;
        self.snapshot.nodes.iter().find(is_it).ok_or_else(|| Violation::Unknown(node.name.clone()))
    }
}
