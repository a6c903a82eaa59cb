//! `--wait`: the run stays until the nodes that it takes out of service are gone.
//!
//! The two looks stay two: a node is terminated by the same step as in a later run, not before its
//! cordon has settled.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

use super::nodes::read_node;
use super::pods_on_node::refuse_if_busy;
use super::step_context::ApplyRun;
use super::{
    ApplyContext, ApplyReport, Ending, Obstacle, ReportedStep, SkipReason, StepOutcome, carry_out, removals_by_group, step,
};
use crate::plan::{Action, NodeRef, TerminateReason, count};
use crate::snapshot::{GroupId, Node};

/// The interval between two looks at the nodes; a pod's grace period is seconds at least.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// A node on its way out.
struct LeavingNode {
    node: NodeRef,
    group: GroupId,
    /// The evictions of a node that is drained.
    evictions: Option<Action>,
    /// Until when the run waits for its pods.
    until: Timestamp,
    /// Its termination, once it was read.
    termination: Option<Action>,
}

/// The result of a look at a node.
enum Look {
    /// The node waits.
    Waits,
    /// Its cordon is too young.
    Settles,
    /// It may end, together with others of its group.
    Due,
    /// Nothing more is to be done in this run.
    Over(Option<Box<ReportedStep>>),
}

/// Continues with the nodes that were cordoned or are drained until each is terminated or kept, or
/// its pods have not left for the `--drain-timeout` of its group. The steps are added to the
/// report.
pub(super) async fn wait(run: &ApplyRun<'_>, report: &mut ApplyReport) {
    let context = run.given;
    let mut leaving = on_their_way(report, (context.clock)());
    while !leaving.is_empty() {
        let names: Vec<&str> = leaving.iter().map(|leaving| leaving.node.name.as_str()).collect();
        let number = u64::try_from(names.len()).unwrap_or(u64::MAX);
        context.progress.set_label(&format!("waiting for {}: {}", count(number, "node"), names.join(", ")));
        let mut left = Vec::with_capacity(leaving.len());
        let (mut due, mut settling): (Vec<LeavingNode>, BTreeSet<GroupId>) = Default::default();
        for mut one in leaving {
            if let Some(why) = context.why_stop() {
                report.steps.extend(one.unfinished(StepOutcome::NotReached { why }));
                continue;
            }
            match look(run, &mut one).await {
                Look::Waits => left.push(one),
                Look::Settles => {
                    settling.insert(one.group.clone());
                    left.push(one);
                }
                Look::Due => due.push(one),
                Look::Over(step) => report.steps.extend(step.map(|step| *step)),
            }
        }
        // One request ends those of a group, so that those wait whose group has younger cordons.
        let (waiting, ready): (Vec<_>, Vec<_>) = due.into_iter().partition(|one| settling.contains(&one.group));
        left.extend(waiting);
        let terminations: Vec<Action> = ready.into_iter().filter_map(|one| one.termination).collect();
        report.steps.extend(removals_by_group(&terminations, "after waiting", run).await);
        leaving = left;
        if !leaving.is_empty() {
            let _ = tokio::time::timeout(LOOK_EVERY, context.stop.stopped()).await;
        }
    }
}

/// Returns the nodes that this run has cordoned, or whose pods it has evicted.
fn on_their_way(report: &ApplyReport, now: Timestamp) -> Vec<LeavingNode> {
    let is_done = |outcome: &StepOutcome| matches!(outcome, StepOutcome::Done);
    let goes_on = |outcome: &StepOutcome| {
        is_done(outcome) || matches!(outcome, StepOutcome::Skipped { why: SkipReason::BudgetSpent { .. } })
    };
    let made = |node: &NodeRef, group: &GroupId, evictions: Option<Action>, until: Timestamp| {
        Some(LeavingNode { node: node.clone(), group: group.clone(), evictions, until, termination: None })
    };
    let leaving = |step: &ReportedStep| match &step.action {
        Action::Cordon { node, group, .. } if is_done(&step.outcome) => made(node, group, None, now),
        Action::Evict { node, group, timeout, .. } if goes_on(&step.outcome) => {
            made(node, group, Some(step.action.clone()), timeout.after(now))
        }
        _ => None,
    };
    report.steps.iter().filter_map(leaving).collect()
}

async fn look(run: &ApplyRun<'_>, leaving: &mut LeavingNode) -> Look {
    match try_to_end(run, leaving).await {
        Ok(look) => look,
        Err(Obstacle::Skipped(SkipReason::NodeGone)) => Look::Over(None),
        Err(obstacle) => Look::Over(leaving.unfinished(obstacle.into()).map(Box::new)),
    }
}

async fn try_to_end(run: &ApplyRun<'_>, leaving: &mut LeavingNode) -> Result<Look, Obstacle> {
    let context = run.given;
    let now = (context.clock)();
    let found = read_node(context, &leaving.node).await?;
    let Some((termination, cordoned_at)) = leaving.termination_of(&found.node) else {
        // The node is needed after all.
        return Ok(Look::Over(None));
    };
    leaving.termination = Some(termination.clone());
    if let Some(evictions) = &leaving.evictions
        && is_occupied(context, &leaving.node).await?
    {
        if now >= leaving.until {
            return Ok(Look::Over(Some(ended(evictions, Box::pin(carry_out(evictions, &run.begin())).await))));
        }
        return Ok(match Box::pin(carry_out(evictions, &run.begin())).await {
            Ok(Ending {
                outcome: StepOutcome::Done | StepOutcome::Skipped { why: SkipReason::BudgetSpent { .. } }, ..
            }) => Look::Waits,
            ending => Look::Over(Some(ended(evictions, ending))),
        });
    }
    if now < context.policy.cordon_settle.after(cordoned_at) {
        return Ok(Look::Settles);
    }
    if context.cloud.removes_together() {
        return Ok(Look::Due);
    }
    let ending = step(&termination, "after waiting", run).await;
    Ok(Look::Over(Some(ended(&termination, Ok(ending)))))
}

/// Whether pods that keep the node are still on it.
async fn is_occupied(context: &ApplyContext<'_>, node: &NodeRef) -> Result<bool, Obstacle> {
    match refuse_if_busy(context, &node.name).await {
        Ok(()) => Ok(false),
        Err(Obstacle::Skipped(SkipReason::BecameBusy { .. })) => Ok(true),
        Err(obstacle) => Err(obstacle),
    }
}

fn ended(action: &Action, ending: Result<Ending, Obstacle>) -> Box<ReportedStep> {
    Box::new(ending.unwrap_or_else(Ending::from).of(action))
}

impl LeavingNode {
    /// Returns the step that ends the node, and since when it is cordoned by us; `None` when it no
    /// longer is.
    fn termination_of(&self, node: &Node) -> Option<(Action, Timestamp)> {
        let cordoned_at = node.cordoned_by_us()?;
        let action = Action::Terminate {
            node: self.node.clone(),
            group: self.group.clone(),
            instance: node.instance_id()?.to_owned(),
            cordoned_at,
            reason: TerminateReason::of(node),
        };
        Some((action, cordoned_at))
    }

    /// Returns the step that reports a node which is left to later runs.
    fn unfinished(&self, outcome: StepOutcome) -> Option<ReportedStep> {
        let action = self.termination.clone().or_else(|| self.evictions.clone())?;
        Some(ReportedStep { action, outcome, message: "left to a later run".to_owned(), came: Vec::new() })
    }
}
