//! Capacity that is paid for, whether machines use it or not.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Capacity for machines of one type in one zone that is paid for, whether they use it or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reservation {
    /// Its id, such as `cr-0123456789abcdef0`; unique within its region.
    pub id: String,
    /// The region.
    pub region: String,
    /// What kind it is of.
    pub kind: ReservationKind,
    /// The machine type.
    pub machine_type: String,
    /// The zone.
    pub zone: String,
    /// Whether machines can be launched into it.
    pub stage: ReservationStage,
    /// The state in the words of its cloud, such as `payment-pending`.
    pub state: String,
    /// How many machines it has room for.
    pub total: i64,
    /// How many more machines it has room for, as far as the cloud has counted them.
    pub free: i64,
    /// When it begins; absent when that is not stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<Timestamp>,
    /// When it ends; absent when it goes on until somebody cancels it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Timestamp>,
    /// From when on the cloud ends the machines in it; absent where they go on outside of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_machines_from: Option<Timestamp>,
}

/// The kinds of reservations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReservationKind {
    /// Its machines cost what they cost elsewhere, and go on when it ends.
    OnDemand,
    /// It is for a stated time, and its machines end before it does.
    Block,
    /// Its owner can take it back at any time, and its machines end then.
    Interruptible,
}

/// Whether machines can be launched into a reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReservationStage {
    /// They can.
    Active,
    /// Not yet.
    ToCome,
    /// Not any more, or it will never be there.
    Over,
}

/// How the machines that a group launches use reservations.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ReservedUse {
    /// The ids of the reservations that they may use, in the order in which the cloud takes them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reservations: Vec<String>,
    /// Whether none is launched outside of them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub only: bool,
}

impl ReservedUse {
    pub(super) fn is_none(&self) -> bool {
        *self == Self::default()
    }
}
