//! Carries a plan out: one action after another, each checked against the present state.
//!
//! The plan leaves nothing to choose, so a step can only be done, be skipped because its
//! preconditions no longer hold, or fail. One that fails does not stop the others: they do not
//! depend on each other. What was not done is planned anew by the next run, which also recovers
//! from a run that died half-way.

mod buffer_status;
mod census;
mod cloud;
mod eviction_request;
mod expected;
pub mod lease;
mod node_marks;
mod nodes;
mod not_reached;
mod object_status;
mod outcome;
mod pods_on_node;
pub mod proof;
mod removal;
mod report;
pub mod steady;
mod step_context;
mod steps;
mod stop;
mod wait;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use futures::stream::{self, StreamExt as _};
use jiff::Timestamp;

pub(crate) use report::wrap;

pub use object_status::{DueStatus, StatusOutcome, StatusWrite, due_statuses, write_statuses};
pub use outcome::{ApplyReport, CameInGroup, Counts, NotReachedReason, ReportedStep, SkipReason, StepOutcome};
pub use stop::{StopCause, StopSignal};

use self::lease::HeldLease;
use self::proof::MissingProof;
use self::step_context::{ApplyRun, StepContext};
use self::steps::launch::NamedLaunch;
use self::steps::remove_together::{group_of_removal, remove_together};
use self::steps::terminate_unhealthy::UnhealthyInstance;
use crate::cloud::Cloud;
use crate::duration::Seconds;
use crate::plan::{Action, Plan, count};
use crate::policy::Policy;
use crate::progress::Progress;
use crate::snapshot::{GroupId, ObjectName};

/// Returns the time; `main` hands the real clock in.
pub type WallClock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What the steps need besides the plan.
pub struct ApplyContext<'a> {
    /// The cluster. Its client must not retry by itself (`default_retry = false`) and needs a read
    /// timeout.
    pub kubernetes: kube::Client,
    /// The cloud whose groups the plan is about.
    pub cloud: &'a Cloud,
    /// The policy that the plan was made with.
    pub policy: &'a Policy,
    /// The longest that an instance of any group may take to become a node: notes of growth are
    /// kept for twice as long.
    pub longest_init_time: Seconds,
    /// The pod of this run.
    pub own_pod: Option<&'a ObjectName>,
    /// Our Lease.
    pub lease: &'a HeldLease,
    /// Whether to stay until the leaving nodes are gone (`--wait`).
    pub wait: bool,
    /// Raised when the run should stop after the current step.
    pub stop: &'a StopSignal,
    /// Returns the time.
    pub clock: &'a (dyn Fn() -> Timestamp + Sync),
    /// Receives each step before it begins.
    pub progress: &'a dyn Progress,
}

impl fmt::Debug for ApplyContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApplyContext").field("own_pod", &self.own_pod).field("lease", &self.lease).finish_non_exhaustive()
    }
}

impl ApplyContext<'_> {
    /// Whether a write is not to be attempted any more. `attempt` counts from 0: a step that has
    /// begun is tried, and not again once the run is to stop. What hangs then ends with the
    /// client's own timeout.
    fn is_over(&self, attempt: u32) -> bool {
        attempt > 0 && self.stop.cause().is_some()
    }

    /// Returns why the run stops before its next step, if it does.
    fn why_stop(&self) -> Option<NotReachedReason> {
        let stopped = self.stop.cause().map(|cause| NotReachedReason::Stopped { cause });
        stopped.or_else(|| self.lease.check(self.lease.now()).err())
    }
}

/// Why a step was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Obstacle {
    /// A precondition no longer holds.
    Skipped(SkipReason),
    /// An attempt or a read failed.
    Failed(String),
    /// The Lease is no longer surely ours.
    NotReached(NotReachedReason),
}

impl From<SkipReason> for Obstacle {
    fn from(reason: SkipReason) -> Self {
        Self::Skipped(reason)
    }
}

