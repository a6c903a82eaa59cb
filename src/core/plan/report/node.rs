//! The report on a node: its state, and what the plan does with it.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use super::{ConsolidationScore, Hold, NotEmptied, ProofReport, RoomFor};
use crate::duration::{Seconds, moment};
use crate::plan::drain::{EvictionCost, PodInTheWay};
use crate::plan::reason::count;
use crate::snapshot::{GroupId, MachineHealth, amount};

/// The report on one node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NodeReport {
    /// The node's name.
    pub node: String,
    /// Its group, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupId>,
    /// Its state.
    #[serde(flatten)]
    pub state: NodeState,
    /// What this plan does with it.
    pub decision: NodeDecision,
    /// Why nothing is done with it in this run, although it could be removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_by: Option<Hold>,
    /// Why its pods stay where they are, although `--consolidate` is on; only for busy nodes that
    /// stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_emptied: Option<NotEmptied>,
    /// What it is worth to empty it, savings against disruption; only for nodes that
    /// `--consolidate` begins to empty, where prices are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<ConsolidationScore>,
    /// State and decision as one sentence.
    pub message: String,
    /// What has to be proved before it is removed, and whether that holds; only for states that
    /// lead to a removal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proofs: Vec<ProofReport>,
}

/// What this plan does with a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NodeDecision {
    /// Nothing is done.
    Keep,
    /// It becomes schedulable again.
    Uncordon,
    /// It is cordoned; a later run terminates it.
    Cordon,
    /// It is drained; a later run terminates it.
    Drain,
    /// It is terminated.
    Terminate,
    /// It is terminated, and the cloud launches another in its place.
    Replace,
    /// Its Node object is deleted, since the instance is gone.
    Delete,
}

