//! How each step ended. Words are only in `Display`; nothing is decided by reading them.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::stop::StopCause;
use crate::duration::Seconds;
use crate::plan::{Action, Drainability, count};
use crate::snapshot::{Hindrance, Lifecycle, MachineHealth, ObjectName};

/// What `apply` did: one step for each action of the plan, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// The steps.
    pub steps: Vec<Step>,
}

/// One action and how it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// What was to be done.
    pub action: Action,
    /// How it ended.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// What else a person should know of it; often empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum Outcome {
    /// What the action wanted is so now.
    Done,
    /// It was not done, because what it depends on is not as the plan presumed.
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

/// What is not as the plan presumed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "code")]
pub enum SkipReason {
    /// There is no node of that name any more.
    NodeGone,
    /// The node of that name is another one.
    NodeReplaced,
    /// The node carries another idle mark than the plan saw.
    MarkChanged {
        /// Since when it is idle, as that mark says.
        found: Timestamp,
    },
    /// A person cordoned it.
    CordonedByPerson,
    /// It is not cordoned any more.
    NotCordoned,
    /// It was cordoned at another time than the plan saw.
    CordonChanged,
    /// It is not Ready.
    NotReady,
    /// Somebody put a mark on it that keeps it.
    Kept {
        /// The mark.
        mark: String,
    },
    /// This very run is on it.
    OwnNode,
    /// Pods keep it.
    BecameBusy {
        /// How many.
        pods: u32,
    },
    /// Room on it is being made for a pod.
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
    /// Its Ready condition changed in between: it may have been well for a while.
    ReadinessChanged,
    /// It is not marked as gone any more, or was marked anew.
    NotMarkedGone,
    /// Its instance is there after all.
    MachineThere {
        /// How it is.
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
    /// EC2 does not say what it is called, so that nobody can tell what is on it.
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
    /// Each time that all of it was read, too much time went by before the request could be sent.
    LooksTooOld,
    /// A pod on it must not be moved.
    PodStays {
        /// The pod.
        pod: ObjectName,
        /// Why it stays.
        why: Drainability,
    },
    /// A PodDisruptionBudget lets no more pods go at the moment.
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
    /// A process of the group that the step needs is switched off.
    Suspended {
        /// The process.
        process: String,
    },
    /// The group's desired capacity is already what was to be asked for, or more.
    AlreadyDesired {
        /// The desired capacity.
        desired: i64,
    },
    /// Somebody changed the group's desired capacity.
    DesiredChanged {
        /// What the plan saw.
        expected: i64,
        /// What it is now.
        found: i64,
    },
    /// The group's limits do not allow it any more.
    OutsideLimits {
        /// The minimum.
        min: i64,
        /// The maximum.
        max: i64,
    },
    /// The node is not the instance that the plan saw.
    OtherInstance,
    /// The instance is not in the group any more.
    NotInGroup,
    /// The instance is not in service.
    NotInService {
        /// What it is doing.
        lifecycle: Lifecycle,
    },
    /// The group would fall below its minimum.
    AtMin {
        /// The minimum.
        min: i64,
    },
    /// AWS could end an instance of its own choice: not every one is protected from scale-in, or new ones are not.
    Unprotected,
    /// An instance is being launched after all.
    LaunchUnderWay,
    /// The newest launch did not fail.
    NoFailure,
    /// The group has more than it wants, so AWS is removing instances of its own choice.
    AboveDesired {
        /// The capacity that lives.
        live: i64,
        /// The desired capacity.
        desired: i64,
    },
}

/// Why a step was not tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "code")]
pub enum NotReachedReason {
    /// Somebody, or the clock, asked to stop.
    Stopped {
        /// Who.
        cause: StopCause,
    },
    /// The Lease was not renewed for too long to be sure that it is still ours.
    LeaseStale {
        /// How long ago it was renewed.
        age: Seconds,
    },
    /// The Lease lapsed while the step was on its way, and was renewed since: another run may have been at work in between.
    LeaseLapsed,
    /// The Lease is not ours any more.
    LeaseLost {
        /// Who holds it.
        holder: String,
    },
}

/// How many steps ended in which way.
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

impl Report {
    /// Whether every step was done or skipped for a good reason; if not, the exit code is 3.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let Counts { done: _, skipped: _, failed, not_reached } = self.counts();
        failed == 0 && not_reached == 0
    }

