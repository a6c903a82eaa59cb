//! Which reservations the machines of a group can use.

use super::described::SeenReservation;
use super::resource_groups::GroupMembers;
use super::rule::ReservationRule;
use super::setting::{Hardware, ReservationTarget};
use crate::snapshot::{ReservationKind, ReservationStage, ReservedUse};

/// What a group launches from one source, as far as reservations depend on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReservationUse {
    /// Absent where it uses none.
    pub(crate) rule: Option<ReservationRule>,
    /// The machine types, in the order in which they are taken.
    pub(crate) machine_types: Vec<String>,
    /// The platform of the image.
    pub(crate) platform: String,
    pub(crate) hardware: Hardware,
    /// The placement group in which it launches.
    pub(crate) placement_group: Option<String>,
}

/// Why the machines of a group can never use a reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mismatch {
    /// It is of another kind than those into which the group launches.
    Kind,
    /// It is of a machine type that the group does not launch.
    MachineType,
    /// It is in a zone in which the group does not launch.
    Zone,
    /// It is for another platform than that of the image.
    Platform,
    /// It is for other hardware.
    Hardware,
    /// It belongs to another placement group.
    PlacementGroup,
    /// It is on an Outpost.
    Outpost,
}

impl ReservationUse {
    /// Returns what keeps the machines from using a reservation.
    pub(crate) fn mismatch(&self, seen: &SeenReservation, zones: &[String]) -> Option<Mismatch> {
        let kinds = self.rule.as_ref().map_or(&[][..], |rule| &rule.kinds);
        let reserved = &seen.reservation;
        let placement_group = seen.placement_group.as_ref();
        let fits = [
            (kinds.contains(&reserved.kind), Mismatch::Kind),
            (self.machine_types.contains(&reserved.machine_type), Mismatch::MachineType),
            (zones.contains(&reserved.zone), Mismatch::Zone),
            (self.platform == seen.platform, Mismatch::Platform),
            (self.hardware == seen.hardware, Mismatch::Hardware),
            (placement_group.is_none() || placement_group == self.placement_group.as_ref(), Mismatch::PlacementGroup),
            (!seen.is_on_outpost, Mismatch::Outpost),
        ];
        fits.into_iter().find_map(|(fits, mismatch)| (!fits).then_some(mismatch))
    }

    /// Whether the rule leads to a reservation: it is among those that are named, or open where
    /// none is. One that is over counts only where its id is named.
    pub(crate) fn leads_to(&self, seen: &SeenReservation, members: &GroupMembers) -> bool {
        let reserved = &seen.reservation;
        let is_over = reserved.stage == ReservationStage::Over;
        match self.rule.as_ref().map(|rule| &rule.target) {
            None => false,
            Some(Some(ReservationTarget::Id(id))) => *id == reserved.id,
            Some(Some(ReservationTarget::ResourceGroup(arn))) => {
                !is_over && members.get(arn).is_some_and(|ids| ids.contains(&reserved.id))
            }
            Some(None) => !is_over && seen.is_open,
        }
    }

    fn place_of_type(&self, seen: &SeenReservation) -> usize {
        let place = self.machine_types.iter().position(|name| *name == seen.reservation.machine_type);
        place.unwrap_or(self.machine_types.len())
    }
}

/// Returns which reservations the machines of a group use, in the order in which AWS takes them:
/// kind by kind, and within a kind by the order of the machine types. Among those of one type AWS
/// states no order.
pub(crate) fn reserved_use(
    uses: &[ReservationUse],
    zones: &[String],
    seen: &[SeenReservation],
    members: &GroupMembers,
) -> ReservedUse {
    let mut found: Vec<String> = Vec::new();
    for kind in kinds_in_order(uses) {
        for of_source in uses {
            let can_use = |it: &&SeenReservation| {
                let is_of_kind = it.reservation.kind == kind && it.unknown.is_none();
                is_of_kind && of_source.leads_to(it, members) && of_source.mismatch(it, zones).is_none()
            };
            let mut usable: Vec<&SeenReservation> = seen.iter().filter(can_use).collect();
            usable.sort_by_key(|it| (of_source.place_of_type(it), &it.reservation.zone, &it.reservation.id));
            let new = usable.into_iter().map(|it| &it.reservation.id).filter(|id| !found.contains(id));
            found.extend(new.cloned().collect::<Vec<_>>());
        }
    }
    let only = !uses.is_empty() && uses.iter().all(|it| it.rule.as_ref().is_some_and(|rule| rule.only));
    ReservedUse { reservations: found, only }
}

