//! The reservations of a region as EC2 describes them, those that other accounts share included.
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CapacityReservation.html>

use std::collections::BTreeSet;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{
    CapacityReservation, CapacityReservationLaunchStatus, CapacityReservationState, CapacityReservationTenancy,
    CapacityReservationType, Filter, InstanceMatchCriteria,
};
use jiff::{SignedDuration, Timestamp};

use super::setting::Hardware;
use crate::cloud::aws::error::AwsError;
use crate::cloud::aws::moment::timestamp;
use crate::snapshot::{Reservation, ReservationKind, ReservationStage};

const ACTION: &str = "ec2:DescribeCapacityReservations";
/// EC2 describes at most this many on a page.
const PAGE: i32 = 1000;
/// EC2 takes at most this many values in one filter.
const FILTER_VALUES: usize = 200;
/// From so long before the end of a Capacity Block on, EC2 ends its instances
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/capacity-blocks-how.html>).
const BEFORE_A_BLOCK_ENDS: SignedDuration = SignedDuration::from_mins(30);
/// The same for a block of UltraServers.
const BEFORE_ULTRASERVERS_END: SignedDuration = SignedDuration::from_mins(60);
/// The platform of images that are billed as nothing but Linux.
pub(crate) const PLAIN_LINUX: &str = "Linux/UNIX";

/// A reservation, and what an instance needs to have to use it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SeenReservation {
    pub(crate) reservation: Reservation,
    /// What EC2 states of it that has no meaning here; nothing can be expected of it then.
    pub(crate) unknown: Option<String>,
    /// Whether an instance uses it that names none.
    pub(crate) is_open: bool,
    /// The platform of the image, such as `Linux/UNIX`.
    pub(crate) platform: String,
    pub(crate) hardware: Hardware,
    /// The placement group to which alone it belongs.
    pub(crate) placement_group: Option<String>,
    /// Whether it is on an Outpost.
    pub(crate) is_on_outpost: bool,
}

/// Reads the reservations of a region in one series of pages: those of some machine types, or all
/// where none is given or where they are too many for a filter.
pub(crate) async fn describe(
    client: &Client,
    region: &str,
    types: Option<&BTreeSet<String>>,
) -> Result<Vec<CapacityReservation>, AwsError> {
    let types = types.filter(|types| types.len() <= FILTER_VALUES);
    let filter = types.map(|types| Filter::builder().name("instance-type").set_values(Some(types.iter().cloned().collect())));
    let call = client.describe_capacity_reservations().set_filters(filter.map(|filter| vec![filter.build()]));
    let found = call.into_paginator().page_size(PAGE).items().send().collect::<Result<Vec<_>, _>>().await;
    found.map_err(|error| AwsError::of(ACTION, region, &error))
}

/// Converts a reservation. `zone_name` returns the name of the zone with an id, for one of which
/// EC2 states the id alone.
pub(crate) fn convert(
    region: &str,
    found: &CapacityReservation,
    zone_name: impl Fn(&str) -> Option<String>,
) -> Option<SeenReservation> {
    let kind = kind(found);
    let (stage, state) = stage(found);
    let ends_at = found.end_date.as_ref().and_then(timestamp);
    let unknown = unknown(kind, stage, found);
    let kind = kind.unwrap_or(ReservationKind::OnDemand);
    let by_id = || found.availability_zone_id.as_deref().and_then(zone_name);
    let reservation = Reservation {
        id: found.capacity_reservation_id.clone()?,
        region: region.to_owned(),
        kind,
        machine_type: found.instance_type.clone()?,
        zone: found.availability_zone.clone().or_else(by_id).unwrap_or_default(),
        stage: stage.unwrap_or(ReservationStage::Over),
        state,
        total: found.total_instance_count.map_or(0, i64::from),
        free: found.available_instance_count.map_or(0, i64::from),
        starts_at: found.start_date.as_ref().and_then(timestamp),
        ends_at,
        ends_machines_from: ends_machines_from(kind, found, ends_at),
    };
    Some(SeenReservation {
        reservation,
        unknown,
        is_open: found.instance_match_criteria == Some(InstanceMatchCriteria::Open),
        platform: found.instance_platform.as_ref().map_or(PLAIN_LINUX, |platform| platform.as_str()).to_owned(),
        hardware: Hardware::of_tenancy(found.tenancy.as_ref().map(CapacityReservationTenancy::as_str)),
        placement_group: found.placement_group_arn.as_deref().map(|arn| arn.rsplit('/').next().unwrap_or(arn).to_owned()),
        is_on_outpost: found.outpost_arn.is_some(),
    })
}

