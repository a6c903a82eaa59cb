//! One region: its groups, their instances and what they launch.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_autoscaling::types::AutoScalingGroup;
use futures::{StreamExt as _, stream};

use crate::progress::Progress;
use crate::snapshot::{Gap, Group, GroupId, MachineType, MissingFact, Price, RejectedGroup, Reservation, Zone, ZoneChoice};

use crate::cloud::aws::automatic::{self, AutomaticLists};
use crate::cloud::aws::error::AwsError;
use crate::cloud::aws::groups::described as groups;
use crate::cloud::aws::groups::discovery::Discovery;
use crate::cloud::aws::launches::images::MachineImages;
use crate::cloud::aws::launches::problem::LaunchProblem;
use crate::cloud::aws::launches::requirements::MatchingTypes;
use crate::cloud::aws::launches::{
    choices as launch_choices, machine_types, options as launch, placement, source_reading, subnets, zone_choice, zone_ids,
};
use crate::cloud::aws::machines::instances::{self, Seen};
use crate::cloud::aws::node_groups::{self, NodeGroup, NodeGroupName};
use crate::cloud::aws::prices::spot;
use crate::cloud::aws::reservations::matching::ReservationUse;
use crate::cloud::aws::reservations::{ReservationLists, ReservationNeed};
use crate::cloud::aws::sign_in::clients::RegionClients;
use crate::cloud::tighter_limits::narrow;

/// At most this many of the calls for single groups are made at a time.
const PARALLEL: usize = 8;

/// What one region holds.
#[derive(Debug, Default)]
pub(crate) struct RegionFacts {
    pub(crate) groups: Vec<Group>,
    pub(crate) rejected: Vec<RejectedGroup>,
    pub(crate) machine_types: Vec<MachineType>,
    pub(crate) zones: Vec<Zone>,
    pub(crate) reservations: Vec<Reservation>,
    pub(crate) prices: Vec<Price>,
    pub(crate) gaps: Vec<Gap>,
}

/// A managed group as AWS describes it and as the snapshot holds it.
#[derive(Debug)]
struct Managed {
    described: AutoScalingGroup,
    group: Group,
    /// How what it launches uses reservations, once that has been read.
    reservation_uses: Vec<ReservationUse>,
}

impl Managed {
    /// Returns the node group of EKS that it is, if it is one.
    fn node_group(&self) -> Option<NodeGroupName> {
        NodeGroupName::of(&groups::tags_of(&self.described))
    }
}

/// The groups of a region with their instances, and what is needed to read what they launch.
#[derive(Debug, Default)]
pub(crate) struct RegionGroups {
    managed: Vec<Managed>,
    rejected: Vec<RejectedGroup>,
    seen: Seen,
    gaps: Vec<Gap>,
}

impl RegionGroups {
    /// Returns the groups that are node groups of EKS.
    pub(crate) fn node_groups(&self) -> impl Iterator<Item = &GroupId> {
        self.managed.iter().filter(|it| it.node_group().is_some()).map(|it| &it.group.id)
    }

    /// Whether EC2 ends a machine of a group together with its reservation.
    pub(crate) fn have_machines_that_end_with_a_reservation(&self) -> bool {
        self.seen.has_any_that_ends_with_its_reservation()
    }

    /// Returns what is known without what the groups launch.
    pub(crate) fn without_launches(&self) -> RegionFacts {
        let groups = self.managed.iter().map(|it| it.group.clone()).collect();
        RegionFacts { groups, rejected: self.rejected.clone(), gaps: self.gaps.clone(), ..RegionFacts::default() }
    }
}

/// Reads the groups of a region and their instances.
///
/// # Errors
/// When the groups or their instances could not be read.
pub(crate) async fn read_groups(
    clients: &RegionClients,
    discovery: Discovery<'_>,
    progress: &dyn Progress,
) -> Result<RegionGroups, AwsError> {
    let described = groups::describe(&clients.autoscaling, &clients.region).await?;
    let count = described.len();
    let (mut managed, rejected) = select(&clients.region, described, discovery);
    progress.set_label(&format!("reading {}: {} of {count} Auto Scaling Groups are managed", clients.region, managed.len()));
    let groups = managed.iter_mut().map(|it| (&it.described, &mut it.group)).collect();
    let missing_pools = automatic::add_warm_pools(clients, groups).await;
    let groups = managed.iter_mut().map(|it| (&it.described, &mut it.group)).collect();
    let missing_shifts = automatic::give_zones_up(clients, groups).await;
    let gaps = missing_pools.into_iter().chain(missing_shifts).collect();
    let with_instances: Vec<&Group> = managed.iter().map(|it| &it.group).filter(|group| !group.instances.is_empty()).collect();
    let seen = instances::describe_of(&clients.ec2, &clients.region, &with_instances).await?;
    let members = managed.iter_mut().flat_map(|it| &mut it.group.instances);
    let count = members.map(|instance| seen.complete(instance)).count();
    progress.set_label(&format!("reading {}: {count} instances", clients.region));
    Ok(RegionGroups { managed, rejected, seen, gaps })
}

