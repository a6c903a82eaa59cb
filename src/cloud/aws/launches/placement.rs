//! The placement groups into which groups launch
//! (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/placement-strategies.html>).
//!
//! They are read in one call a region, and only where a group names one. How many machines are in
//! one that limits them takes another call, since machines of anybody in the account count.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_autoscaling::types::AutoScalingGroup;
use aws_sdk_ec2::types::{Filter, PlacementGroup as DescribedPlacement, PlacementStrategy, Reservation, SpreadLevel};

use super::choices::choices;
use super::named_placement::{NamedPlacement, PlacementRef};
use super::sources::LaunchSources;
use crate::cloud::aws::error::AwsError;
use crate::cloud::aws::sign_in::clients::RegionClients;
use crate::snapshot::{Advice, AdviceCode, Gap, Group, MachineType, MissingFact, PlacementGroup, PlacementRule};

const ACTION: &str = "ec2:DescribePlacementGroups";
const INSTANCES: &str = "ec2:DescribeInstances";
/// "A rack level spread placement group can have a maximum of seven running instances per
/// Availability Zone"; on the hosts of an Outpost only these limit them.
const MOST_APART: u32 = 7;
/// How many partitions a zone has where the placement group states none.
const PARTITIONS: i64 = 2;
/// EC2 takes at most this many values in one filter.
const BATCH: usize = 200;
/// At most this many instances are on a page.
const PAGE: i32 = 1000;
/// The states in which an instance takes a place.
const RUNNING: [&str; 4] = ["pending", "running", "stopping", "shutting-down"];

/// Returns the placement group that a group names, by itself or in what it launches first.
fn of_group(group: &AutoScalingGroup, sources: &LaunchSources) -> Option<NamedPlacement> {
    let own = group.placement_group().filter(|name| !name.is_empty());
    let own = own.map(|name| NamedPlacement { name: PlacementRef::Name(name.to_owned()), partition: None });
    own.or_else(|| choices(group, sources).ok()?.0.first()?.source.placement.clone())
}

/// Adds to each group its placement group. Without the permission nothing is planned by the limits
/// of placement groups.
pub(crate) async fn add_placements(
    clients: &RegionClients,
    groups: Vec<(&AutoScalingGroup, &mut Group)>,
    sources: &LaunchSources,
) -> Option<Gap> {
    let with_one = groups.into_iter().filter_map(|(described, group)| Some((of_group(described, sources)?, group)));
    let mut with_one: Vec<(NamedPlacement, &mut Group)> = with_one.collect();
    if with_one.is_empty() {
        return None;
    }
    let (known, mut error) = match describe(clients).await {
        Ok(known) => (known, None),
        Err(error) => (Vec::new(), Some(error)),
    };
    for (named, group) in &mut with_one {
        group.placement = Some(placement(named, &known));
    }
    if error.is_none() {
        let mut groups: Vec<&mut Group> = with_one.into_iter().map(|(_, group)| group).collect();
        error = add_others(clients, &mut groups).await.err();
    }
    let fact = MissingFact::PlacementGroups { region: clients.region.clone() };
    error.map(|error| Gap { fact, error: error.to_string() })
}

/// Returns all placement groups of a region: there are at most 500. A name that does not exist
/// would fail a call that names it.
async fn describe(clients: &RegionClients) -> Result<Vec<DescribedPlacement>, AwsError> {
    let answer = clients.ec2.describe_placement_groups().send().await;
    let answer = answer.map_err(|error| AwsError::of(ACTION, &clients.region, &error))?;
    Ok(answer.placement_groups.unwrap_or_default())
}

fn placement(named: &NamedPlacement, known: &[DescribedPlacement]) -> PlacementGroup {
    let is_it = |described: &&DescribedPlacement| match &named.name {
        PlacementRef::Id(id) => described.group_id() == Some(id),
        PlacementRef::Name(name) => described.group_name() == Some(name),
    };
    let (PlacementRef::Id(name) | PlacementRef::Name(name)) = &named.name;
    let found = known.iter().find(is_it);
    PlacementGroup {
        name: found.and_then(|it| it.group_name()).unwrap_or(name).to_owned(),
        rule: found.map_or(PlacementRule::Unread, rule),
        partition: named.partition,
        others: BTreeMap::new(),
    }
}

fn rule(described: &DescribedPlacement) -> PlacementRule {
    match described.strategy() {
        Some(PlacementStrategy::Cluster) => PlacementRule::Together,
        Some(PlacementStrategy::Spread) => {
            let is_of_hosts = described.spread_level() == Some(&SpreadLevel::Host);
            PlacementRule::Apart { most_per_zone: (!is_of_hosts).then_some(MOST_APART) }
        }
        Some(PlacementStrategy::Partition) => {
            PlacementRule::Partitions { partitions: described.partition_count().map_or(PARTITIONS, i64::from) }
        }
        Some(other) => PlacementRule::Unknown { word: other.as_str().to_owned() },
        None => PlacementRule::Unread,
    }
}

