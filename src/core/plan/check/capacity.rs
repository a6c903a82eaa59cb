//! Rules for the desired capacity of each group, and for all changes of a group together.

use std::collections::BTreeMap;

use super::account;
use super::violation::Violation;
use super::{Check, Dropped};
use crate::plan::action::{Action, GroupGrowth, LaunchElsewhere, ZoneLaunch};
use crate::snapshot::{Group, GroupId, Instance};

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
        if to > self.plan.policy.for_group(group).0.most(group) {
            return Some(Violation::AboveMax(id.clone()));
        }
        (from != group.desired || to <= from || to < live).then(|| Violation::NotGrowth(id.clone()))
    }

    /// Returns why nodes are not launched in zones that the plan chooses.
    pub(super) fn launch(
        &self,
        growth: GroupGrowth<'_>,
        zones: &[ZoneLaunch],
        otherwise: &[LaunchElsewhere],
    ) -> Option<Violation> {
        let launched: i64 = zones.iter().map(|launch| i64::from(launch.nodes)).sum();
        let is_all = launched == i64::from(growth.nodes) && launched == growth.to - growth.from;
        let named: Vec<&String> = zones.iter().map(|launch| &launch.zone).collect();
        self.growth(growth.group, growth.from, growth.to)
            .or_else(|| (!is_all).then(|| Violation::NotGrowth(growth.group.clone())))
            .or_else(|| self.not_in_zones(growth.group, &named))
            .or_else(|| otherwise.iter().find_map(|place| self.elsewhere(growth.group, place)))
    }

    /// Returns why nodes do not come elsewhere: the same rules hold there.
    fn elsewhere(&self, of: &GroupId, place: &LaunchElsewhere) -> Option<Violation> {
        let to = place.from.saturating_add(i64::from(place.nodes));
        let growth = || if place.group == *of { None } else { self.growth(&place.group, place.from, to) };
        let zones: Vec<&String> = place.zones.iter().collect();
        self.not_selected(&place.group).or_else(growth).or_else(|| self.not_in_zones(&place.group, &zones))
    }

    fn not_in_zones(&self, id: &GroupId, zones: &[&String]) -> Option<Violation> {
        let group = self.group(id)?;
        let is_possible =
            zones.is_empty() || group.zone_choice.is_possible() && zones.iter().all(|zone| group.zones.contains(zone));
        (!is_possible).then(|| Violation::NoZoneChoice(id.clone()))
    }

    /// Returns why capacity is not taken back. It is lowered no further than to the live capacity
    /// and to the minimum, and only where the cloud has no instance to end for it.
    pub(super) fn revert(&self, id: &GroupId, from: i64, to: i64) -> Option<Violation> {
        let Some(group) = self.group(id) else { return Some(Violation::Unknown(id.to_string())) };
        let has_victim = !group.launches_protected || self.live(id).any(|instance| !instance.protected);
        let live: i64 = self.live(id).map(weight).fold(0, i64::saturating_add);
        if to < self.least(group) {
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
            let has_too_few = |group: &Group| group.desired.saturating_sub(changes.weight) < self.least(group);
            if !changes.lowered.is_empty() && self.group(id).is_some_and(has_too_few) {
                drop(&changes.lowered, Violation::BelowMin(id.clone()));
            }
        }
        dropped
    }

    fn least(&self, group: &Group) -> i64 {
        self.plan.policy.for_group(group).0.least(group)
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
                Action::SetDesired { group, .. } | Action::Launch { group, .. } | Action::RevertDesired { group, .. } => {
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