/// Reads what the groups of a region launch, and what changes them without us. All of it may leave
/// gaps.
pub(crate) async fn read_launches(clients: &RegionClients, read: RegionGroups, spot_prices: bool) -> RegionFacts {
    let RegionGroups { mut managed, rejected, seen, gaps: missing_changes } = read;
    let has_groups = !managed.is_empty();
    let names = managed.iter().filter(|it| !node_groups::says_enough(&it.group)).filter_map(Managed::node_group).collect();
    let ((machine_types, mut gaps), (zones, missing_zones), (node_groups, missing_node_groups), changes) = futures::join!(
        read_options_and_types(clients, &mut managed, &seen),
        read_zones(clients, has_groups),
        node_groups::describe(clients, names),
        AutomaticLists::read(clients, has_groups)
    );
    gaps.extend(missing_zones.into_iter().chain(missing_node_groups));
    let need = reservation_need(&managed);
    let (lists, missing_subnets) =
        futures::join!(ReservationLists::read(clients, need.as_ref()), read_zone_choices(clients, &mut managed));
    let reservations = lists.understood(&clients.region, &zones);
    gaps.extend(missing_subnets.into_iter().chain(missing_changes).chain(reservations.gap()));
    gaps.extend(changes.gaps(&clients.region));
    let node_groups: BTreeMap<NodeGroupName, NodeGroup> = node_groups.into_iter().collect();
    for it in &mut managed {
        changes.add(&it.described, &mut it.group);
        if let Some(node_group) = it.node_group().and_then(|name| node_groups.get(&name)) {
            node_groups::apply(node_group, &mut it.group);
        }
        reservations.add(&it.described, &it.reservation_uses, &mut it.group);
    }
    let (prices, missing_spot) = read_spot(clients, &mut managed, spot_prices).await;
    gaps.extend(missing_spot);
    let groups: Vec<Group> = managed.into_iter().map(|it| it.group).collect();
    let reservations = reservations.used_by(&groups);
    RegionFacts { groups, rejected, machine_types, zones, reservations, prices, gaps }
}

fn reservation_need(managed: &[Managed]) -> Option<ReservationNeed> {
    let groups = managed.iter().map(|it| (&it.group, it.reservation_uses.as_slice()));
    ReservationNeed::of(groups, types_in_use(managed))
}

/// Separates the managed groups from the others, each by name.
fn select(region: &str, described: Vec<AutoScalingGroup>, discovery: Discovery<'_>) -> (Vec<Managed>, Vec<RejectedGroup>) {
    let (mut managed, mut rejected) = (Vec::new(), Vec::new());
    for described in described {
        let name = described.auto_scaling_group_name().unwrap_or_default().to_owned();
        let id = GroupId { region: region.to_owned(), name };
        let tags = groups::tags_of(&described);
        match discovery.judge(&id.name, &tags) {
            Ok(membership) => {
                let named = discovery.named(&id.name);
                let mut group = groups::convert(&described, id, membership, discovery.foreign_cluster(&tags));
                if let Some(named) = named {
                    narrow(&mut group, named);
                }
                managed.push(Managed { described, group, reservation_uses: Vec::new() });
            }
            Err(rejection) => rejected.push(RejectedGroup { id, rejection }),
        }
    }
    managed.sort_by(|a, b| a.group.id.cmp(&b.group.id));
    rejected.sort_by(|a, b| a.id.cmp(&b.id));
    (managed, rejected)
}

/// Reads what the groups launch, then the machine types of that and of the instances.
async fn read_options_and_types(clients: &RegionClients, managed: &mut [Managed], seen: &Seen) -> (Vec<MachineType>, Vec<Gap>) {
    let mut gaps = read_launch_options(clients, managed, seen).await;
    let (types, missing) = machine_types::describe(&clients.ec2, &clients.region, &types_in_use(managed)).await;
    gaps.extend(missing);
    for it in managed {
        launch::weigh(&mut it.group, it.described.desired_capacity_type(), &types);
        let advice = placement::advice(&it.group, &types);
        it.group.advice.extend(advice);
    }
    (types, gaps)
}

