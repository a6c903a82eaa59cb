//! The news of a run for others, from the plan and the report alone.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use super::words::{LONGEST_NAME, for_others};
use super::{RunEnd, RunWork};
use crate::apply::{CameInGroup, ReportedStep, StepOutcome};
use crate::fair_order::in_turn;
use crate::plan::{
    Action, CordonReason, DrainReason, Eviction, NodeRef, PodReport, PodVerdict, Refusal, Ruling, TerminateReason,
    UnhealthyReason,
};
use crate::snapshot::{GroupId, ObjectName};

/// One piece of news.
#[derive(Debug, Clone, PartialEq)]
pub enum News<'a> {
    /// A group got more nodes: their number was requested, or they were launched.
    ScaledUp {
        /// The group: the one that has them, which may be another than the plan's.
        group: GroupId,
        /// Its desired capacity before.
        from: i64,
        /// Its desired capacity now.
        to: i64,
        /// Its maximum, if the plan has the group.
        max: Option<i64>,
        /// The pods it is for.
        pods: Vec<&'a ObjectName>,
    },
    /// A group did not get the nodes of the plan, or not all of them.
    ScaleUpFailed {
        /// The group.
        group: &'a GroupId,
        /// Why.
        error: &'a str,
        /// The pods it would have been for.
        pods: Vec<&'a ObjectName>,
    },
    /// Pods that nothing helps, all for the same reasons.
    NotHelped {
        /// Why not.
        verdict: &'a PodVerdict,
        /// The pods.
        pods: Vec<&'a ObjectName>,
    },
    /// A node came a step nearer to its end.
    ScaleIn {
        /// The node.
        node: &'a NodeRef,
        /// The step.
        step: LeavingStep<'a>,
    },
    /// A node could not be brought a step nearer to its end.
    ScaleInFailed {
        /// The node.
        node: &'a NodeRef,
        /// The step.
        step: LeavingStep<'a>,
        /// Why.
        error: &'a str,
    },
    /// The run did nothing usable.
    RunFailed {
        /// Why.
        error: &'a str,
    },
}

/// One step on the way of a node out of the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeavingStep<'a> {
    /// It takes no new pods.
    Cordoned {
        /// Why.
        reason: CordonReason,
    },
    /// It takes no new pods, and the pods it has will be evicted.
    DrainBegun {
        /// Why.
        reason: DrainReason,
    },
    /// Its pods were evicted.
    Emptied {
        /// The pods.
        pods: &'a [Eviction],
    },
    /// Its instance ends.
    Terminated {
        /// The instance.
        instance: &'a str,
        /// Its group.
        group: &'a GroupId,
        /// Why.
        reason: TerminateReason,
    },
    /// Its instance ends, because nothing runs there any more.
    Unhealthy {
        /// The instance.
        instance: &'a str,
        /// Its group.
        group: &'a GroupId,
        /// Whether AWS launches another.
        replaced: bool,
        /// Why.
        reason: UnhealthyReason,
    },
}

impl fmt::Display for LeavingStep<'_> {
    /// Writes the step as a clause, which also follows `failed: `.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cordoned { reason: CordonReason::Idle { since } } => {
                write!(f, "cordon, to be terminated by a later run: idle since {}", at(*since))
            }
            Self::Cordoned { reason: CordonReason::ReservationEnds { at: ends } } => {
                write!(f, "cordon: its machine ends with its reservation from {}, and takes no new pods", at(*ends))
            }
            Self::DrainBegun { reason: DrainReason::UnderUtilized } => {
                f.write_str("cordon, to be drained: little of it is requested, and its pods fit elsewhere")
            }
            Self::DrainBegun { reason: DrainReason::Consolidated } => {
                f.write_str("cordon, to be drained: its pods fit on the other nodes")
            }
            Self::DrainBegun { reason: DrainReason::Replaced } => {
                f.write_str("cordon, to be drained: its pods fit on a node that was bought in its place and costs less")
            }
            Self::DrainBegun { reason: DrainReason::ReservationEnds } => {
                f.write_str("cordon, to be drained: its machine ends with its reservation")
            }
            Self::Emptied { pods } => {
                let names: Vec<&ObjectName> = pods.iter().map(|eviction| &eviction.pod).collect();
                write!(f, "drain: {} evicted", some_of(&names))
            }
            Self::Terminated { instance, group, reason: TerminateReason::StillIdle } => {
                write!(f, "terminate {instance} of {group}: idle")
            }
            Self::Terminated { instance, group, reason: TerminateReason::Drained { since } } => {
                write!(f, "terminate {instance} of {group}: drained since {}", at(*since))
            }
            Self::Unhealthy { instance, group, replaced, reason } => {
                let verb = if *replaced { "replace" } else { "terminate" };
                match reason {
                    UnhealthyReason::Dead { since, machine } => {
                        write!(f, "{verb} {instance} of {group}: not Ready since {}", at(*since))?;
                        machine.iter().try_for_each(|machine| write!(f, ", and it {machine}"))
                    }
                    UnhealthyReason::NeverRegistered { first_seen } => {
                        write!(
                            f,
                            "{verb} {instance} of {group}: in service since {} or before and never became a node",
                            at(*first_seen)
                        )
                    }
                }
            }
        }
    }
}

