//! How each step ended. Texts are only in `Display`; nothing is decided by reading them.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use super::not_reached::NotReachedReason;
use super::object_status::StatusWrite;
use crate::plan::{Action, Drainability, count};
use crate::snapshot::{GroupId, Hindrance, Lifecycle, MachineHealth, ObjectName};

/// The result of `apply`: one step for each action of the plan, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApplyReport {
    /// The steps.
    pub steps: Vec<ReportedStep>,
    /// The statuses of objects that were to be written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statuses: Vec<StatusWrite>,
}

/// One action and how it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedStep {
    /// The action.
    pub action: Action,
    /// How it ended.
    #[serde(flatten)]
    pub outcome: StepOutcome,
    /// A further message for a person; often empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// The groups in which a launch brought nodes, however the step ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub came: Vec<CameInGroup>,
}

/// The nodes that a launch brought in a group: the one of the plan, or another in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CameInGroup {
    /// The group.
    #[serde(flatten)]
    pub group: GroupId,
    /// Its desired capacity before.
    pub from: i64,
    /// Its desired capacity with these nodes.
    pub to: i64,
    /// How many nodes came or were requested there.
    pub nodes: u32,
}

impl ReportedStep {
    /// Returns the groups that grew by the step: those that really did, not the one of the plan.
    #[must_use]
    pub fn grown(&self) -> Vec<CameInGroup> {
        if !self.came.is_empty() || self.outcome != StepOutcome::Done {
            return self.came.clone();
        }
        let planned = self.action.growth().map(|growth| CameInGroup {
            group: growth.group.clone(),
            from: growth.from,
            to: growth.to,
            nodes: growth.nodes,
        });
        planned.into_iter().collect()
    }
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum StepOutcome {
    /// The state that the action wanted is reached.
    Done,
    /// It was not done, because a precondition of the plan no longer holds.
    Skipped {
        /// What is different.
        why: SkipReason,
    },
    /// It was tried and did not succeed, or what it depends on could not be read.
    Failed {
        /// The error.
        error: String,
    },
    /// It was not tried.
    NotReached {
        /// Why the run stopped before it.
        why: NotReachedReason,
    },
}

/// The difference from what the plan presumed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "code")]
pub enum SkipReason {
    /// No node has that name any more.
    NodeGone,
    /// The node of that name is another one.
    NodeReplaced,
    /// The node carries another idle mark than in the plan.
    MarkChanged {
        /// Since when it is idle, according to that mark.
        found: Timestamp,
    },
    /// A person cordoned it.
    CordonedByPerson,
    /// It is not cordoned any more.
    NotCordoned,
    /// It was cordoned at another time than in the plan.
    CordonChanged,
    /// It is not Ready.
    NotReady,
    /// It has a mark that keeps it.
    Kept {
        /// The mark.
        mark: String,
    },
    /// This run itself is on it.
    OwnNode,
    /// Pods keep it.
    BecameBusy {
        /// How many.
        pods: u32,
    },
    /// A pod is nominated to it.
    PodNominated {
        /// The pod.
        pod: ObjectName,
    },
    /// The scheduler chose it for a volume that is being made.
    VolumeSelected {
        /// The claim.
        claim: ObjectName,
    },
    /// It is Ready again.
    Recovered,
    /// Its Ready condition changed in between: it may have been Ready for a while.
    ReadinessChanged,
    /// It is not marked as gone any more, or was marked anew.
    NotMarkedGone,
    /// Its instance exists after all.
    MachineThere {
        /// The health of the instance.
        health: MachineHealth,
    },
    /// It became a node after all.
    Registered {
        /// The node.
        node: String,
    },
    /// A pod is bound to one of its names, though there is no such Node now: the pod may run on it.
    PodBound {
        /// The pod.
        pod: ObjectName,
        /// The name.
        node: String,
    },
    /// EC2 does not report its names, so that the pods on it are unknown.
    NamesUnknown,
    /// Another Node claims the same instance.
    TwoNodes {
        /// The other one.
        other: String,
    },
    /// The mark that its instance is gone is too young.
    MarkTooYoung {
        /// When it will be old enough.
        until: Timestamp,
    },
    /// At each attempt too much time went by between the reads and the request.
    LooksTooOld,
    /// A pod on it must not be moved.
    PodStays {
        /// The pod.
        pod: ObjectName,
        /// Why it stays.
        why: Drainability,
    },
    /// A PodDisruptionBudget allows no more disruptions at the moment.
    BudgetSpent {
        /// The pod that has to wait.
        pod: ObjectName,
    },
    /// It is not marked as being drained any more.
    NotDraining,
    /// The cordon is younger than `--cordon-settle`.
    TooSoon {
        /// When it will be old enough.
        until: Timestamp,
    },
    /// There is no group of that name any more.
    GroupGone,
    /// The group is being deleted.
    GroupBeingDeleted,
    /// A process of the group that the step needs is suspended.
    Suspended {
        /// The process.
        process: String,
    },
    /// The cloud works on the nodes of the group by itself.
    CloudAtWork {
        /// What it does.
        detail: String,
    },
    /// An earlier request to end others of the group may be under way.
    RemovalUnderWay {
        /// When it was sent.
        since: Timestamp,
    },
    /// The group's desired capacity is already the requested one, or more.
    AlreadyDesired {
        /// The desired capacity.
        desired: i64,
    },
    /// Somebody changed the group's desired capacity.
    DesiredChanged {
        /// The desired capacity in the plan.
        expected: i64,
        /// The desired capacity now.
        found: i64,
    },
    /// The group's limits no longer allow it.
    OutsideLimits {
        /// The minimum.
        min: i64,
        /// The maximum.
        max: i64,
    },
    /// The node is not the instance of the plan.
    OtherInstance,
    /// The instance is not in the group any more.
    NotInGroup,
    /// The instance is not in service.
    NotInService {
        /// Its state.
        lifecycle: Lifecycle,
    },
    /// The group would fall below its minimum.
    AtMin {
        /// The minimum.
        min: i64,
    },
    /// AWS could end an instance of its own choice: an instance is not protected from scale-in, or
    /// new ones are not.
    Unprotected,
    /// An instance is being launched after all.
    LaunchUnderWay,
    /// The newest launch did not fail.
    NoFailure,
    /// The group has more than its desired capacity, so AWS is removing instances of its own
    /// choice.
    AboveDesired {
        /// The live capacity.
        live: i64,
        /// The desired capacity.
        desired: i64,
    },
}

/// The number of steps by outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Done.
    pub done: usize,
    /// Skipped.
    pub skipped: usize,
    /// Failed.
    pub failed: usize,
    /// Not reached.
    pub not_reached: usize,
}