async fn read_launch_options(clients: &RegionClients, managed: &mut [Managed], seen: &Seen) -> Vec<Gap> {
    let (configurations, templates) = launch_choices::named_sources(managed.iter().map(|it| &it.described));
    let sources = source_reading::describe(clients, &configurations, &templates).await;
    let images = launch_choices::named_images(managed.iter().map(|it| &it.described), &sources);
    let (images, missing_images) = MachineImages::read(&clients.ec2, &clients.region, &images, seen).await;
    let matching = MatchingTypes::default();
    let read = |it| launch::of_group(clients, it, &sources, &images, &matching);
    let reads = managed.iter().map(|it| read(&it.described)).collect::<Vec<_>>();
    let launches: Vec<_> = stream::iter(reads).buffered(PARALLEL).collect().await;
    let (mut gaps, mut unread) = (Vec::from_iter(missing_images), None);
    for (it, launch) in managed.iter_mut().zip(launches) {
        match launch {
            Ok(launch) => {
                it.group.launch_options = launch.options;
                it.group.purchase = launch.purchase;
                it.reservation_uses = launch.reservation_uses;
            }
            Err(problem) => {
                let fact = MissingFact::LaunchOptions { group: it.group.id.clone() };
                gaps.push(Gap { fact, error: problem.to_string() });
                if let LaunchProblem::Unread(error) = problem {
                    unread.get_or_insert(error);
                }
            }
        }
    }
    let groups = managed.iter_mut().map(|it| (&it.described, &mut it.group)).collect();
    gaps.extend(placement::add_placements(clients, groups, &sources).await);
    let fact = || MissingFact::Launches { region: clients.region.clone() };
    gaps.extend(unread.map(|error| Gap { fact: fact(), error: error.to_string() }));
    gaps
}

/// Reads which groups launch in a zone that is named, and the subnets among which the zone leaves a
/// choice.
async fn read_zone_choices(clients: &RegionClients, managed: &mut [Managed]) -> Option<Gap> {
    for it in managed.iter_mut() {
        let mut rules = it.reservation_uses.iter().filter_map(|source| source.rule.as_ref());
        it.group.zone_choice = zone_choice::of_group(&it.described, rules.any(|rule| rule.names_kinds));
    }
    let in_doubt = managed.iter().filter(|it| it.group.zone_choice.is_possible());
    let in_doubt = in_doubt.flat_map(|it| zone_choice::subnets_to_tell_apart(&it.described)).collect();
    let (zones, gap) = subnets::zones_of(&clients.ec2, &clients.region, &in_doubt).await;
    for it in managed {
        if let ZoneChoice::Possible { subnets } = &mut it.group.zone_choice {
            *subnets = subnets::shared_zones(&zone_choice::subnets_to_tell_apart(&it.described), &zones);
        }
    }
    gap
}

/// Reads prices and requests of spot instances. Without them some warnings and the requested prices
/// are missing.
async fn read_spot(clients: &RegionClients, managed: &mut [Managed], all_prices: bool) -> (Vec<Price>, Vec<Gap>) {
    let mut groups: Vec<&mut Group> = managed.iter_mut().map(|it| &mut it.group).collect();
    let prices = spot::read_prices(&clients.ec2, &clients.region, &mut groups, all_prices).await;
    let bidding = managed.iter_mut().filter(|it| it.described.launch_configuration_name().is_some());
    let mut bidding: Vec<&mut Group> = bidding.map(|it| &mut it.group).collect();
    let requests = spot::read_requests(&clients.ec2, &clients.region, &mut bidding).await;
    let gap = |error: AwsError| Gap { fact: MissingFact::Spot { region: clients.region.clone() }, error: error.to_string() };
    let (prices, unread) = prices.map_or_else(|error| (Vec::new(), Some(error)), |prices| (prices, None));
    (prices, unread.into_iter().chain(requests.err()).map(gap).collect())
}

fn types_in_use(managed: &[Managed]) -> BTreeSet<String> {
    let options = managed.iter().flat_map(|it| &it.group.launch_options).map(|option| &option.machine_type);
    let instances = managed.iter().flat_map(|it| &it.group.instances).map(|instance| &instance.machine_type);
    options.chain(instances).filter(|name| !name.is_empty()).cloned().collect()
}

/// Reads the zones where a group could launch in them.
async fn read_zones(clients: &RegionClients, has_groups: bool) -> (Vec<Zone>, Option<Gap>) {
    if !has_groups {
        return (Vec::new(), None);
    }
    zone_ids::describe(&clients.ec2, &clients.region).await
}
