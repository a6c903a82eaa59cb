//! The report as a document: what `simulate -o json` prints.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::account::{Account, GroupAccount, accounts};
use super::gangs::GangFigures;
use super::series::{Moment, moments};
use super::troubles::{FailedLaunches, OutagePeriod, failed_launches, outages};
use super::utilisation::{Utilisation, utilisation};
use super::waits::Waits;
use super::why::{CauseFigures, GroupHeldBack, LongWait, NoNode, causes, held_back, longest_waits, no_node};
use crate::duration::Seconds;
use crate::policy::Policy;
use crate::simulate::{History, PodStory, Settings};
use crate::snapshot::GroupId;

/// The name of the format this version writes.
pub const REPORT_SCHEMA: &str = "ec2-autoscale/simulation/v1";

/// What came of a simulation.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Report {
    /// Always [`REPORT_SCHEMA`].
    #[schemars(extend("const" = REPORT_SCHEMA))]
    pub schema: String,
    /// The policy that was tried.
    pub policy: Policy,
    /// What the world was like.
    pub settings: Settings,
    /// When it began; all times below are seconds since then.
    pub started_at: Timestamp,
    /// How long it went on.
    pub lasted: Seconds,
    /// How often `apply` ran.
    pub runs: u32,
    /// What became of the pods.
    pub pods: PodFigures,
    /// How long those waited that got a node; absent where none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waits: Option<Waits>,
    /// How long pods waited by cause.
    pub wait_causes: Vec<CauseFigures>,
    /// The pods that never got a node, by reason.
    pub no_node: Vec<NoNode>,
    /// The longest waits of pods that got one.
    pub longest_waits: Vec<LongWait>,
    /// For how long groups could not grow for pods that waited, and by what.
    pub held_back: Vec<GroupHeldBack>,
    /// Launches that failed.
    pub failed_launches: Vec<FailedLaunches>,
    /// The outages of the trace.
    pub outages: Vec<OutagePeriod>,
    /// What became of the gangs; absent where none came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gangs: Option<GangFigures>,
    /// The time of nodes that were kept for CapacityBuffers alone: that a run has found so holds
    /// until the next one. Absent where there were no buffers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_for_buffers: Option<Seconds>,
    /// From the first pod to the end of the last one; absent where work was left, or none ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub makespan: Option<Seconds>,
    /// Most nodes that were Ready at a time.
    pub peak_nodes: u32,
    /// Requested in relation to offered.
    pub utilisation: Vec<Utilisation>,
    /// All groups together; its money is that of the groups whose prices are known.
    pub total: Account,
    /// The groups that the money is without.
    pub unpriced: Vec<GroupId>,
    /// Every group, in the order of the snapshot.
    pub groups: Vec<GroupAccount>,
    /// How things stood over time, thinned out to a thousand moments or so.
    pub moments: Vec<Moment>,
}

/// What became of the pods of the trace.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PodFigures {
    /// How many came.
    pub came: u32,
    /// How many did their work.
    pub ended: u32,
    /// How many never got a node.
    pub never_bound: u32,
    /// How long the one of these waited that came first.
    pub never_bound_longest: Seconds,
    /// How long all of them had no node, those that never got one to the end.
    pub waited: Seconds,
    /// Pods whose work was cut off by the end of the simulation, running and waiting, services
    /// among them; 0 when all work that ends was done.
    pub unfinished: u32,
    /// Most that waited at a time.
    pub peak_waiting: u32,
    /// Evictions by drains.
    pub evictions: u32,
    /// How often a pod lost its node.
    pub losses: u32,
    /// How long they had run in vain in all.
    pub lost_work: Seconds,
}

impl Report {
    /// Returns the report of a history that this policy and these settings produced.
    #[must_use]
    pub fn new(history: &History, policy: Policy, settings: Settings) -> Self {
        let bound = history.pods.iter().filter(|pod| pod.first_bound_at.is_some());
        let (groups, total, unpriced) = accounts(history);
        Self {
            schema: REPORT_SCHEMA.to_owned(),
            policy,
            settings,
            started_at: history.started_at,
            lasted: history.lasted,
            runs: history.runs,
            pods: PodFigures::from_history(history),
            waits: Waits::from_waits(bound.map(|pod| pod.waited)),
            wait_causes: causes(history),
            no_node: no_node(history),
            longest_waits: longest_waits(history),
            held_back: held_back(history),
            failed_launches: failed_launches(history),
            outages: outages(history),
            gangs: GangFigures::from_history(history),
            held_for_buffers: history.held_for_buffers,
            makespan: makespan(history),
            peak_nodes: history.samples.iter().map(|sample| sample.nodes.iter().sum()).max().unwrap_or(0),
            utilisation: utilisation(history),
            total,
            unpriced,
            groups,
            moments: moments(history),
        }
    }
}

impl PodFigures {
    /// Returns how long a pod had no node on average, rounded; `None` where none came.
    #[must_use]
    pub fn mean_wait(&self) -> Option<Seconds> {
        let pods = u64::from(self.came);
        Some(Seconds((self.waited.0 + pods / 2).checked_div(pods)?))
    }

    fn from_history(history: &History) -> Self {
        let number =
            |counts: fn(&&PodStory) -> bool| u32::try_from(history.pods.iter().filter(counts).count()).unwrap_or(u32::MAX);
        let never = |pod: &&PodStory| pod.first_bound_at.is_none();
        let last = history.samples.last().filter(|_| !history.is_whole);
        Self {
            came: number(|_| true),
            ended: number(|pod| pod.ended_at.is_some()),
            never_bound: number(|pod| pod.first_bound_at.is_none()),
            never_bound_longest: history.pods.iter().filter(never).map(|pod| pod.waited).max().unwrap_or_default(),
            waited: Seconds(history.pods.iter().map(|pod| pod.waited.0).sum()),
            unfinished: last.map_or(0, |sample| sample.waiting + sample.running),
            peak_waiting: history.samples.iter().map(|sample| sample.waiting).max().unwrap_or(0),
            evictions: history.pods.iter().map(|pod| pod.evictions).sum(),
            losses: history.pods.iter().map(|pod| pod.losses).sum(),
            lost_work: Seconds(history.pods.iter().map(|pod| pod.lost_work.0).sum()),
        }
    }
}

fn makespan(history: &History) -> Option<Seconds> {
    let first = history.pods.iter().map(|pod| pod.came_at).min()?;
    let last = history.pods.iter().filter_map(|pod| pod.ended_at).max()?;
    history.is_whole.then(|| Seconds(last.0.saturating_sub(first.0)))
}
