//! Why a group cannot grow, whatever the pods.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use super::closed_part::write_until;
use super::reason::count;
use super::template::TemplateProblem;
use crate::duration::{Seconds, moment};
use crate::snapshot::{Group, UsdPerHour};

/// Why a group cannot grow in this run, whatever the pods.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema, IntoStaticStr)]
#[serde(rename_all = "kebab-case", tag = "code")]
#[strum(serialize_all = "kebab-case")]
pub enum GrowthBlock {
    /// Scale-up is switched off (`--no-scale-up`).
    ScaleUpOff,
    /// `--only-group` names other groups.
    NotSelected,
    /// It is being deleted.
    BeingDeleted,
    /// The account knows none of the cluster's Ready nodes: the kubeconfig and the account may not
    /// belong together.
    AccountUnknown,
    /// It carries another cluster's tag, or its instances are nodes of another cluster.
    OtherCluster {
        /// What shows that.
        evidence: String,
    },
    /// A person suspended its launches in the cloud.
    LaunchSuspended {
        /// The cloud's name for what is suspended.
        process: String,
    },
    /// A service of the cloud operates it, and nobody else may change it.
    OperatedBy {
        /// The cloud's name for the service.
        service: String,
    },
    /// The cloud manages its nodes and launches none in their present state.
    NotActive {
        /// The cloud's name for the state.
        state: String,
    },
    /// The cloud works on another change of it.
    BusyWithUpdate {
        /// The cloud's name for the state.
        state: String,
    },
    /// The cloud does not offer to make it larger.
    NotOffered {
        /// Why.
        reason: String,
    },
    /// Its scaling activities could not be read.
    ActivitiesUnread,
    /// What `apply` requested earlier could not be read.
    GrowthNotesUnread,
    /// The DaemonSets could not be listed: how much of a node they take is unknown, and every run
    /// could buy a node that is too small.
    DaemonSetsUnread,
    /// A launch failed lately.
    Backoff {
        /// When it may grow again.
        until: Timestamp,
        /// When the launch failed.
        failed_at: Timestamp,
        /// The cloud's words on the failure.
        message: String,
        /// `taken_at` of the snapshot, from which distances are counted.
        now: Timestamp,
    },
    /// Capacity was requested and has not come for longer than `--instance-init-time`.
    Stalled {
        /// How many instances are missing.
        missing: u32,
        /// How long ago they were requested; absent when that is unknown.
        age: Option<Seconds>,
    },
    /// Its next instance is a spot instance and costs more everywhere than the group pays.
    SpotPriceTooLow {
        /// The highest price that the group pays.
        max_price: UsdPerHour,
        /// The lowest spot price at present.
        lowest: UsdPerHour,
        /// The machine type of the lowest price.
        machine_type: String,
        /// The zone of the lowest price.
        zone: String,
    },
    /// Its newest nodes do not become Ready.
    NodesNotReady {
        /// How many instances never registered.
        instances: u32,
    },
    /// It is unknown what a node of it would offer.
    TemplateUnknown {
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        problem: Option<TemplateProblem>,
        /// The same in words.
        detail: String,
    },
    /// A scheduled change makes it smaller before a new node would have been of use.
    ScheduledLower {
        /// The name of the change.
        action: String,
        /// When it happens.
        at: Timestamp,
        /// The most capacity that it leaves, in the group's own unit.
        most: i64,
        /// `taken_at` of the snapshot, from which distances are counted.
        now: Timestamp,
    },
    /// It launches only into reservations, and the next of them has not begun.
    ReservedFrom {
        /// The reservation.
        reservation: String,
        /// When it begins; absent when that is not stated.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<Timestamp>,
        /// Its state in the words of its cloud.
        state: String,
        /// `taken_at` of the snapshot, from which distances are counted.
        now: Timestamp,
    },
    /// It launches only into reservations, and every machine of them is in use or on the way.
    ReservationFull {
        /// The reservations.
        reservations: Vec<String>,
        /// How many machines they have room for together.
        total: i64,
    },
    /// It launches only into reservations, and their machines end before a new node would be of
    /// use.
    ReservationEnds {
        /// The reservation that ends last.
        reservation: String,
        /// From when on its machines end.
        at: Timestamp,
        /// `taken_at` of the snapshot, from which distances are counted.
        now: Timestamp,
    },
    /// It launches only into reservations, and none of them is known, lasts, and has a type and a
    /// zone of its own.
    NoReservation {
        /// The reservations that it may use.
        reservations: Vec<String>,
    },
    /// Its placement group has no room left.
    PlacementFull {
        /// The name of the placement group.
        placement: String,
        /// The most machines that it takes in one zone, of all groups that name it.
        most_per_zone: u32,
        /// The zones without room.
        zones: Vec<String>,
    },
    /// It has reached its maximum.
    AtMax {
        /// The maximum, in the group's own unit.
        max: i64,
    },
    /// It has reached the maximum that the policy file sets, which is below its own.
    AtPolicyMax {
        /// The maximum of the file, in the group's own unit.
        max: i64,
    },
}

