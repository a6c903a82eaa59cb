//! Rules for the desired capacity of each group, and for all changes of a group together.

use std::collections::BTreeMap;

use super::account;
use super::violation::Violation;
use super::{Check, Dropped};
use crate::plan::action::Action;
use crate::snapshot::{GroupId, Instance};

/// The steps of a plan that change one group.
#[derive(Default)]
struct Changes {
    /// Those that set its desired capacity, by their position in the plan.
    set: Vec<usize>,
    /// Those that lower it with an instance.
    lowered: Vec<usize>,
    /// The capacity that goes with these.
    weight: i64,
}

impl Check<'_> {
    pub(super) fn growth(&self, id: &GroupId, from: i64, to: i64) -> Option<Violation> {
        let Some(group) = self.group(id) else { return Some(Violation::Unknown(id.to_string())) };
        let live: i64 = self.live(id).map(weight).fold(0, i64::saturating_add);
        let is_doubtful = !self.account_is_proven && account::has_witness(self.snapshot);
        if is_doubtful && !self.plan.policy.first_nodes {
            return Some(Violation::WrongAccount);
        }
        if to > group.max {
            return Some(Violation::AboveMax(id.clone()));
        }
        (from != group.desired || to <= from || to < live).then(|| Violation::NotGrowth(id.clone()))
    }

    /// Returns why capacity is not taken back. It is lowered no further than to the live capacity
    /// and to the minimum, and only where the cloud has no instance to end for it.
    pub(super) fn revert(&self, id: &GroupId, from: i64, to: i64) -> Option<Violation> {
        let Some(group) = self.group(id) else { return Some(Violation::Unknown(id.to_string())) };
        let has_victim = !group.launches_protected || self.live(id).any(|instance| !instance.protected);
        let live: i64 = self.live(id).map(weight).fold(0, i64::saturating_add);
        if to < group.min {
            return Some(Violation::BelowMin(id.clone()));
        }
        (from != group.desired || to >= from || to < live || has_victim).then(|| Violation::UnsafeRevert(id.clone()))
    }

    /// Returns the steps to drop of groups that would change in both directions or go below their
    /// minimum: every step that takes part.
    pub(super) fn of_groups(&self) -> Vec<Dropped> {
        let mut dropped = Vec::new();
        for (id, changes) in self.changes() {
            let mut drop = |steps: &[usize], violation: Violation| {
                dropped.extend(steps.iter().map(|action| Dropped { action: *action, violation: violation.clone() }));
            };
            let is_two_ways = changes.set.len() > 1 || !changes.set.is_empty() && !changes.lowered.is_empty();
            if is_two_ways {
                drop(&changes.set, Violation::GrowsAndShrinks(id.clone()));
                drop(&changes.lowered, Violation::GrowsAndShrinks(id.clone()));
            }
            let has_too_few = |group: &crate::snapshot::Group| group.desired.saturating_sub(changes.weight) < group.min;
            if !changes.lowered.is_empty() && self.group(id).is_some_and(has_too_few) {
                drop(&changes.lowered, Violation::BelowMin(id.clone()));
            }
        }
        dropped
    }

    fn changes(&self) -> BTreeMap<&GroupId, Changes> {
        let mut groups: BTreeMap<&GroupId, Changes> = BTreeMap::new();
        for (place, action) in self.plan.actions.iter().enumerate() {
            match action {
                Action::Terminate { group, instance, .. }
                | Action::TerminateUnhealthy { group, instance, decrement: true, .. } => {
                    let changes = groups.entry(group).or_default();
                    changes.lowered.push(place);
                    let going = self.member(group, instance).map_or(1, |(_, instance)| weight(instance));
                    changes.weight = changes.weight.saturating_add(going);
                }
                Action::SetDesired { group, .. } | Action::RevertDesired { group, .. } => {
                    groups.entry(group).or_default().set.push(place);
                }
                Action::TerminateUnhealthy { decrement: false, .. }
                | Action::NoteInstances { .. }
                | Action::ClearIdle { .. }
                | Action::MarkIdle { .. }
                | Action::ClearGone { .. }
                | Action::MarkGone { .. }
                | Action::ClearNotReady { .. }
                | Action::MarkNotReady { .. }
                | Action::DeleteNode { .. }
                | Action::Uncordon { .. }
                | Action::Cordon { .. }
                | Action::StartDrain { .. }
                | Action::Evict { .. } => {}
            }
        }
        groups
    }

    fn live(&self, id: &GroupId) -> impl Iterator<Item = &Instance> {
        let instances = self.group(id).into_iter().flat_map(|group| &group.instances);
        instances.filter(|instance| instance.lifecycle.is_live())
    }
}

fn weight(instance: &Instance) -> i64 {
    instance.weight.get()
}