fn kinds_in_order(uses: &[ReservationUse]) -> Vec<ReservationKind> {
    let mut kinds: Vec<ReservationKind> = Vec::new();
    for kind in uses.iter().flat_map(|it| &it.rule).flat_map(|rule| &rule.kinds) {
        if !kinds.contains(kind) {
            kinds.push(*kind);
        }
    }
    kinds
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::cloud::aws::reservations::described::PLAIN_LINUX;
    use crate::snapshot::Reservation;

    pub(crate) fn seen(id: &str, machine_type: &str, zone: &str) -> SeenReservation {
        let reservation = Reservation {
            id: id.to_owned(),
            region: "us-west-2".into(),
            kind: ReservationKind::OnDemand,
            machine_type: machine_type.to_owned(),
            zone: zone.to_owned(),
            stage: ReservationStage::Active,
            state: "active".into(),
            total: 4,
            free: 2,
            starts_at: None,
            ends_at: None,
            ends_machines_from: None,
        };
        SeenReservation {
            reservation,
            unknown: None,
            is_open: true,
            platform: PLAIN_LINUX.to_owned(),
            hardware: Hardware::Shared,
            placement_group: None,
            is_on_outpost: false,
        }
    }

    pub(crate) fn launching(types: &[&str], target: Option<ReservationTarget>, only: bool) -> ReservationUse {
        let kinds = vec![ReservationKind::OnDemand];
        ReservationUse {
            rule: Some(ReservationRule { kinds, target, only, names_kinds: false }),
            machine_types: types.iter().map(|name| (*name).to_owned()).collect(),
            platform: PLAIN_LINUX.to_owned(),
            hardware: Hardware::Shared,
            placement_group: None,
        }
    }

    pub(crate) fn zones() -> Vec<String> {
        ["a", "b"].map(str::to_owned).to_vec()
    }

    fn used(uses: &[ReservationUse], seen: &[SeenReservation]) -> ReservedUse {
        let members = [("arn:rg".to_owned(), ["cr-in".to_owned(), "cr-other".to_owned()].into())].into();
        reserved_use(uses, &zones(), seen, &members)
    }

    #[test]
    fn open_ones_that_fit_come_in_the_order_of_the_types() {
        let all = [
            seen("cr-1", "m5.large", "a"),
            seen("cr-2", "c5.large", "b"),
            seen("cr-3", "c5.large", "a"),
            seen("cr-4", "r5.large", "a"),
            seen("cr-5", "m5.large", "c"),
            SeenReservation { is_open: false, ..seen("cr-6", "m5.large", "a") },
            SeenReservation { unknown: Some("the state \"melting\"".into()), ..seen("cr-7", "m5.large", "a") },
        ];
        let expected = ReservedUse { reservations: ["cr-3", "cr-2", "cr-1"].map(str::to_owned).to_vec(), only: false };
        assert_eq!(used(&[launching(&["c5.large", "m5.large"], None, false)], &all), expected);
    }

    #[test]
    fn each_attribute_has_to_fit() {
        let own = launching(&["m5.large"], None, false);
        let fitting = || seen("cr-1", "m5.large", "a");
        let of_kind = |kind| {
            let mut seen = fitting();
            seen.reservation.kind = kind;
            seen
        };
        for (seen, mismatch) in [
            (fitting(), None),
            (of_kind(ReservationKind::Block), Some(Mismatch::Kind)),
            (seen("cr-1", "m5.xlarge", "a"), Some(Mismatch::MachineType)),
            (seen("cr-1", "m5.large", "c"), Some(Mismatch::Zone)),
            (SeenReservation { platform: "Ubuntu Pro".into(), ..fitting() }, Some(Mismatch::Platform)),
            (SeenReservation { hardware: Hardware::Dedicated, ..fitting() }, Some(Mismatch::Hardware)),
            (SeenReservation { placement_group: Some("near".into()), ..fitting() }, Some(Mismatch::PlacementGroup)),
            (SeenReservation { is_on_outpost: true, ..fitting() }, Some(Mismatch::Outpost)),
        ] {
            assert_eq!(own.mismatch(&seen, &zones()), mismatch);
        }
        let near = ReservationUse { placement_group: Some("near".into()), ..own };
        assert_eq!(near.mismatch(&SeenReservation { placement_group: Some("near".into()), ..fitting() }, &zones()), None);
    }

    #[test]
    fn a_named_one_is_used_though_it_is_not_open_and_even_when_it_is_over() {
        let mut over = SeenReservation { is_open: false, ..seen("cr-1", "m5.large", "a") };
        over.reservation.stage = ReservationStage::Over;
        let named = launching(&["m5.large"], Some(ReservationTarget::Id("cr-1".into())), true);
        let expected = ReservedUse { reservations: vec!["cr-1".into()], only: true };
        assert_eq!(used(&[named], &[over.clone(), seen("cr-2", "m5.large", "a")]), expected);
        over.is_open = true;
        assert_eq!(used(&[launching(&["m5.large"], None, false)], &[over]), ReservedUse::default());
    }

    #[test]
    fn a_resource_group_means_the_fitting_ones_in_it() {
        let all = [seen("cr-in", "m5.large", "a"), seen("cr-other", "c5.large", "a"), seen("cr-out", "m5.large", "a")];
        let in_group = |arn: &str| launching(&["m5.large"], Some(ReservationTarget::ResourceGroup(arn.into())), false);
        assert_eq!(used(&[in_group("arn:rg")], &all).reservations, ["cr-in"]);
        assert_eq!(used(&[in_group("arn:unknown")], &all), ReservedUse::default());
    }

    #[test]
    fn kinds_come_before_the_order_of_the_sources() {
        let mut block = seen("cr-block", "c5.large", "a");
        block.reservation.kind = ReservationKind::Block;
        let by_kind = |machine_type| {
            let mut it = launching(&[machine_type], None, false);
            let rule = it.rule.as_mut().expect("a rule");
            rule.kinds = vec![ReservationKind::Block, ReservationKind::OnDemand];
            it
        };
        let sources = [by_kind("m5.large"), by_kind("c5.large")];
        let all = [seen("cr-1", "c5.large", "a"), seen("cr-2", "m5.large", "a"), block];
        assert_eq!(used(&sources, &all).reservations, ["cr-block", "cr-2", "cr-1"]);
    }

    #[test]
    fn a_group_is_bound_to_them_where_every_source_is() {
        let (bound, free) = (launching(&["m5.large"], None, true), launching(&["c5.large"], None, false));
        let without = ReservationUse { rule: None, ..free.clone() };
        assert!(used(std::slice::from_ref(&bound), &[]).only);
        assert!(!used(&[bound.clone(), free], &[]).only && !used(&[bound, without], &[]).only && !used(&[], &[]).only);
    }
}