impl From<MissingProof> for Obstacle {
    fn from(missing: MissingProof) -> Self {
        match missing {
            MissingProof::Fact(reason) => Self::Skipped(reason),
            MissingProof::Lease(reason) => Self::NotReached(reason),
        }
    }
}

impl From<Obstacle> for StepOutcome {
    fn from(obstacle: Obstacle) -> Self {
        match obstacle {
            Obstacle::Skipped(why) => Self::Skipped { why },
            Obstacle::Failed(error) => Self::Failed { error },
            Obstacle::NotReached(why) => Self::NotReached { why },
        }
    }
}

/// How a step ended, with a further message for a person, which is often empty, and the groups in
/// which a launch brought nodes.
struct Ending {
    outcome: StepOutcome,
    message: String,
    came: Vec<CameInGroup>,
}

impl Ending {
    fn done(message: &str) -> Self {
        Self::new(StepOutcome::Done, message.to_owned())
    }

    fn new(outcome: StepOutcome, message: String) -> Self {
        Self { outcome, message, came: Vec::new() }
    }

    /// Returns the step of the report.
    fn of(self, action: &Action) -> ReportedStep {
        let Self { outcome, message, came } = self;
        ReportedStep { action: action.clone(), outcome, message, came }
    }
}

impl From<Obstacle> for Ending {
    fn from(obstacle: Obstacle) -> Self {
        Self::new(obstacle.into(), String::new())
    }
}

/// Carries out the plan's actions in their order, and reports how each ended.
///
/// It stops between steps when `context.stop` is raised or the Lease is no longer surely ours; the
/// rest is `NotReached`.
pub async fn apply(plan: &Plan, context: &ApplyContext<'_>) -> ApplyReport {
    let mut report = ApplyReport::default();
    let run = &ApplyRun::new(plan, context);
    // Different nodes are emptied side by side, and instances may end together; everything else
    // goes one after the other.
    let is_eviction = |action: &Action| matches!(action, Action::Evict { .. });
    let is_joint_removal = |action: &Action| context.cloud.removes_together() && group_of_removal(action).is_some();
    let is_one_stretch =
        |one: &Action, next: &Action| is_eviction(one) && is_eviction(next) || is_joint_removal(one) && is_joint_removal(next);
    for stretch in plan.actions.chunk_by(is_one_stretch) {
        let begun = report.steps.len();
        if stretch.iter().all(is_joint_removal) {
            let position = format!("step {} of {}", begun + 1, plan.actions.len());
            report.steps.extend(removals_by_group(stretch, &position, run).await);
            continue;
        }
        let steps = stretch.iter().enumerate().map(|(place, action)| numbered(action, begun + place + 1, plan, run));
        let side_by_side =
            stream::iter(steps).buffered(usize::try_from(context.policy.max_parallel_drains.max(1)).unwrap_or(1));
        report.steps.extend(side_by_side.collect::<Vec<ReportedStep>>().await);
    }
    if context.wait {
        wait::wait(run, &mut report).await;
    }
    report
}

/// Ends instances, those of one group together, and returns the steps in the order of the actions.
async fn removals_by_group(stretch: &[Action], position: &str, run: &ApplyRun<'_>) -> Vec<ReportedStep> {
    let mut by_group: BTreeMap<&GroupId, Vec<usize>> = BTreeMap::new();
    for (place, action) in stretch.iter().enumerate() {
        if let Some(group) = group_of_removal(action) {
            by_group.entry(group).or_default().push(place);
        }
    }
    let mut steps: Vec<(usize, ReportedStep)> = Vec::with_capacity(stretch.len());
    for (group, places) in by_group {
        let actions: Vec<&Action> = places.iter().map(|place| &stretch[*place]).collect();
        steps.extend(places.into_iter().zip(remove_of_group(group, &actions, position, run).await));
    }
    steps.sort_by_key(|(place, _)| *place);
    steps.into_iter().map(|(_, step)| step).collect()
}