/// Counts the machines that are in the placement groups and in none of the groups, where that
/// matters: for the limit of a zone, and for the zone in which all machines are.
async fn add_others(clients: &RegionClients, groups: &mut [&mut Group]) -> Result<(), AwsError> {
    let matters = |placement: &&PlacementGroup| placement.most_per_zone().is_some() || placement.is_in_one_zone();
    let names = groups.iter().filter_map(|group| group.placement.as_ref()).filter(matters).map(|it| it.name.clone());
    let names: Vec<String> = names.collect::<BTreeSet<_>>().into_iter().collect();
    let own: BTreeSet<String> = groups.iter().flat_map(|group| &group.instances).map(|instance| instance.id.clone()).collect();
    let mut others: BTreeMap<String, BTreeMap<String, u32>> = BTreeMap::new();
    for batch in names.chunks(BATCH) {
        let named = Filter::builder().name("placement-group-name").set_values(Some(batch.to_vec())).build();
        let states = RUNNING.map(str::to_owned).to_vec();
        let running = Filter::builder().name("instance-state-name").set_values(Some(states)).build();
        let call = clients.ec2.describe_instances().filters(named).filters(running);
        let mut pages = call.into_paginator().page_size(PAGE).send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| AwsError::of(INSTANCES, &clients.region, &error))?;
            let instances = page.reservations().iter().flat_map(Reservation::instances);
            for instance in instances.filter(|it| it.instance_id().is_some_and(|id| !own.contains(id))) {
                let Some(placement) = instance.placement() else { continue };
                let (Some(group), Some(zone)) = (placement.group_name(), placement.availability_zone()) else { continue };
                *others.entry(group.to_owned()).or_default().entry(zone.to_owned()).or_default() += 1;
            }
        }
    }
    for placement in groups.iter_mut().filter_map(|group| group.placement.as_mut()) {
        placement.others = others.get(&placement.name).cloned().unwrap_or_default();
    }
    Ok(())
}

/// Returns what a person should change about a group whose placement group does not go with it.
pub(crate) fn advice(group: &Group, types: &[MachineType]) -> Vec<Advice> {
    let Some(placement) = &group.placement else { return Vec::new() };
    let (id, name) = (&group.id, &placement.name);
    let zones = (placement.is_in_one_zone() && group.zones.len() > 1).then(|| {
        let words = format!("its cluster placement group {name} is in one zone, so launches in the others fail");
        Advice::new(AdviceCode::TogetherInOneZone, format!("{id}: {words}; leave the group one zone, or name a group a zone"))
    });
    let strategy = match placement.rule {
        PlacementRule::Together => PlacementStrategy::Cluster,
        PlacementRule::Apart { .. } => PlacementStrategy::Spread,
        PlacementRule::Partitions { .. } => PlacementStrategy::Partition,
        PlacementRule::Unknown { .. } | PlacementRule::Unread => return Vec::new(),
    };
    let is_refused = |name: &&str| {
        let known = types.iter().find(|machine_type| machine_type.name == *name);
        let placements = known.map(|machine_type| machine_type.details.placements.as_slice()).unwrap_or_default();
        !placements.is_empty() && !placements.iter().any(|placement| placement == strategy.as_str())
    };
    let options = group.launch_options.iter().map(|option| option.machine_type.as_str());
    let refused: Vec<&str> = options.filter(is_refused).collect();
    let refused = (!refused.is_empty()).then(|| {
        let words = format!("no {strategy} placement group such as {name} takes {}", refused.join(", "));
        Advice::new(AdviceCode::TypeNotPlaced, format!("{id}: {words}; leave them out, or name another placement group"))
    });
    zones.into_iter().chain(refused).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(id: &str, name: &str, strategy: &str) -> DescribedPlacement {
        DescribedPlacement::builder().group_id(id).group_name(name).strategy(PlacementStrategy::from(strategy)).build()
    }

    fn named(name: PlacementRef) -> NamedPlacement {
        NamedPlacement { name, partition: Some(2) }
    }

    #[test]
    fn a_placement_group_is_known_by_its_id_or_its_name() {
        let known = [described("pg-1", "near", "cluster"), described("pg-2", "far", "spread")];
        let by_id = placement(&named(PlacementRef::Id("pg-2".into())), &known);
        assert_eq!((by_id.name.as_str(), by_id.most_per_zone(), by_id.partition), ("far", Some(7), Some(2)));
        let by_name = placement(&named(PlacementRef::Name("near".into())), &known);
        assert_eq!((by_name.name.as_str(), by_name.rule), ("near", PlacementRule::Together));
        let unknown = placement(&named(PlacementRef::Name("gone".into())), &known);
        assert_eq!((unknown.name.as_str(), unknown.rule), ("gone", PlacementRule::Unread));
    }

    #[test]
    fn each_strategy_is_a_rule() {
        let hosts = DescribedPlacement::builder().strategy(PlacementStrategy::Spread).spread_level(SpreadLevel::Host).build();
        let partitions = DescribedPlacement::builder().strategy(PlacementStrategy::Partition).partition_count(5).build();
        for (described, expected) in [
            (described("", "", "spread"), PlacementRule::Apart { most_per_zone: Some(7) }),
            (hosts, PlacementRule::Apart { most_per_zone: None }),
            (partitions, PlacementRule::Partitions { partitions: 5 }),
            (described("", "", "precision-time"), PlacementRule::Unknown { word: "precision-time".into() }),
            (DescribedPlacement::builder().build(), PlacementRule::Unread),
        ] {
            assert_eq!(rule(&described), expected);
        }
    }
}