    /// How many steps ended in which way.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for step in &self.steps {
            match step.outcome {
                Outcome::Done => counts.done += 1,
                Outcome::Skipped { .. } => counts.skipped += 1,
                Outcome::Failed { .. } => counts.failed += 1,
                Outcome::NotReached { .. } => counts.not_reached += 1,
            }
        }
        counts
    }
}

impl Outcome {
    /// One or two words for a column.
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

impl fmt::Display for Outcome {
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
        match hindrance {
            Hindrance::BeingDeleted => Self::GroupBeingDeleted,
            Hindrance::Suspended { process } => Self::Suspended { process },
        }
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NodeGone => f.write_str("the node is gone"),
            Self::NodeReplaced => f.write_str("another node has that name now"),
            Self::MarkChanged { found } => write!(f, "its idle mark says {} now", found.strftime("%F %T UTC")),
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
            Self::NamesUnknown => f.write_str("EC2 does not say what it is called"),
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
            Self::Suspended { process } => write!(f, "the group's process {process} is suspended"),
            Self::AlreadyDesired { desired } => write!(f, "desired is {desired} already"),
            Self::DesiredChanged { expected, found } => write!(f, "desired was {expected} and is {found} now"),
            Self::OutsideLimits { min, max } => write!(f, "the group's limits are {min} to {max} now"),
            Self::OtherInstance => f.write_str("it is another instance now"),
            Self::NotInGroup => f.write_str("its instance left the group"),
            Self::NotInService { lifecycle } => write!(f, "its instance is not in service but {lifecycle:?}"),
            Self::AtMin { min } => write!(f, "the group is at its minimum {min}"),
            Self::Unprotected => f.write_str("not every instance is protected from scale-in now"),
            Self::LaunchUnderWay => f.write_str("AWS is launching an instance after all"),
            Self::NoFailure => f.write_str("the newest launch did not fail"),
            Self::AboveDesired { live, desired } => {
                write!(f, "the group has {live} and wants {desired}, so AWS is choosing what goes")
            }
        }
    }
}

impl fmt::Display for NotReachedReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopped { cause } => cause.fmt(f),
            Self::LeaseStale { age } => write!(f, "the Lease was last renewed {age} ago, too long to rely on it"),
            Self::LeaseLapsed => f.write_str("the Lease lapsed while the step was on its way"),
            Self::LeaseLost { holder } => write!(f, "the Lease was taken over by {holder}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::NodeRef;

    fn step(outcome: Outcome) -> Step {
        let node = NodeRef { name: "node-a".into(), uid: "uid".into() };
        Step { action: Action::MarkIdle { node, since: Timestamp::UNIX_EPOCH }, outcome, message: String::new() }
    }

    #[test]
    fn a_skipped_step_leaves_the_report_complete_and_a_failed_one_does_not() {
        let skipped = step(Outcome::Skipped { why: SkipReason::NodeGone });
        let failed = step(Outcome::Failed { error: "no".into() });
        let unreached = step(Outcome::NotReached { why: NotReachedReason::Stopped { cause: StopCause::Interrupted } });
        assert!(Report { steps: vec![step(Outcome::Done), skipped.clone()] }.is_complete());
        assert!(!Report { steps: vec![step(Outcome::Done), failed.clone()] }.is_complete());
        assert!(!Report { steps: vec![unreached.clone()] }.is_complete());
        let report = Report { steps: vec![skipped.clone(), skipped, failed, unreached] };
        assert_eq!(report.counts(), Counts { done: 0, skipped: 2, failed: 1, not_reached: 1 });
    }

    #[test]
    fn json_reads_back() {
        let report = Report {
            steps: vec![
                step(Outcome::Done),
                step(Outcome::Skipped { why: SkipReason::Suspended { process: "Terminate".into() } }),
                step(Outcome::NotReached { why: NotReachedReason::LeaseStale { age: Seconds(46) } }),
            ],
        };
        let json = serde_json::to_string(&report).expect("a report is plain data");
        assert_eq!(serde_json::from_str::<Report>(&json).expect("what was written"), report);
    }
}
