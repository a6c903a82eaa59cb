//! Rules for the placement groups that groups name: together they request no more machines than
//! these take.

use std::collections::{BTreeMap, BTreeSet};

use super::violation::Violation;
use super::{Check, Dropped};
use crate::plan::action::Action;
use crate::snapshot::{Group, GroupId, Lifecycle};

/// The steps of a plan by which the groups of one placement group grow.
#[derive(Default)]
struct PlacementRequests<'a> {
    /// Their positions in the plan, each with its group.
    steps: Vec<(usize, &'a GroupId)>,
    nodes: u32,
    /// The nodes whose zone is named.
    by_zone: BTreeMap<&'a str, u32>,
}

impl<'a> Check<'a> {
    /// Returns the steps to drop of groups whose placement group does not take what they request.
    pub(super) fn of_placements(&self) -> Vec<Dropped> {
        let mut requests: BTreeMap<(&str, &str), PlacementRequests<'a>> = BTreeMap::new();
        for (place, action) in self.plan.actions.iter().enumerate() {
            let Some(growth) = action.growth() else { continue };
            let Some(group) = self.group(growth.group) else { continue };
            let Some(placement) = &group.placement else { continue };
            let own = requests.entry((&group.id.region, &placement.name)).or_default();
            own.steps.push((place, growth.group));
            own.nodes += growth.nodes;
            if let Action::Launch { zones, .. } = action {
                for launch in zones {
                    *own.by_zone.entry(&launch.zone).or_default() += launch.nodes;
                }
            }
        }
        let too_many = requests.into_iter().filter(|((region, name), own)| self.are_too_many(region, name, own));
        let steps = too_many.flat_map(|(_, own)| own.steps);
        steps.map(|(action, group)| Dropped { action, violation: Violation::NoPlace(group.clone()) }).collect()
    }

    fn are_too_many(&self, region: &str, name: &str, requests: &PlacementRequests<'_>) -> bool {
        let is_it = |group: &&Group| group.id.region == region && group.placement.as_ref().is_some_and(|it| it.name == name);
        let sharing: Vec<&Group> = self.snapshot.groups.iter().filter(is_it).collect();
        let most = sharing.first().and_then(|group| group.placement.as_ref()?.most_per_zone());
        let Some(most) = most.map(i64::from) else { return false };
        let zones: BTreeSet<&str> = sharing.iter().flat_map(|group| &group.zones).map(String::as_str).collect();
        let left = |zone: &str| {
            let others = sharing[0].placement.as_ref().and_then(|it| it.others.get(zone)).copied().unwrap_or(0);
            let ended = [Lifecycle::Terminated, Lifecycle::Warm];
            let running = sharing.iter().flat_map(|group| &group.instances);
            let running = running.filter(|instance| instance.zone == zone && !ended.contains(&instance.lifecycle)).count();
            (most - i64::from(others) - i64::try_from(running).unwrap_or(i64::MAX)).max(0)
        };
        let in_all: i64 = zones.iter().map(|zone| left(zone)).sum();
        i64::from(requests.nodes) > in_all || requests.by_zone.iter().any(|(zone, nodes)| i64::from(*nodes) > left(zone))
    }
}