async fn remove_of_group(group: &GroupId, actions: &[&Action], position: &str, run: &ApplyRun<'_>) -> Vec<ReportedStep> {
    let number = u64::try_from(actions.len()).unwrap_or(u64::MAX);
    run.given.progress.set_label(&format!("{position}: end {} of {group}", count(number, "instance")));
    let endings = match run.given.why_stop() {
        Some(why) => actions.iter().map(|_| Err(Obstacle::NotReached(why.clone()))).collect(),
        None => Box::pin(remove_together(&run.begin(), group, actions)).await,
    };
    let reported = |(action, ending): (&&Action, Result<Ending, Obstacle>)| {
        let ending = ending.unwrap_or_else(Ending::from);
        tracing::info!("{action}: {}", ending.outcome);
        ending.of(action)
    };
    actions.iter().zip(endings).map(reported).collect()
}

async fn numbered(action: &Action, number: usize, plan: &Plan, run: &ApplyRun<'_>) -> ReportedStep {
    let ending: Ending = match run.given.why_stop() {
        Some(why) => Obstacle::NotReached(why).into(),
        None => step(action, &format!("step {number} of {}", plan.actions.len()), run).await,
    };
    tracing::info!("{action}: {}", ending.outcome);
    ending.of(action)
}

async fn step(action: &Action, position: &str, run: &ApplyRun<'_>) -> Ending {
    run.given.progress.set_label(&format!("{position}: {action}"));
    Box::pin(carry_out(action, &run.begin())).await.unwrap_or_else(Ending::from)
}

async fn carry_out(action: &Action, context: &StepContext<'_>) -> Result<Ending, Obstacle> {
    match action {
        Action::NoteInstances { seen, settled, fruitless } => steps::notes::note(context, seen, settled, fruitless).await,
        Action::ClearIdle { node, since } => steps::marks::clear_idle(context, node, *since).await,
        Action::MarkIdle { node, since } => steps::marks::mark_idle(context, node, *since).await,
        Action::ClearGone { node, since: _ } => steps::leftover::clear_gone(context, node).await,
        Action::MarkGone { node, instance, since } => steps::leftover::mark_gone(context, node, instance, *since).await,
        Action::DeleteNode { node, region, instance, since } => {
            steps::leftover::delete_node(context, node, region, instance, *since).await
        }
        Action::ClearNotReady { node } => steps::marks::clear_not_ready(context, node).await,
        Action::MarkNotReady { node, since } => steps::marks::mark_not_ready(context, node, *since).await,
        Action::Uncordon { node, reason: _ } => steps::uncordon::uncordon(context, node).await,
        Action::SetDesired { group, from, to, nodes: _, reason: _ } => {
            steps::set_desired::set_desired(context, group, *from, *to).await
        }
        Action::Launch { group, from, to, nodes: _, zones, subnets, otherwise, reason: _ } => {
            let (from, to) = (*from, *to);
            steps::launch::launch(context, &NamedLaunch { group, from, to, zones, subnets, otherwise }).await
        }
        Action::RevertDesired { group, from, to, failed_at, message: _ } => {
            steps::revert_desired::revert_desired(context, group, (*from, *to), *failed_at).await
        }
        Action::TerminateUnhealthy { group, instance, node, decrement, reason } => {
            let (node, decrement, reason) = (node.as_ref(), *decrement, *reason);
            let unhealthy = UnhealthyInstance { instance, node, decrement, reason };
            steps::terminate_unhealthy::terminate_unhealthy(context, group, unhealthy).await
        }
        Action::Cordon { node, group: _, reason } => steps::cordon::cordon(context, node, *reason).await,
        Action::StartDrain { node, group: _, limits, reason: _ } => {
            steps::begin_drain::begin_drain(context, node, *limits).await
        }
        Action::Evict { node, group: _, since, limits, timeout: _, pods } => {
            steps::evict::evict(context, node, *since, *limits, pods).await
        }
        Action::Terminate { node, group, instance, cordoned_at, reason: _ } => {
            steps::terminate::terminate(context, node, group, instance, *cordoned_at).await
        }
    }
}