/// Returns a moment for texts that are read later: never with its distance from now.
pub(super) fn at(moment: Timestamp) -> String {
    moment.strftime("%F %H:%M UTC").to_string()
}

/// Returns `ml/a, ml/b, ml/c and 12 more`; of several namespaces as many as there is room for.
pub(super) fn some_of(pods: &[&ObjectName]) -> String {
    const SHOWN: usize = 3;
    let shown = in_turn(pods.iter(), |pod| pod.namespace.clone()).into_iter().take(SHOWN);
    let shown: Vec<String> = shown.map(|pod| for_others(&pod.to_string(), LONGEST_NAME)).collect();
    match pods.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Returns the news of a run: first what it did, in its order, then the pods that nothing helps.
#[must_use]
pub fn news<'a>(end: &RunEnd<'a>) -> Vec<News<'a>> {
    let Some(work) = &end.work else {
        return end.error.map(|error| News::RunFailed { error }).into_iter().collect();
    };
    let pods_of = pods_by_group(work);
    let mut news: Vec<News<'a>> = work.report.steps.iter().flat_map(|step| from_step(step, work, &pods_of)).collect();
    news.extend(not_helped(&work.plan.pods));
    news
}

/// Returns the pods that are expected on new nodes of each group.
fn pods_by_group<'a>(work: &RunWork<'a>) -> BTreeMap<&'a GroupId, Vec<&'a ObjectName>> {
    let mut by_group: BTreeMap<&GroupId, Vec<&ObjectName>> = BTreeMap::new();
    for report in &work.plan.pods {
        if let PodVerdict::FitsNew { group, .. } = &report.ruling.verdict {
            by_group.entry(group).or_default().push(&report.pod);
        }
    }
    by_group
}

fn from_step<'a>(
    step: &'a ReportedStep,
    work: &RunWork<'a>,
    pods_of: &BTreeMap<&'a GroupId, Vec<&'a ObjectName>>,
) -> Vec<News<'a>> {
    match &step.action {
        Action::SetDesired { group, .. } | Action::Launch { group, .. } => {
            of_growth(step, work, pods_of.get(group).map_or(&[][..], Vec::as_slice))
        }
        _ => of_node(step).into_iter().collect(),
    }
}

/// Returns the groups that grew by a step, each with its share of the pods that the nodes are for,
/// and the failure of the group of the plan.
fn of_growth<'a>(step: &'a ReportedStep, work: &RunWork<'a>, pods: &[&'a ObjectName]) -> Vec<News<'a>> {
    let Some(growth) = step.action.growth() else { return Vec::new() };
    let wanted = usize::try_from(growth.nodes.max(1)).unwrap_or(usize::MAX);
    let mut left = pods;
    let mut news = Vec::new();
    for CameInGroup { group, from, to, nodes } in step.grown() {
        let nodes = usize::try_from(nodes).unwrap_or(usize::MAX);
        let share = pods.len().saturating_mul(nodes).div_ceil(wanted).min(left.len());
        let (own, others) = left.split_at(share);
        left = others;
        let max = work.plan.groups.iter().find(|report| report.group == group).map(|report| report.max);
        news.push(News::ScaledUp { group, from, to, max, pods: own.to_vec() });
    }
    if let StepOutcome::Failed { error } = &step.outcome {
        news.push(News::ScaleUpFailed { group: growth.group, error, pods: left.to_vec() });
    }
    news
}