/// Returns the kind of a reservation, if its type is known.
fn kind(found: &CapacityReservation) -> Option<ReservationKind> {
    match (found.reservation_type.as_ref(), found.interruptible) {
        (Some(CapacityReservationType::CapacityBlock), _) => Some(ReservationKind::Block),
        (None | Some(CapacityReservationType::Default), Some(true)) => Some(ReservationKind::Interruptible),
        (None | Some(CapacityReservationType::Default), _) => Some(ReservationKind::OnDemand),
        (Some(_), _) => None,
    }
}

/// Returns the stage of a reservation, if its state is known, and that state. One of UltraServers
/// that takes no launch is not active yet, whatever its state.
fn stage(found: &CapacityReservation) -> (Option<ReservationStage>, String) {
    use CapacityReservationState::{
        Active, Assessing, Cancelled, Cancelling, Delayed, Expired, Failed, PaymentFailed, PaymentPending, Pending, Scheduled,
        Unavailable, Unsupported,
    };
    let Some(state) = &found.state else { return (None, String::new()) };
    let stage = match state {
        Active => Some(ReservationStage::Active),
        Scheduled | Pending | Assessing | Delayed | PaymentPending => Some(ReservationStage::ToCome),
        Expired | Cancelled | Cancelling | Failed | PaymentFailed | Unsupported | Unavailable => Some(ReservationStage::Over),
        _ => None,
    };
    match (&stage, &found.launch_status) {
        (Some(ReservationStage::Active), Some(CapacityReservationLaunchStatus::Unlaunchable)) => {
            (Some(ReservationStage::ToCome), format!("{}, unlaunchable", state.as_str()))
        }
        _ => (stage, state.as_str().to_owned()),
    }
}

/// Returns in words what is not known of a reservation.
fn unknown(kind: Option<ReservationKind>, stage: Option<ReservationStage>, found: &CapacityReservation) -> Option<String> {
    let of_type = || found.reservation_type.as_ref().map_or("", CapacityReservationType::as_str);
    let state = || found.state.as_ref().map_or("", CapacityReservationState::as_str);
    match (kind, stage) {
        (Some(_), Some(_)) => None,
        (None, _) => Some(format!("the type {:?}", of_type())),
        (_, None) => Some(format!("the state {:?}", state())),
    }
}