/// The state of a node. Where several hold, the first of this list counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr)]
#[serde(rename_all = "kebab-case", tag = "state")]
#[strum(serialize_all = "kebab-case")]
pub enum NodeState {
    /// Its instance is in the warm pool of a managed group: no pod is counted on it, and it stays.
    Warm,
    /// It belongs to no managed group.
    Unmanaged,
    /// It and another Node are the same instance, or it could be several: it is unknown what runs
    /// where.
    Contested {
        /// The other Node; its own name where it could be several instances.
        other: String,
    },
    /// Its region could not be read, so it is not touched.
    RegionUnreadable {
        /// The region.
        region: String,
    },
    /// Its instance is ending or gone.
    InstanceTerminated {
        /// What is known about the Node object that the instance has left behind; absent while a
        /// group has the instance.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        leftover: Option<Leftover>,
    },
    /// A person took it out of our hands (label `ec2-autoscale/detached`), or its instance is in
    /// Standby or gets a new disk.
    Detached,
    /// An annotation or label forbids its removal.
    Protected {
        /// The annotation or label.
        mark: String,
    },
    /// It is cordoned, and not by us.
    CordonedByPerson,
    /// It has been not Ready for `--dead-after`, and its instance is out of action, or no pod that
    /// might still run is on it.
    Dead {
        /// Since when it has been not Ready.
        since: Timestamp,
        /// The state of its instance, where the cloud reports it out of action: then its pods do
        /// not keep it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        machine: Option<MachineHealth>,
        /// `taken_at` of the snapshot, from which distances are counted.
        now: Timestamp,
    },
    /// It is not Ready yet, still tainted as starting, or too young.
    Starting {
        /// Its age.
        age: Seconds,
        /// The age until which it is left alone.
        until: Seconds,
    },
    /// An earlier run began to drain it, and this one continues.
    Draining {
        /// Since when it has been drained.
        since: Timestamp,
        /// How many pods are left.
        pods: u32,
        /// When the drain is given up (after three times `--drain-timeout`).
        until: Timestamp,
        /// `taken_at` of the snapshot, from which distances are counted.
        now: Timestamp,
    },
    /// The pod of this run is on it.
    OwnNode,
    /// Pods run on it, and its machine ends soon with its reservation, or a pod waits that would
    /// not finish before: it takes no new pods.
    ReservationEnds {
        /// The reservation.
        reservation: String,
        /// From when on the cloud ends its machine.
        at: Timestamp,
        /// How many pods run on it.
        pods: u32,
        /// `taken_at` of the snapshot, from which distances are counted.
        now: Timestamp,
    },
    /// Its group is at its minimum.
    GroupMinSize {
        /// The minimum, in the group's own unit.
        min: i64,
    },
    /// We cordoned it, and pods run on it again.
    BusyUnschedulable {
        /// How many pods run on it.
        pods: u32,
    },
    /// Pods run on it.
    Busy {
        /// How many pods run on it.
        pods: u32,
        /// One of them, by namespace and name.
        example: String,
    },
    /// Pending pods are expected on it.
    PodPending {
        /// How many pods are expected.
        pods: u32,
    },
    /// It has room for pods that are not in the API: those of a CapacityBuffer and the like.
    RoomKept {
        /// For how many pods.
        pods: u32,
        /// The object that stands for them, or for the first of them.
        room_for: RoomFor,
    },
    /// It is early in an hour that is paid as a whole.
    LaunchHrGracePeriod {
        /// How much of the hour has passed.
        into: Seconds,
        /// `--launch-hour-threshold`.
        threshold: Seconds,
    },
    /// It is idle, and kept as a spare of its shape.
    TypeGracePeriod {
        /// For how long it has been idle.
        idle: Seconds,
        /// How long spares are kept.
        threshold: Seconds,
        /// How many spares of a shape are kept.
        spares: u32,
    },
    /// It is idle, but not for long enough yet.
    GracePeriod {
        /// For how long it has been idle.
        idle: Seconds,
        /// How long it has to be idle.
        threshold: Seconds,
    },
    /// Pods request little of it, and some of them must not be moved.
    UnderUtilizedUndrainable {
        /// How much of it is requested.
        utilization: Utilization,
        /// The pods that must not be moved.
        in_the_way: Vec<PodInTheWay>,
    },
    /// All its pods may be moved, and together they fit on nodes that stay.
    UnderUtilizedDrainable {
        /// How much of it is requested.
        utilization: Utilization,
        /// How many pods would be moved.
        pods: u32,
        /// What their evictions cost together.
        cost: EvictionCost,
    },
    /// It is idle, and we cordoned it.
    IdleUnschedulable {
        /// When we cordoned it.
        cordoned_at: Timestamp,
        /// `taken_at` of the snapshot, from which distances are counted.
        now: Timestamp,
    },
    /// It has been idle for long enough.
    IdleSchedulable {
        /// For how long it has been idle.
        idle: Seconds,
    },
}

/// A Node object that its instance has left behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Leftover {
    /// The state of the instance by the word of its cloud.
    pub machine: MachineHealth,
    /// Since when earlier runs have known that the instance is gone; absent when this run is the
    /// first.
    pub since: Option<Timestamp>,
    /// `taken_at` of the snapshot, from which distances are counted.
    pub now: Timestamp,
}

impl fmt::Display for Leftover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { machine, since, now } = self;
        write!(f, "left behind: its instance {machine}")?;
        since.map_or(Ok(()), |since| write!(f, ", known since {}", moment(since, *now)))
    }
}