fn of_node(step: &ReportedStep) -> Option<News<'_>> {
    let error = match &step.outcome {
        StepOutcome::Done => None,
        StepOutcome::Failed { error } => Some(error.as_str()),
        // The next run decides anew; there is no news yet.
        StepOutcome::Skipped { .. } | StepOutcome::NotReached { .. } => return None,
    };
    let scale_in = |node, step| match error {
        None => News::ScaleIn { node, step },
        Some(error) => News::ScaleInFailed { node, step, error },
    };
    match &step.action {
        Action::Cordon { node, group: _, reason } => Some(scale_in(node, LeavingStep::Cordoned { reason: *reason })),
        Action::StartDrain { node, group: _, limits: _, reason } => {
            Some(scale_in(node, LeavingStep::DrainBegun { reason: *reason }))
        }
        Action::Evict { node, group: _, since: _, limits: _, timeout: _, pods } => {
            Some(scale_in(node, LeavingStep::Emptied { pods }))
        }
        Action::Terminate { node, group, instance, cordoned_at: _, reason } => {
            Some(scale_in(node, LeavingStep::Terminated { instance, group, reason: *reason }))
        }
        Action::TerminateUnhealthy { group, instance, node: Some(node), decrement, reason } => {
            Some(scale_in(node, LeavingStep::Unhealthy { instance, group, replaced: !decrement, reason: *reason }))
        }
        // These are marks, nodes that come back, and actions on what is no object of the cluster;
        // of growth there is news of its own.
        Action::NoteInstances { .. }
        | Action::ClearIdle { .. }
        | Action::MarkIdle { .. }
        | Action::ClearGone { .. }
        | Action::MarkGone { .. }
        | Action::ClearNotReady { .. }
        | Action::MarkNotReady { .. }
        | Action::DeleteNode { .. }
        | Action::Uncordon { .. }
        | Action::SetDesired { .. }
        | Action::Launch { .. }
        | Action::RevertDesired { .. }
        | Action::TerminateUnhealthy { node: None, .. } => None,
    }
}

/// Returns the pods that nothing helps, those that share a ruling together.
fn not_helped(pods: &[PodReport]) -> Vec<News<'_>> {
    let mut places: BTreeMap<*const Ruling, usize> = BTreeMap::new();
    let mut found: Vec<(&PodVerdict, Vec<&ObjectName>)> = Vec::new();
    for report in pods.iter().filter(|report| report.ruling.verdict.is_unhelped()) {
        let place = *places.entry(Arc::as_ptr(&report.ruling)).or_insert(found.len());
        match found.get_mut(place) {
            Some((_, pods)) => pods.push(&report.pod),
            None => found.push((&report.ruling.verdict, vec![&report.pod])),
        }
    }
    found.into_iter().map(|(verdict, pods)| News::NotHelped { verdict, pods }).collect()
}