/// Returns from when on EC2 ends the instances of a Capacity Block. Those of on-demand reservations
/// go on, and interruptible ones have no known end. Only reservations of UltraServers have a
/// launch status.
fn ends_machines_from(kind: ReservationKind, found: &CapacityReservation, ends_at: Option<Timestamp>) -> Option<Timestamp> {
    let before = match (kind, &found.launch_status) {
        (ReservationKind::OnDemand | ReservationKind::Interruptible, _) => return None,
        (ReservationKind::Block, Some(_)) => BEFORE_ULTRASERVERS_END,
        (ReservationKind::Block, None) => BEFORE_A_BLOCK_ENDS,
    };
    ends_at?.checked_sub(before).ok()
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::primitives::DateTime;
    use aws_sdk_ec2::types::CapacityReservationInstancePlatform;
    use aws_sdk_ec2::types::builders::CapacityReservationBuilder;

    use super::*;

    const NOON: &str = "2026-11-30T12:00:00Z";

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a timestamp")
    }

    fn found(state: &str) -> CapacityReservationBuilder {
        let named = CapacityReservation::builder().capacity_reservation_id("cr-1").instance_type("p5.48xlarge");
        named.availability_zone("us-west-2a").state(state.into())
    }

    fn converted(found: CapacityReservationBuilder) -> SeenReservation {
        convert("us-west-2", &found.build(), |id| (id == "usw2-az2").then(|| "us-west-2b".to_owned())).expect("a reservation")
    }

    #[test]
    fn each_state_has_its_stage() {
        use ReservationStage::{Active, Over, ToCome};
        for (state, stage) in [
            ("active", Active),
            ("scheduled", ToCome),
            ("pending", ToCome),
            ("assessing", ToCome),
            ("delayed", ToCome),
            ("payment-pending", ToCome),
            ("expired", Over),
            ("cancelled", Over),
            ("cancelling", Over),
            ("failed", Over),
            ("payment-failed", Over),
            ("unsupported", Over),
            ("unavailable", Over),
        ] {
            let seen = converted(found(state));
            assert_eq!((seen.reservation.stage, seen.unknown), (stage, None), "{state}");
            assert_eq!(seen.reservation.state, state);
        }
    }

    #[test]
    fn what_is_not_known_is_kept_apart_in_words() {
        assert_eq!(converted(found("melting")).unknown.as_deref(), Some("the state \"melting\""));
        let of_type = converted(found("active").reservation_type("rainy-day".into()));
        assert_eq!(of_type.unknown.as_deref(), Some("the type \"rainy-day\""));
    }

    #[test]
    fn only_the_machines_of_a_block_end_before_it_does() {
        let end = DateTime::from_secs(at(NOON).as_second());
        let until_noon = |found: CapacityReservationBuilder| converted(found.end_date(end)).reservation;
        let block = || found("active").reservation_type(CapacityReservationType::CapacityBlock);
        for (reservation, kind, from) in [
            (until_noon(block()), ReservationKind::Block, Some("2026-11-30T11:30:00Z")),
            (
                until_noon(block().launch_status(CapacityReservationLaunchStatus::Launchable)),
                ReservationKind::Block,
                Some("2026-11-30T11:00:00Z"),
            ),
            (until_noon(found("active")), ReservationKind::OnDemand, None),
            (until_noon(found("active").interruptible(true)), ReservationKind::Interruptible, None),
        ] {
            assert_eq!((reservation.kind, reservation.ends_machines_from), (kind, from.map(at)));
            assert_eq!(reservation.ends_at, Some(at(NOON)));
        }
    }

    #[test]
    fn ultraservers_that_take_no_launch_are_still_to_come() {
        let block = found("active").reservation_type(CapacityReservationType::CapacityBlock);
        let reservation = converted(block.launch_status(CapacityReservationLaunchStatus::Unlaunchable)).reservation;
        assert_eq!((reservation.stage, reservation.state.as_str()), (ReservationStage::ToCome, "active, unlaunchable"));
    }

    #[test]
    fn what_an_instance_needs_to_use_it_is_kept() {
        let seen = converted(
            found("active")
                .total_instance_count(8)
                .available_instance_count(3)
                .instance_match_criteria(InstanceMatchCriteria::Open)
                .instance_platform(CapacityReservationInstancePlatform::UbuntuProLinux)
                .tenancy(CapacityReservationTenancy::Dedicated)
                .placement_group_arn("arn:aws:ec2:us-west-2:123456789012:placement-group/near"),
        );
        assert_eq!((seen.reservation.total, seen.reservation.free), (8, 3));
        assert_eq!((seen.is_open, seen.platform.as_str(), seen.hardware), (true, "Ubuntu Pro", Hardware::Dedicated));
        assert_eq!((seen.placement_group.as_deref(), seen.is_on_outpost), (Some("near"), false));
    }

    #[test]
    fn a_zone_may_be_known_by_its_id_alone() {
        let shared = CapacityReservation::builder().capacity_reservation_id("cr-2").instance_type("m5.large");
        let shared = converted(shared.availability_zone_id("usw2-az2").state(CapacityReservationState::Active));
        assert_eq!(shared.reservation.zone, "us-west-2b");
    }
}