impl fmt::Display for NodeState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Warm => f.write_str("in the warm pool of its group: left alone"),
            Self::Unmanaged => f.write_str("no managed group owns it"),
            Self::Contested { other } => {
                write!(f, "its instance is claimed by the Node {other} as well; neither is touched")
            }
            Self::RegionUnreadable { region } => write!(f, "region {region} could not be read, so it is not touched"),
            Self::InstanceTerminated { leftover: Some(leftover) } => leftover.fmt(f),
            Self::InstanceTerminated { leftover: None } => {
                f.write_str("its instance is ending or gone; the cloud controller removes the node")
            }
            Self::Detached => f.write_str("detached: left alone"),
            Self::Protected { mark } => write!(f, "kept by {mark}"),
            Self::CordonedByPerson => f.write_str("cordoned by a person: left alone"),
            Self::Dead { since, machine, now } => {
                write!(f, "not Ready since {}", moment(*since, *now))?;
                if let Some(health) = machine {
                    write!(f, ", and its instance {health}")?;
                }
                Ok(())
            }
            Self::Starting { age, until } => write!(f, "starting, {age} of {until}"),
            Self::Draining { since, pods, until, now } => {
                let (since, until) = (moment(*since, *now), moment(*until, *now));
                write!(f, "draining since {since}, {} left; given up at {until}", count(u64::from(*pods), "pod"))
            }
            Self::OwnNode => f.write_str("this run's own pod is on it"),
            Self::ReservationEnds { reservation, at, pods, now } => {
                write!(f, "{} on it, and machines of {reservation} end from {}", pods_run(*pods), moment(*at, *now))
            }
            Self::GroupMinSize { min } => write!(f, "its group is at its minimum {min}"),
            Self::BusyUnschedulable { pods } => write!(f, "cordoned by us, but {} on it", pods_run(*pods)),
            Self::Busy { pods: 1, example } => write!(f, "{example} runs on it"),
            Self::Busy { pods, example } => write!(f, "{} on it, {example} among them", pods_run(*pods)),
            Self::PodPending { pods } => write!(f, "{} expected on it", count(u64::from(*pods), "pending pod")),
            Self::RoomKept { pods, room_for } => {
                write!(f, "room for {} of {room_for} is kept on it", count(u64::from(*pods), "pod"))
            }
            Self::LaunchHrGracePeriod { into, threshold } => {
                write!(f, "{into} into an hour since its launch, kept until {threshold} (--launch-hour-threshold)")
            }
            Self::TypeGracePeriod { idle, threshold, spares } => {
                write!(f, "idle {idle} of {threshold}, kept as one of {} of its shape", count(u64::from(*spares), "spare"))
            }
            Self::GracePeriod { idle, threshold } => write!(f, "idle {idle} of {threshold}"),
            Self::UnderUtilizedUndrainable { utilization, in_the_way } => {
                utilization.fmt(f)?;
                if let Some(PodInTheWay { pod, message, .. }) = in_the_way.first() {
                    write!(f, "; {pod} {message}")?;
                }
                match in_the_way.len() {
                    0 | 1 => Ok(()),
                    2 => f.write_str("; 1 more pod stays"),
                    pods => write!(f, "; {} more pods stay", pods - 1),
                }
            }
            Self::UnderUtilizedDrainable { utilization, pods, cost } => {
                let fit = if *pods == 1 { "1 pod fits".to_owned() } else { format!("{pods} pods fit") };
                write!(f, "{utilization}; its {fit} elsewhere, at an eviction cost of {cost}")
            }
            Self::IdleUnschedulable { cordoned_at, now } => {
                write!(f, "idle, cordoned by us at {}", moment(*cordoned_at, *now))
            }
            Self::IdleSchedulable { idle } => {
                write!(f, "idle {idle}")
            }
        }
    }
}

/// The resource of which pods request the largest share of a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Utilization {
    /// The resource.
    pub resource: String,
    /// How much the pods that keep the node request: millicores for `cpu`, whole units for
    /// everything else.
    pub requested: i64,
    /// How much the node offers, in the same unit.
    pub offered: i64,
}

impl fmt::Display for Utilization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { resource, requested, offered } = self;
        let percent = requested.saturating_mul(100) / (*offered).max(1);
        write!(f, "{} of {} {resource} requested ({percent}%)", amount(resource, *requested), amount(resource, *offered))
    }
}

fn pods_run(pods: u32) -> String {
    if pods == 1 { "1 pod runs".to_owned() } else { format!("{pods} pods run") }
}
