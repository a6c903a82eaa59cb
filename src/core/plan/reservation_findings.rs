//! What a person should know about reservations: what ends with them, and what is paid for and
//! idle.

use std::collections::BTreeSet;

use super::amounts::small;
use super::decisions::Decisions;
use super::fleet::reserved::ReservationIx;
use super::fleet::{Fleet, GroupEntry, GroupIx, NodeEntry, ReservationEnd};
use super::report::FindingCode;
use super::situation::Situation;
use crate::index_vec::IndexVec;
use crate::snapshot::{Market, Reservation, ReservationKind, UsdPerHour};

/// Returns the findings about reservations.
pub(super) fn reservation_findings(situation: &Situation<'_>, decisions: &Decisions) -> Vec<FindingCode> {
    let fleet = &situation.fleet;
    if fleet.reserved.is_empty() {
        return Vec::new();
    }
    let ending = fleet.groups.iter().flat_map(|group| ends(fleet, group));
    ending.chain(idle(fleet, decisions)).collect()
}

/// Returns what still runs on machines of a group that end soon, a finding a reservation.
fn ends(fleet: &Fleet<'_>, group: &GroupEntry<'_>) -> Vec<FindingCode> {
    let nodes: Vec<(&NodeEntry<'_>, ReservationEnd<'_>)> = group
        .live()
        .filter_map(|member| Some(&fleet.nodes[member.node?]))
        .filter(|entry| !entry.holders.is_empty())
        .filter_map(|entry| Some((entry, fleet.ending(entry).filter(|ending| fleet.now() >= ending.said_from)?)))
        .collect();
    let reservations: BTreeSet<&str> = nodes.iter().map(|(_, ending)| ending.reservation.id.as_str()).collect();
    let of_one = |id: &str| {
        let own = || nodes.iter().filter(move |(_, ending)| ending.reservation.id == id);
        let pods = || own().flat_map(|(entry, _)| &entry.holders);
        let mut names: Vec<String> = own().map(|(entry, _)| entry.node.name.clone()).collect();
        names.sort_unstable();
        Some(FindingCode::ReservationEnds {
            group: group.id().clone(),
            reservation: id.to_owned(),
            at: own().map(|(_, ending)| ending.at).min()?,
            pods: small(pods().count()),
            example: pods().map(|pod| pod.id()).min()?,
            nodes: names,
            now: fleet.now(),
        })
    };
    reservations.into_iter().filter_map(of_one).collect()
}

/// Returns the reservations of which places stay free once the plan is carried out, although a node
/// that is requested now would be of use. What another account pays for is no waste of ours.
fn idle(fleet: &Fleet<'_>, decisions: &Decisions) -> Vec<FindingCode> {
    let mut slots = fleet.reserved.free().clone();
    for (group, purchase) in decisions.scale_up.purchases.iter_numbered() {
        for node in &purchase.nodes {
            fleet.reserved.take(&mut slots, fleet, group, &node.zone);
        }
    }
    let groups: &IndexVec<GroupIx, GroupEntry<'_>> = &fleet.groups;
    let finding = |(index, idle): (ReservationIx, u32)| {
        let reservation: &Reservation = fleet.reserved.get(index);
        let is_ours = groups.numbers().any(|group| fleet.reserved.usable(group).contains(&index));
        let is_paid = reservation.kind != ReservationKind::Interruptible;
        (is_ours && is_paid && idle > 0).then(|| FindingCode::ReservedIdle {
            reservation: reservation.id.clone(),
            machine_type: reservation.machine_type.clone(),
            zone: reservation.zone.clone(),
            idle,
            total: reservation.total,
            worth: list_price(fleet, reservation).map(|price| price.times(idle)),
        })
    };
    slots.all().filter_map(finding).collect()
}

fn list_price(fleet: &Fleet<'_>, reservation: &Reservation) -> Option<UsdPerHour> {
    let Reservation { region, machine_type, zone, .. } = reservation;
    Some(fleet.prices.as_ref()?.of_machine(region, machine_type, Market::OnDemand, zone)?.usd_per_hour)
}