impl ApplyReport {
    /// Whether every step was done or skipped for a good reason, and every status was written; if
    /// not, the exit code is 3.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let Counts { done: _, skipped: _, failed, not_reached } = self.counts();
        failed == 0 && not_reached == 0 && !self.statuses.iter().any(StatusWrite::has_failed)
    }

    /// Returns the number of steps by outcome.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for step in &self.steps {
            match step.outcome {
                StepOutcome::Done => counts.done += 1,
                StepOutcome::Skipped { .. } => counts.skipped += 1,
                StepOutcome::Failed { .. } => counts.failed += 1,
                StepOutcome::NotReached { .. } => counts.not_reached += 1,
            }
        }
        counts
    }
}

impl StepOutcome {
    /// Returns one or two words for a column.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Skipped { .. } => "skipped",
            Self::Failed { .. } => "failed",
            Self::NotReached { .. } => "not reached",
        }
    }
}

impl fmt::Display for StepOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            Self::Skipped { why } => write!(f, "skipped: {why}"),
            Self::Failed { error } => write!(f, "failed: {error}"),
            Self::NotReached { why } => write!(f, "not reached: {why}"),
        }
    }
}

impl From<Hindrance> for SkipReason {
    fn from(hindrance: Hindrance) -> Self {
        let detail = hindrance.to_string();
        match hindrance {
            Hindrance::BeingDeleted => Self::GroupBeingDeleted,
            Hindrance::Suspended { process } => Self::Suspended { process },
            Hindrance::OperatedBy { .. }
            | Hindrance::Updating
            | Hindrance::NotActive { .. }
            | Hindrance::Busy { .. }
            | Hindrance::NotOffered { .. } => Self::CloudAtWork { detail },
        }
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NodeGone => f.write_str("the node is gone"),
            Self::NodeReplaced => f.write_str("another node has that name now"),
            Self::MarkChanged { found } => write!(f, "its idle mark is from {} now", found.strftime("%F %T UTC")),
            Self::CordonedByPerson => f.write_str("a person cordoned it"),
            Self::NotCordoned => f.write_str("it is not cordoned any more"),
            Self::CordonChanged => f.write_str("it was cordoned anew in between"),
            Self::NotReady => f.write_str("it is not Ready"),
            Self::Kept { mark } => write!(f, "{mark} keeps it"),
            Self::OwnNode => f.write_str("this run is on it"),
            Self::BecameBusy { pods } => write!(f, "it became busy: {}", count(u64::from(*pods), "pod")),
            Self::PodNominated { pod } => write!(f, "it became busy: room is being made for {pod}"),
            Self::VolumeSelected { claim } => write!(f, "it became busy: the volume of {claim} is being made for it"),
            Self::Recovered => f.write_str("it is Ready again"),
            Self::ReadinessChanged => f.write_str("its Ready condition changed in between"),
            Self::NotMarkedGone => f.write_str("its mark is not the one that the plan saw"),
            Self::MachineThere { health } => write!(f, "its instance {health}"),
            Self::Registered { node } => write!(f, "it became the node {node} after all"),
            Self::PodBound { pod, node } => write!(f, "{pod} is bound to its name {node}"),
            Self::NamesUnknown => f.write_str("the cloud does not report its names"),
            Self::TwoNodes { other } => write!(f, "the node {other} claims the same instance"),
            Self::MarkTooYoung { until } => write!(f, "its mark is too young until {}", until.strftime("%H:%M:%S UTC")),
            Self::LooksTooOld => f.write_str("what was read was too old each time before the request could be sent"),
            Self::PodStays { pod, why } => write!(f, "{pod} {why}"),
            Self::BudgetSpent { pod } => write!(f, "{pod} has to wait for its PodDisruptionBudget"),
            Self::NotDraining => f.write_str("it is not being drained any more"),
            Self::TooSoon { until } => {
                write!(f, "its cordon settles until {} (--cordon-settle)", until.strftime("%H:%M:%S UTC"))
            }
            Self::GroupGone => f.write_str("the group is gone"),
            Self::GroupBeingDeleted => f.write_str("the group is being deleted"),
            Self::CloudAtWork { detail } => f.write_str(detail),
            Self::RemovalUnderWay { since } => {
                let since = since.strftime("%H:%M:%S UTC");
                write!(f, "the request of {since} to remove others of the group may be under way: nothing of it shows yet")
            }
            Self::Suspended { process } => write!(f, "the group's process {process} is suspended"),
            Self::AlreadyDesired { desired } => write!(f, "desired is {desired} already"),
            Self::DesiredChanged { expected, found } => write!(f, "desired was {expected} and is {found} now"),
            Self::OutsideLimits { min, max } => write!(f, "the group's limits are {min} to {max} now"),
            Self::OtherInstance => f.write_str("it is another instance now"),
            Self::NotInGroup => f.write_str("its instance left the group"),
            Self::NotInService { lifecycle } => write!(f, "its instance is not in service but {lifecycle:?}"),
            Self::AtMin { min } => write!(f, "the group is at its minimum {min}"),
            Self::Unprotected => f.write_str("not every instance is protected from scale-in now"),
            Self::LaunchUnderWay => f.write_str("the cloud is launching an instance after all"),
            Self::NoFailure => f.write_str("the newest launch did not fail"),
            Self::AboveDesired { live, desired } => {
                write!(f, "the group has {live} and wants {desired}, so the cloud is choosing what goes")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::StopCause;
    use crate::duration::Seconds;
    use crate::plan::NodeRef;

    fn step(outcome: StepOutcome) -> ReportedStep {
        let node = NodeRef { name: "node-a".into(), uid: "uid".into() };
        ReportedStep {
            action: Action::MarkIdle { node, since: Timestamp::UNIX_EPOCH },
            outcome,
            message: String::new(),
            came: Vec::new(),
        }
    }

    #[test]
    fn a_skipped_step_leaves_the_report_complete_and_a_failed_one_does_not() {
        let skipped = step(StepOutcome::Skipped { why: SkipReason::NodeGone });
        let failed = step(StepOutcome::Failed { error: "no".into() });
        let unreached = step(StepOutcome::NotReached { why: NotReachedReason::Stopped { cause: StopCause::Interrupted } });
        assert!(ApplyReport { steps: vec![step(StepOutcome::Done), skipped.clone()], ..ApplyReport::default() }.is_complete());
        assert!(!ApplyReport { steps: vec![step(StepOutcome::Done), failed.clone()], ..ApplyReport::default() }.is_complete());
        assert!(!ApplyReport { steps: vec![unreached.clone()], ..ApplyReport::default() }.is_complete());
        let report = ApplyReport { steps: vec![skipped.clone(), skipped, failed, unreached], ..ApplyReport::default() };
        assert_eq!(report.counts(), Counts { done: 0, skipped: 2, failed: 1, not_reached: 1 });
    }

    #[test]
    fn json_reads_back() {
        let report = ApplyReport {
            steps: vec![
                step(StepOutcome::Done),
                step(StepOutcome::Skipped { why: SkipReason::Suspended { process: "Terminate".into() } }),
                step(StepOutcome::NotReached { why: NotReachedReason::LeaseStale { age: Seconds(46) } }),
            ],
            ..ApplyReport::default()
        };
        let json = serde_json::to_string(&report).expect("a report is plain data");
        assert_eq!(serde_json::from_str::<ApplyReport>(&json).expect("what was written"), report);
    }
}
