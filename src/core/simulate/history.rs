//! The events in a simulated world: the input of a report.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::wait_cause::{HeldBack, WaitPart};
use crate::duration::Seconds;
use crate::snapshot::{GangName, GroupId, Name, ObjectName, Resources, UsdPerHour};
use crate::trace::Outage;

/// Everything that happened. Times are counted from [`History::started_at`].
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// When it began.
    pub started_at: Timestamp,
    /// How long it went on.
    pub lasted: Seconds,
    /// Whether all work of the trace that ends was done, so that
    /// [`Settings::longest`](super::Settings) cut nothing off.
    pub is_whole: bool,
    /// The groups, in the order of the snapshot; others name one by its place here.
    pub groups: Vec<GroupId>,
    /// Every pod of the trace, in the order in which they arrived. A pod that is evicted or loses
    /// its node remains one pod: it is created again under another UID, and waits again.
    pub pods: Vec<PodStory>,
    /// Every gang of the trace, in the order in which the first pods of each arrived.
    pub gangs: Vec<GangStory>,
    /// The time of nodes that only CapacityBuffers kept; absent where there were none.
    pub held_for_buffers: Option<Seconds>,
    /// Every instance that ever existed, in the order in which they were launched.
    pub instances: Vec<InstanceStory>,
    /// The state of the world after each run of `apply`, and whenever something changed in between.
    pub samples: Vec<WorldSample>,
    /// Launches that failed, by group.
    pub failed_launches: Vec<u32>,
    /// The same by time, in their order.
    pub failures: Vec<LaunchFailures>,
    /// For how long each group could not grow for pods that waited, and by what.
    pub held_back: BTreeMap<(usize, HeldBack), Seconds>,
    /// The outages of the trace.
    pub outages: Vec<Outage>,
    /// How often `apply` ran.
    pub runs: u32,
}

/// The life of a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodStory {
    /// Its name when it was first created.
    pub pod: ObjectName,
    /// When it arrived.
    pub came_at: Seconds,
    /// When it was first bound.
    pub first_bound_at: Option<Seconds>,
    /// How long it had no node in all.
    pub waited: Seconds,
    /// The same by cause, in the order in which the causes first held.
    pub wait_parts: Vec<WaitPart>,
    /// When it had done its work.
    pub ended_at: Option<Seconds>,
    /// How often it was evicted by a drain.
    pub evictions: u32,
    /// How often it lost its node, or its place there to a more important pod.
    pub losses: u32,
    /// How long it had a node and waited there for others of its gang.
    pub sat: Seconds,
    /// How long it had run in vain when it, or so many of its gang that the others could not go on,
    /// was evicted or lost its node.
    pub lost_work: Seconds,
    /// The group of the node it ran on last.
    pub group: Option<usize>,
}

/// The life of a gang. It runs while as many of its pods as start together have a node; what has
/// ended by itself is not missed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GangStory {
    /// Its namespace.
    pub namespace: Name,
    /// Its kind and name.
    pub gang: GangName,
    /// When the first of its pods arrived.
    pub came_at: Seconds,
    /// When it first ran.
    pub first_ran_at: Option<Seconds>,
    /// How long it waited in all, with pods and without running.
    pub waited: Seconds,
}

/// The life of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceStory {
    /// Its id.
    pub id: String,
    /// Its group.
    pub group: usize,
    /// Its zone.
    pub zone: String,
    /// Its machine type.
    pub machine_type: String,
    /// Whether it is a spot instance.
    pub spot: bool,
    /// Whether it uses a reservation.
    pub reserved: bool,
    /// What it would cost on demand where it uses a reservation, if that is known.
    pub worth: Option<UsdPerHour>,
    /// What it costs, where prices are known: nothing where it uses a reservation. It is billed by
    /// the second from its launch on.
    pub price: Option<UsdPerHour>,
    /// When it was launched; 0 also for those that existed before.
    pub launched_at: Seconds,
    /// When its node became Ready.
    pub ready_at: Option<Seconds>,
    /// When it ended, and why; absent when it existed to the end.
    pub ended: Option<(Seconds, Departure)>,
    /// What its node offers to pods beside its DaemonSets.
    pub offers: Resources,
    /// How long it was there for gangs that could not start: no pod worked on it, and pods of such
    /// a gang sat on it, or it was empty and had been launched for one. An instance that was there
    /// at the start counts for nothing.
    pub for_torn_gangs: Seconds,
    /// How long pods of no DaemonSet ran on it, in seconds: at least one at a time.
    pub busy: Seconds,
    /// Requests of those pods times the seconds they ran, in the units of [`Resources`] times
    /// seconds.
    pub used: Resources,
}

/// The reason why an instance ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Departure {
    /// A plan removed it.
    ScaledIn,
    /// The cloud took a spot instance back.
    Interrupted,
    /// It was no spot instance, and failed.
    Failed,
    /// The cloud ended it, since its reservation ended.
    ReservationEnded,
    /// The cloud chose it, since more were there than the group desired.
    Surplus,
    /// The cloud replaced it, since it had reached the age at which its group does that.
    TooOld,
}

/// The state of the world from a moment on, until the next sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorldSample {
    /// The moment.
    pub at: Seconds,
    /// Nodes that are Ready, by group.
    pub nodes: Vec<u32>,
    /// Instances launched whose node is not Ready yet, by group.
    pub starting: Vec<u32>,
    /// Pods of the trace that wait for a node.
    pub waiting: u32,
    /// Pods of the trace that run.
    pub running: u32,
    /// The cost per hour of all existing instances, as far as prices are known.
    pub rate: UsdPerHour,
    /// The same by group.
    pub costs: Arc<[GroupCost]>,
}

/// What the instances of a group cost per hour, as far as prices are known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GroupCost {
    /// All of them.
    pub rate: UsdPerHour,
    /// Those without a pod that is no DaemonSet's.
    pub idle_rate: UsdPerHour,
}

/// Launches of a group that failed at the same moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaunchFailures {
    /// The moment.
    pub at: Seconds,
    /// The group.
    pub group: usize,
    /// How many.
    pub launches: u32,
}