impl GrowthBlock {
    /// Whether it is only that nobody looked at what the group launches, as nothing needed it.
    pub(crate) fn was_not_looked_at(&self) -> bool {
        matches!(self, Self::TemplateUnknown { problem: Some(TemplateProblem::NotLookedAt), .. })
    }

    /// Returns that the placement group of a group has no room in some zones, where it limits them.
    pub(crate) fn placement_full(group: &Group, zones: &[String]) -> Option<Self> {
        let placement = group.placement.as_ref()?;
        let most_per_zone = placement.most_per_zone()?;
        Some(Self::PlacementFull { placement: placement.name.clone(), most_per_zone, zones: zones.to_vec() })
    }

    pub(crate) fn template_unknown(problem: TemplateProblem) -> Self {
        Self::TemplateUnknown { detail: problem.to_string(), problem: Some(problem) }
    }
}

impl fmt::Display for GrowthBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ScaleUpOff => f.write_str("scale-up is switched off (--no-scale-up)"),
            Self::NotSelected => f.write_str("--only-group leaves it alone"),
            Self::BeingDeleted => f.write_str("being deleted"),
            Self::AccountUnknown => f.write_str("this account knows none of the cluster's Ready nodes"),
            Self::OtherCluster { evidence } => f.write_str(evidence),
            Self::LaunchSuspended { process } => write!(f, "the process {process} is suspended"),
            Self::OperatedBy { service } => write!(f, "only {service}, which operates it, may change it"),
            Self::NotActive { state } => write!(f, "the cloud says that its nodes are {state}"),
            Self::BusyWithUpdate { state } => write!(f, "the cloud is busy with another update of it ({state})"),
            Self::NotOffered { reason } => write!(f, "the cloud does not offer it: {reason}"),
            Self::ActivitiesUnread => f.write_str("its scaling activities could not be read"),
            Self::GrowthNotesUnread => f.write_str("what was asked for earlier could not be read"),
            Self::DaemonSetsUnread => f.write_str("the DaemonSets could not be listed, so what a new node has left is unknown"),
            Self::Backoff { until, failed_at, message, now } => {
                f.write_str("in backoff ")?;
                write_until(f, *until, *failed_at, message, *now)
            }
            Self::Stalled { missing, age: Some(age) } => {
                write!(f, "stalled: {} asked for {age} ago and not launched", count(u64::from(*missing), "instance"))
            }
            Self::Stalled { missing, age: None } => {
                write!(f, "stalled: {} asked for and not launched", count(u64::from(*missing), "instance"))
            }
            Self::SpotPriceTooLow { max_price, lowest, machine_type, zone } => write!(
                f,
                "max price {max_price} below {lowest}, the lowest spot price now ({machine_type} in {zone}); raise it or leave it out"
            ),
            Self::NodesNotReady { instances } => {
                write!(f, "{} of it never became a Ready node", count(u64::from(*instances), "instance"))
            }
            Self::TemplateUnknown { detail, .. } => write!(f, "unknown what a node of it offers: {detail}"),
            Self::ScheduledLower { action, at, most, now } => {
                write!(f, "at {most}, the most that the scheduled action {action} leaves at {}", moment(*at, *now))
            }
            Self::ReservedFrom { reservation, from: Some(from), now, .. } if from > now => {
                write!(f, "its reservation {reservation} begins at {}", moment(*from, *now))
            }
            Self::ReservedFrom { reservation, state, .. } => write!(f, "its reservation {reservation} has not begun ({state})"),
            Self::ReservationFull { reservations, total } => {
                write!(f, "{total} of {total} machines of {} in use or on the way", reservations.join(", "))
            }
            Self::ReservationEnds { reservation, at, now } => {
                write!(
                    f,
                    "the machines of its reservation {reservation} end from {}: too soon for a new node",
                    moment(*at, *now)
                )
            }
            Self::NoReservation { reservations } if reservations.is_empty() => {
                f.write_str("it launches only into reservations, and has none")
            }
            Self::NoReservation { reservations } => {
                write!(
                    f,
                    "it launches only into reservations, and none is there for its types and zones: {}",
                    reservations.join(", ")
                )
            }
            Self::PlacementFull { placement, most_per_zone, zones } => write!(
                f,
                "placement group {placement} takes {most_per_zone} instances in a zone and is full in {}",
                zones.join(", ")
            ),
            Self::AtMax { max } => write!(f, "at its maximum {max}"),
            Self::AtPolicyMax { max } => write!(f, "at the maximum {max} of the policy file"),
        }
    }
}
