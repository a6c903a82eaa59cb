//! Capacity that is reserved: which reservations there are, and which of them the groups use.
//!
//! One list a region shows all of them; a group that names a resource group takes one call more for
//! each reservation of its machine types. Without the permissions only what depends on them is
//! missing.

pub(crate) mod advice;
pub(crate) mod described;
pub(crate) mod matching;
mod resource_groups;
pub(crate) mod rule;
pub(crate) mod setting;

use std::collections::BTreeSet;

use aws_sdk_autoscaling::types::{AutoScalingGroup, CapacityDistributionStrategy};
use aws_sdk_ec2::types::CapacityReservation;

use crate::cloud::aws::error::AwsError;
use crate::cloud::aws::sign_in::clients::RegionClients;
use crate::snapshot::{Gap, Group, MissingFact, Purchase, Reservation, ReservationStage, Zone};
use described::SeenReservation;
use matching::ReservationUse;
use resource_groups::GroupMembers;
use setting::ReservationTarget;

/// What has to be read of the reservations of a region.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ReservationNeed {
    /// The machine types of groups and instances.
    pub(crate) machine_types: BTreeSet<String>,
    /// Whether a group names reservations, which may be of other types.
    names_some: bool,
    /// The machine types of the groups that name a resource group.
    in_resource_groups: BTreeSet<String>,
}

impl ReservationNeed {
    /// Returns what groups need that launch so, on machines of those types; `None` where no machine
    /// of theirs can be in a reservation.
    pub(crate) fn of<'a>(
        groups: impl Iterator<Item = (&'a Group, &'a [ReservationUse])>,
        machine_types: BTreeSet<String>,
    ) -> Option<Self> {
        let mut need = Self { machine_types, ..Self::default() };
        let mut is_any = false;
        for (group, uses) in groups {
            is_any |= group.instances.iter().any(|instance| instance.reservation.is_some());
            let with_rule = uses.iter().filter_map(|it| Some((it, it.rule.as_ref()?)));
            for (it, rule) in with_rule.filter(|_| may_use_reservations(group)) {
                is_any = true;
                need.names_some |= rule.target.is_some();
                if matches!(rule.target, Some(ReservationTarget::ResourceGroup(_))) {
                    need.in_resource_groups.extend(it.machine_types.iter().cloned());
                }
            }
        }
        is_any.then_some(need)
    }
}

/// Whether any of a group's machines is no spot instance: those use no reservations.
fn may_use_reservations(group: &Group) -> bool {
    !matches!(group.purchase, Purchase::Spot { .. })
}

/// The reservations of a region as EC2 lists them, and the resource groups that hold them; absent
/// where they could not be read.
#[derive(Debug)]
pub(crate) struct ReservationLists {
    listed: Option<Vec<CapacityReservation>>,
    members: Option<GroupMembers>,
    gap: Option<Gap>,
}

impl ReservationLists {
    /// Reads them as far as they are needed.
    pub(crate) async fn read(clients: &RegionClients, need: Option<&ReservationNeed>) -> Self {
        let mut lists = Self { listed: Some(Vec::new()), members: Some(GroupMembers::new()), gap: None };
        let Some(need) = need else { return lists };
        let types = (!need.names_some).then_some(&need.machine_types);
        let listed = described::describe(&clients.ec2, &clients.region, types).await;
        let in_groups = listed.as_deref().map_or_else(|_| Vec::new(), |listed| candidates(listed, &need.in_resource_groups));
        let members = resource_groups::members(clients, in_groups).await;
        let gap = |error: &AwsError| {
            let fact = MissingFact::Reservations { region: clients.region.clone() };
            Gap { fact, error: error.to_string() }
        };
        lists.gap = listed.as_ref().err().or(members.as_ref().err()).map(gap);
        (lists.listed, lists.members) = (listed.ok(), members.ok());
        lists
    }

    /// Returns what they mean, with the zones of the region.
    pub(crate) fn understood(self, region: &str, zones: &[Zone]) -> RegionReservations {
        let name = |id: &str| zones.iter().find(|zone| zone.id == id).map(|zone| zone.name.clone());
        let seen = |listed: &CapacityReservation| described::convert(region, listed, name);
        let listed = self.listed.map(|listed| listed.iter().filter_map(seen).collect());
        RegionReservations { seen: listed, members: self.members, gap: self.gap }
    }
}

/// Returns the ids of those reservations of some types that may be in a resource group that counts.
fn candidates(listed: &[CapacityReservation], machine_types: &BTreeSet<String>) -> Vec<String> {
    let of_types = listed.iter().filter(|it| it.instance_type().is_some_and(|name| machine_types.contains(name)));
    let seen = of_types.filter_map(|it| described::convert("", it, |_| None));
    let present = seen.filter(|it| it.reservation.stage != ReservationStage::Over);
    present.map(|it| it.reservation.id).collect()
}

/// The reservations of a region.
#[derive(Debug)]
pub(crate) struct RegionReservations {
    seen: Option<Vec<SeenReservation>>,
    members: Option<GroupMembers>,
    gap: Option<Gap>,
}

impl RegionReservations {
    /// Returns what could not be read.
    pub(crate) fn gap(&self) -> Option<Gap> {
        self.gap.clone()
    }

    /// Adds to a group which reservations its machines use, and what is wrong with that. Where that
    /// is not known the group is left as one that uses none.
    pub(crate) fn add(&self, described: &AutoScalingGroup, uses: &[ReservationUse], group: &mut Group) {
        let Some(seen) = self.seen.as_deref().filter(|_| may_use_reservations(group)) else { return };
        let names_group = |it: &ReservationUse| {
            let target = it.rule.as_ref().and_then(|rule| rule.target.as_ref());
            matches!(target, Some(ReservationTarget::ResourceGroup(_)))
        };
        let none = GroupMembers::new();
        let members = match &self.members {
            Some(members) => members,
            None if uses.iter().any(names_group) => return,
            None => &none,
        };
        group.reserved = matching::reserved_use(uses, &group.zones, seen, members);
        let strategy = described.availability_zone_distribution().and_then(|it| it.capacity_distribution_strategy());
        let reserved_first = strategy == Some(&CapacityDistributionStrategy::ReservationsThenBalanced);
        let advice = advice::advice(group, uses, seen, members, reserved_first);
        group.advice.extend(advice);
    }

    /// Returns those that groups use, or machines of theirs, by id.
    pub(crate) fn used_by(self, groups: &[Group]) -> Vec<Reservation> {
        let named = groups.iter().flat_map(|group| &group.reserved.reservations);
        let taken = groups.iter().flat_map(|group| &group.instances).filter_map(|instance| instance.reservation.as_ref());
        let used: BTreeSet<&String> = named.chain(taken).collect();
        let known = self.seen.into_iter().flatten().filter(|it| it.unknown.is_none()).map(|it| it.reservation);
        let mut found: Vec<Reservation> = known.filter(|it| used.contains(&it.id)).collect();
        found.sort_by(|a, b| a.id.cmp(&b.id));
        found
    }
}
