//! Reservations: what is free of each is its room less the machines in it, and its stage follows
//! from the time.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::World;
use super::agenda::Event;
use super::ids::MachineId;
use super::machines::MachineStage;
use crate::duration::Seconds;
use crate::plan::ExpectedNode;
use crate::simulate::Departure;
use crate::snapshot::{Instance, Market, Reservation, ReservationStage, Snapshot, UsdPerHour};

/// The machines in each reservation that belong to none of the groups, by region and id.
pub(super) type OthersInside = BTreeMap<(String, String), i64>;

/// Returns how many machines of others are in each reservation. Theirs stay.
pub(super) fn others_inside(start: &Snapshot) -> OthersInside {
    let others = |it: &Reservation| (it.total - it.free - inside(start, it)).max(0);
    start.reservations.iter().map(|it| ((it.region.clone(), it.id.clone()), others(it))).collect()
}

/// Returns how many machines of the groups are in a reservation.
fn inside(snapshot: &Snapshot, reservation: &Reservation) -> i64 {
    let groups = snapshot.groups.iter().filter(|group| group.id.region == reservation.region);
    let instances = groups.flat_map(|group| &group.instances);
    let own = instances.filter(|instance| instance.reservation.as_ref() == Some(&reservation.id));
    i64::try_from(own.count()).unwrap_or(i64::MAX)
}

impl World<'_> {
    /// Brings the reservations up to date, as a run would read them.
    pub(super) fn count_reservations(&mut self) {
        let now = self.time();
        let mut reservations = std::mem::take(&mut self.snapshot.reservations);
        for it in &mut reservations {
            let others = self.others_inside.get(&(it.region.clone(), it.id.clone())).copied().unwrap_or(0);
            it.free = (it.total - others - inside(&self.snapshot, it)).max(0);
            let stage = stage_at(it, now);
            if stage != it.stage {
                it.stage = stage;
                word(stage).clone_into(&mut it.state);
            }
        }
        self.snapshot.reservations = reservations;
    }

    /// Returns the reservation that a machine of a group uses when it is launched now: the first of
    /// those that the group may use which has room.
    pub(super) fn reservation_for(&self, group: usize, node: &ExpectedNode) -> Option<String> {
        let (known, now) = (&self.snapshot.groups[group], self.time());
        let has_room = |it: &Reservation| {
            let others = self.others_inside.get(&(it.region.clone(), it.id.clone())).copied().unwrap_or(0);
            let ends_later = it.ends_machines_from.is_none_or(|ends| ends > now);
            ends_later && stage_at(it, now) == ReservationStage::Active && it.total - others > inside(&self.snapshot, it)
        };
        let suits = |it: &Reservation| it.zone == node.zone && it.machine_type == node.machine_type;
        let named = |id: &String| {
            let mut own = self.snapshot.reservations.iter().filter(|it| it.region == known.id.region);
            own.find(|it| it.id == *id && suits(it) && has_room(it))
        };
        known.reserved.reservations.iter().find_map(named).map(|it| it.id.clone())
    }

    /// Whether a group launches only into reservations, and none has room for such a machine.
    pub(super) fn lacks_reservation(&self, group: usize, node: &ExpectedNode) -> bool {
        self.snapshot.groups[group].reserved.only && self.reservation_for(group, node).is_none()
    }

    /// Returns what a machine costs by its list price, where it uses a reservation and that is
    /// known.
    pub(super) fn worth_of(&self, region: &str, instance: &Instance) -> Option<UsdPerHour> {
        instance.reservation.as_ref()?;
        let Instance { machine_type, zone, .. } = instance;
        Some(self.prices.as_ref()?.of_machine(region, machine_type, Market::OnDemand, zone)?.usd_per_hour)
    }

    /// Expects the end of a machine with its reservation, if it ends with one.
    pub(super) fn expect_end_of_reservation(&mut self, machine: MachineId, instance: &Instance) {
        let Some(id) = &instance.reservation else { return };
        let region = &self.snapshot.groups[self.machines[machine].story.group].id.region;
        let reservation = self.snapshot.reservations.iter().find(|it| it.region == *region && it.id == *id);
        if let Some(ends) = reservation.and_then(|it| it.ends_machines_from) {
            self.agenda.add(Seconds::between(self.began_at, ends).max(self.now), Event::ReservationEnds { machine });
        }
    }

    /// Ends a machine whose reservation ends, as the cloud does, which then tries to launch
    /// another.
    pub(super) fn end_with_reservation(&mut self, machine: MachineId) {
        if self.machines[machine].stage == MachineStage::Gone {
            return;
        }
        let group = self.machines[machine].story.group;
        self.note_end(group, false);
        self.groups[group].asked_at = None;
        self.end_machine(machine, Departure::ReservationEnded);
        self.hungry.insert(group);
    }
}

/// Returns the stage of a reservation at a moment. One that waits for something else than its time
/// goes on waiting.
fn stage_at(reservation: &Reservation, now: Timestamp) -> ReservationStage {
    let Reservation { stage, starts_at, ends_at, .. } = reservation;
    match stage {
        ReservationStage::Over => ReservationStage::Over,
        ReservationStage::ToCome | ReservationStage::Active if ends_at.is_some_and(|ends| ends <= now) => {
            ReservationStage::Over
        }
        ReservationStage::ToCome if starts_at.is_none_or(|starts| starts > now) => ReservationStage::ToCome,
        ReservationStage::ToCome | ReservationStage::Active => ReservationStage::Active,
    }
}

fn word(stage: ReservationStage) -> &'static str {
    match stage {
        ReservationStage::Active => "active",
        ReservationStage::ToCome => "scheduled",
        ReservationStage::Over => "expired",
    }
}