/// Whether no group could take such a pod however it grew: a person has to change the pod or the
/// groups.
#[must_use]
pub fn never_fits(verdict: &PodVerdict) -> bool {
    let PodVerdict::CannotHelp { refusals } = verdict else { return false };
    !refusals.is_empty()
        && refusals.iter().all(|refused| match refused.refusal {
            Refusal::Misfit { .. } | Refusal::LabelNotYetKnown { .. } => true,
            Refusal::ZoneNotCertain { .. }
            | Refusal::RefusedOnSibling { .. }
            | Refusal::HelpedNobody { .. }
            | Refusal::ZonesClosed { .. }
            | Refusal::ReservationEnds { .. }
            | Refusal::Blocked { .. }
            | Refusal::Full { .. }
            | Refusal::MaxScaleUp { .. }
            | Refusal::MaxGrowth { .. }
            | Refusal::ClusterLimit { .. }
            | Refusal::NamedLimit { .. }
            | Refusal::OverPodQuota { .. }
            | Refusal::Quota { .. }
            | Refusal::NotReviewed
            | Refusal::CheckRefuses => false,
        })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::apply::{ApplyReport, SkipReason};
    use crate::notify::Subjects;
    use crate::plan::{Plan, plan};
    use crate::policy::Policy;

    fn demo() -> (Plan, Subjects) {
        let snapshot = crate::demo::snapshot();
        let plan = plan(&snapshot, &Policy::default());
        let subjects = Subjects::from_plan(&snapshot, &plan);
        (plan, subjects)
    }

    /// Returns the news when every step of the demo ends that way.
    fn sentences(outcome: &StepOutcome) -> Vec<String> {
        let (plan, subjects) = demo();
        let step = |action: &Action| ReportedStep {
            action: action.clone(),
            outcome: outcome.clone(),
            message: String::new(),
            came: Vec::new(),
        };
        let report = ApplyReport { steps: plan.actions.iter().map(step).collect(), ..ApplyReport::default() };
        let work = Some(RunWork { plan: &plan, report: &report, subjects: &subjects });
        let end = RunEnd { cluster: "demo", ended: plan.made_at, took: Duration::ZERO, exit_code: 0, error: None, work };
        let words = |news: &News<'_>| match news {
            News::ScaledUp { group, from, to, max, pods } => format!("{group} {from}→{to} of {max:?}: {}", some_of(pods)),
            News::ScaleUpFailed { group, error, pods } => format!("not {group}: {error}: {}", some_of(pods)),
            News::NotHelped { verdict, pods } => format!("not helped: {}, never {}", some_of(pods), never_fits(verdict)),
            News::ScaleIn { node, step } => format!("{}: {step}", node.name),
            News::ScaleInFailed { node, step, error } => format!("{}: {step}: {error}", node.name),
            News::RunFailed { error } => (*error).to_owned(),
        };
        news(&end).iter().map(words).collect()
    }

    #[test]
    fn what_was_done_is_said_and_who_is_not_helped() {
        insta::assert_snapshot!(sentences(&StepOutcome::Done).join("\n"), @r"
        p3-east (us-east-1) 0→6 of Some(8): research/sweep-0, research/sweep-1, research/sweep-10 and 8 more
        ip-10-0-1-24.us-west-2.compute.internal: cordon, to be terminated by a later run: idle since 2026-11-22 11:47 UTC
        ip-10-0-1-22.us-west-2.compute.internal: terminate i-00000000000abc003 of cpu-west (us-west-2): idle
        not helped: research/llm-16gpu-0, never true
        ");
    }

    #[test]
    fn what_failed_is_said_with_its_error() {
        insta::assert_snapshot!(sentences(&StepOutcome::Failed { error: "AccessDenied".into() }).join("\n"), @r"
        not p3-east (us-east-1): AccessDenied: research/sweep-0, research/sweep-1, research/sweep-10 and 8 more
        ip-10-0-1-24.us-west-2.compute.internal: cordon, to be terminated by a later run: idle since 2026-11-22 11:47 UTC: AccessDenied
        ip-10-0-1-22.us-west-2.compute.internal: terminate i-00000000000abc003 of cpu-west (us-west-2): idle: AccessDenied
        not helped: research/llm-16gpu-0, never true
        ");
    }

    /// Of three nodes two come, both in another group; the pods go with them in their order.
    #[test]
    fn what_came_elsewhere_is_said_of_the_group_that_has_it() {
        let (plan, subjects) = demo();
        let growth = plan.actions.iter().find_map(Action::growth).expect("the demo grows a group");
        let (planned, reason) = (growth.group.clone(), growth.reason.clone());
        let other =
            plan.groups.iter().map(|report| &report.group).find(|group| **group != planned).expect("another group").clone();
        let (zones, subnets, otherwise) = (Vec::new(), BTreeMap::new(), Vec::new());
        let action = Action::Launch { group: planned.clone(), from: 0, to: 3, nodes: 3, zones, subnets, otherwise, reason };
        let outcome = StepOutcome::Failed { error: "no capacity".into() };
        let came = vec![CameInGroup { group: other.clone(), from: 1, to: 3, nodes: 2 }];
        let report = ApplyReport {
            steps: vec![ReportedStep { action, outcome, message: String::new(), came }],
            ..ApplyReport::default()
        };
        let work = Some(RunWork { plan: &plan, report: &report, subjects: &subjects });
        let end = RunEnd { cluster: "demo", ended: plan.made_at, took: Duration::ZERO, exit_code: 3, error: None, work };
        let all = news(&end);
        let News::ScaledUp { group, from: 1, to: 3, pods, .. } = &all[0] else { panic!("{all:?}") };
        let News::ScaleUpFailed { group: failed, error: "no capacity", pods: left } = &all[1] else { panic!("{all:?}") };
        assert_eq!((group, *failed), (&other, &planned));
        assert_eq!((pods.len(), left.len()), (8, 3), "the demo has eleven pods for that group");
    }

    #[test]
    fn what_was_skipped_is_for_the_next_run_to_tell() {
        let skipped = sentences(&StepOutcome::Skipped { why: SkipReason::GroupGone });
        assert!(matches!(&skipped[..], [one] if one.starts_with("not helped: ")), "{skipped:?}");
    }

    #[test]
    fn a_run_that_failed_says_only_that() {
        let end = RunEnd {
            cluster: "demo",
            ended: Timestamp::UNIX_EPOCH,
            took: Duration::ZERO,
            exit_code: 1,
            error: Some("listing pods: no answer"),
            work: None,
        };
        assert_eq!(news(&end), [News::RunFailed { error: "listing pods: no answer" }]);
        assert_eq!(end.trouble().as_deref(), Some("listing pods: no answer"));
    }
}
