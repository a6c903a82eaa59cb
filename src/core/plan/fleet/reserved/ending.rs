//! When the machines in a reservation end.

use jiff::Timestamp;

use crate::duration::Seconds;
use crate::plan::fleet::GroupEntry;
use crate::plan::schedule::scheduled_runs;
use crate::policy::{GroupPolicy, Policy};
use crate::snapshot::Reservation;

/// So many times the time of a drain before the end it is said what still runs there.
const SAID_AHEAD: u64 = 2;

/// The end of the machines of a group in a reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ReservationEnd<'a> {
    pub(crate) reservation: &'a Reservation,
    /// From when on they end.
    pub(crate) at: Timestamp,
    /// From when on nothing new is placed on them, and what is idle goes.
    pub(crate) closes_at: Timestamp,
    /// From when on it is said what still runs there.
    pub(crate) said_from: Timestamp,
}

impl<'a> ReservationEnd<'a> {
    /// Returns when the machines of a group in a reservation end: when the cloud begins to end
    /// them, or when a scheduled change leaves none of the group, if that is earlier. The cloud
    /// schedules such a change by itself for the groups that it manages.
    pub(in crate::plan::fleet) fn of(
        policy: &Policy,
        group: &GroupEntry<'_>,
        reservation: &'a Reservation,
        now: Timestamp,
    ) -> Option<Self> {
        let by_itself = reservation.ends_machines_from?;
        let to_zero = scheduled_runs(group.group, now).into_iter().find(|run| run.change.most() == Some(0)).map(|run| run.at);
        let at = to_zero.map_or(by_itself, |at| at.min(by_itself));
        let drain = time_of_a_drain(policy, &group.policy);
        let ahead = Seconds(drain.0.saturating_mul(SAID_AHEAD));
        Some(Self { reservation, at, closes_at: drain.before(at), said_from: ahead.before(at) })
    }
}

/// Returns how long it takes to empty a node and end its machine by name: `--drain-timeout`, within
/// which pods go, and `--cordon-settle`, which lies between the cordon and the end.
fn time_of_a_drain(policy: &Policy, group: &GroupPolicy) -> Seconds {
    Seconds(group.drain_timeout.0.saturating_add(policy.cordon_settle.0))
}
