//! Reservations of an account.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::account::Account;

/// A reservation of the emulator. Unsaid: on demand, open, active for good, of the account itself
/// and of plain Linux.
pub(crate) struct NewReservation {
    wish: Value,
}

impl NewReservation {
    /// Makes one with room for so many instances of a type in a zone.
    pub(crate) fn of(id: &str, instance_type: &str, zone: &str, total: u32) -> Self {
        let region = zone.trim_end_matches(|letter: char| letter.is_ascii_lowercase());
        Self { wish: json!({"id": id, "instance_type": instance_type, "zone": zone, "region": region, "total": total}) }
    }

    /// A Capacity Block for this time; only launches that name it use it.
    pub(crate) fn block(self, starts: Timestamp, ends: Timestamp) -> Self {
        let block = self.with("kind", json!("capacity-block")).targeted();
        block.with("starts", json!(starts.to_string())).with("ends", json!(ends.to_string()))
    }

    /// Its owner can take it back ([`Account::take_back`]).
    pub(crate) fn interruptible(self) -> Self {
        self.with("kind", json!("interruptible-capacity-reservation")).targeted()
    }

    /// Only launches that name it, or a resource group with it, use it.
    pub(crate) fn targeted(self) -> Self {
        self.with("criteria", json!("targeted"))
    }

    /// It is in this resource group.
    pub(crate) fn in_resource_group(self, arn: &str) -> Self {
        self.with("resource_groups", json!([arn]))
    }

    pub(crate) fn platform(self, platform: &str) -> Self {
        self.with("platform", json!(platform))
    }

    /// Another account shares it.
    pub(crate) fn owner(self, account: &str) -> Self {
        self.with("owner", json!(account))
    }

    /// The state, whatever its times.
    pub(crate) fn state(self, state: &str) -> Self {
        self.with("told_state", json!(state))
    }

    fn with(mut self, key: &str, value: Value) -> Self {
        self.wish[key] = value;
        self
    }
}

impl Account {
    pub(crate) fn reservation(&self, reservation: &NewReservation) {
        self.tell("reservation", json!({"reservation": reservation.wish}));
    }

    /// The owner of an interruptible reservation takes it back but for so many places.
    pub(crate) fn take_back(&self, id: &str, left: u32) {
        self.tell("reservation/take-back", json!({"id": id, "left": left}));
    }
}
