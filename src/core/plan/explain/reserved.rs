//! The reservations that a group may use, and the one in which a node is.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::duration::moment;
use crate::plan::fleet::{Fleet, GroupIx, NodeEntry};
use crate::snapshot::{Reservation, ReservationKind};

/// A reservation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReservedFact {
    /// The reservation as it was read; absent where there is none of that id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reservation: Option<Reservation>,
    /// Its id.
    pub id: String,
    /// Whether it is of a type and a zone that the group launches.
    pub suits: bool,
    /// Whether the group launches nothing outside of reservations.
    pub only: bool,
    /// From when on machines of the group in it end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machines_end_at: Option<Timestamp>,
    /// `taken_at` of the snapshot, from which distances are counted.
    pub now: Timestamp,
}

/// Returns the reservations that a group may use, in the order in which the cloud takes them.
pub(super) fn of_group(fleet: &Fleet<'_>, group: GroupIx) -> Vec<ReservedFact> {
    let entry = &fleet.groups[group];
    let fact = |id: &String| {
        let reservation = fleet.reserved.named(&entry.id().region, id);
        let suits = fleet.reserved.of_group(group).iter().any(|it| fleet.reserved.get(*it).id == *id);
        let ending = reservation.and_then(|it| fleet.ending_of(entry, it));
        ReservedFact {
            reservation: reservation.cloned(),
            id: id.clone(),
            suits,
            only: entry.group.reserved.only,
            machines_end_at: ending.map(|ending| ending.at),
            now: fleet.now(),
        }
    };
    entry.group.reserved.reservations.iter().map(fact).collect()
}

/// Returns the reservation in which a node is, if it is in one.
pub(super) fn of_node(fleet: &Fleet<'_>, entry: &NodeEntry<'_>) -> Option<ReservedFact> {
    let id = fleet.instance_of(entry)?.reservation.as_ref()?;
    let group = fleet.group_of(entry)?;
    Some(ReservedFact {
        reservation: fleet.reserved.named(&group.id().region, id).cloned(),
        id: id.clone(),
        suits: true,
        only: group.group.reserved.only,
        machines_end_at: fleet.ending(entry).map(|ending| ending.at),
        now: fleet.now(),
    })
}

impl fmt::Display for ReservedFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reservation, id, suits, only, machines_end_at, now } = self;
        let Some(reservation) = reservation else { return write!(f, "{id}, which could not be found") };
        let Reservation { kind, machine_type, zone, state, total, free, starts_at, ends_at, .. } = reservation;
        let kind = match kind {
            ReservationKind::OnDemand => "on demand",
            ReservationKind::Block => "a block",
            ReservationKind::Interruptible => "interruptible",
        };
        write!(f, "{id} ({kind}, {state}): {free} of {total} {machine_type} in {zone} free")?;
        if let Some(starts) = starts_at.filter(|starts| starts > now) {
            write!(f, "; begins at {}", moment(starts, *now))?;
        }
        match (machines_end_at, ends_at) {
            (Some(at), _) => write!(f, "; machines end from {}", moment(*at, *now))?,
            (None, Some(ends)) => write!(f, "; until {}, and machines go on", moment(*ends, *now))?,
            (None, None) => {}
        }
        if !suits {
            return f.write_str("; the group launches no such type there");
        }
        f.write_str(if *only { "; the group launches nowhere else" } else { "; used first" })
    }
}
