//! The verdict on a pod, and its reason.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::lost_work::lost_work;
use crate::duration::{Seconds, moment};
use crate::plan::reason::count;
use crate::snapshot::{GangName, Ignored, ObjectName, Pod, PodSpec, RestartPolicy};
use crate::well_known::annotations::POD_DELETION_COST;

/// Whether a pod may be moved to another node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "code")]
pub enum Drainability {
    /// It does not count: it goes with its node.
    Ignored {
        /// Why.
        why: Ignored,
    },
    /// It may be evicted, if there is a place to move to.
    Movable {
        /// What that costs.
        cost: EvictionCost,
        /// Whether it belongs to a Job, which counts the eviction against its `backoffLimit`.
        of_job: bool,
        /// How much work it loses, where it states that.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        loses: Option<Seconds>,
    },
    /// It will be gone by itself.
    Waits {
        /// How.
        why: WaitReason,
    },
    /// It must stay where it is.
    Blocks {
        /// Why.
        why: BlockReason,
    },
}

impl Drainability {
    /// Whether it ends a drain that is under way, since it lasts longer than one. A budget that is
    /// spent may allow more again.
    #[must_use]
    pub fn ends_a_drain(&self) -> bool {
        match self {
            Self::Ignored { .. } | Self::Movable { .. } => false,
            Self::Waits { why } => !why.is_leaving(),
            Self::Blocks { why } => !why.may_pass(),
        }
    }

    /// Whether it keeps its node from being drained in this run.
    #[must_use]
    pub fn in_the_way(&self) -> bool {
        match self {
            Self::Ignored { .. } | Self::Movable { .. } => false,
            Self::Waits { .. } | Self::Blocks { .. } => true,
        }
    }
}

/// A pod that keeps its node from being drained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PodInTheWay {
    /// The pod.
    #[serde(flatten)]
    pub pod: ObjectName,
    /// The verdict on it.
    #[serde(flatten)]
    pub verdict: Drainability,
    /// The verdict in words that follow the pod's name.
    pub message: String,
}

impl PodInTheWay {
    pub(crate) fn new(pod: ObjectName, verdict: Drainability) -> Self {
        Self { pod, message: verdict.to_string(), verdict }
    }
}

/// Why a pod is waited for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "reason")]
pub enum WaitReason {
    /// `safe-to-evict: "on-completion"`.
    OnCompletion,
    /// It is being deleted.
    Leaving {
        /// When its grace period ends.
        until: Timestamp,
        /// `taken_at` of the snapshot.
        now: Timestamp,
    },
}

impl WaitReason {
    /// Whether the pod is being deleted.
    fn is_leaving(&self) -> bool {
        match self {
            Self::Leaving { .. } => true,
            Self::OnCompletion => false,
        }
    }
}

/// Why a pod must stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "reason")]
pub enum BlockReason {
    /// A label or annotation keeps it.
    Mark {
        /// Which, with its value.
        mark: String,
    },
    /// An annotation keeps it for a while.
    MarkUntil {
        /// Which, with its value.
        mark: String,
        /// Until when.
        until: Timestamp,
        /// `taken_at` of the snapshot.
        now: Timestamp,
    },
    /// No controller would replace it.
    NoController,
    /// Its controller does not simply replace it.
    Controller {
        /// For example `Job`.
        kind: String,
        /// The controller's name.
        name: String,
    },
    /// It is meant to end.
    RestartPolicy {
        /// Its restart policy.
        policy: RestartPolicy,
    },
    /// It was placed only a short while ago.
    ScheduledLately {
        /// How long ago.
        age: Seconds,
        /// `--drain-grace`.
        grace: Seconds,
    },
    /// Too much of its work would be lost.
    WorkLost {
        /// How much, by its annotations.
        lost: Seconds,
        /// `--max-lost-work`.
        most: Seconds,
    },
    /// It is in kube-system, and no budget states how many may be missing.
    SystemPod,
    /// It has data on the node.
    LocalStorage {
        /// In which volume.
        volume: String,
    },
    /// Its budget allows too few disruptions, counting those of this plan.
    BudgetSpent {
        /// The budget, in the pod's namespace.
        budget: String,
        /// How many it still allows.
        allowed: u32,
        /// How many it has to allow now, so that it can in time let all pods of the node go.
        needed: u32,
    },
    /// Its budget lets so few pods go at a time that the drain would be given up before the last.
    BudgetTooSlow {
        /// The budget, in the pod's namespace.
        budget: String,
        /// How many it still allows.
        allowed: u32,
        /// How many pods of the node it covers.
        pods: u32,
        /// How long a drain may take (three times `--drain-timeout`).
        within: Seconds,
    },
    /// More than one budget covers it.
    SeveralBudgets {
        /// The budgets, in the pod's namespace.
        budgets: Vec<String>,
    },
    /// Another scheduler places it.
    OtherScheduler {
        /// Which.
        scheduler: String,
    },
    /// It uses a resource claim.
    ResourceClaim {
        /// Its name in the pod.
        claim: String,
    },
    /// It runs together with pods on other nodes, which its eviction would stop as well.
    RunsTogether {
        /// What makes them run together.
        gang: GangName,
        /// How many of them run.
        running: u32,
        /// How many of these are on other nodes.
        elsewhere: u32,
    },
    /// It may run together with pods on other nodes: what states that could not be read.
    GangUnknown {
        /// What it names.
        gang: GangName,
    },
    /// No node that stays, existing and schedulable, would take it beside the others that move.
    NoPlaceToMove,
    /// There is room for all that move, but in no order of evictions that was tried would the
    /// scheduler leave this one a place.
    PlaceTaken,
}

impl BlockReason {
    /// Whether it may be over before the drain is: a budget allows more when other pods of it
    /// become Ready. A gang that is spread over nodes may be one that this drain moves, of which
    /// pods have gone to their new places.
    fn may_pass(&self) -> bool {
        match self {
            Self::BudgetSpent { .. } | Self::BudgetTooSlow { .. } | Self::RunsTogether { .. } | Self::GangUnknown { .. } => {
                true
            }
            Self::Mark { .. }
            | Self::MarkUntil { .. }
            | Self::NoController
            | Self::Controller { .. }
            | Self::RestartPolicy { .. }
            | Self::ScheduledLately { .. }
            | Self::WorkLost { .. }
            | Self::SystemPod
            | Self::LocalStorage { .. }
            | Self::SeveralBudgets { .. }
            | Self::OtherScheduler { .. }
            | Self::ResourceClaim { .. }
            | Self::NoPlaceToMove
            | Self::PlaceTaken => false,
        }
    }
}

impl fmt::Display for Drainability {
    /// Writes words that follow the pod's name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ignored { why } => write!(f, "goes with its node: {why}"),
            Self::Movable { cost, of_job, loses } => {
                write!(f, "may be moved, at an eviction cost of {cost}")?;
                loses.map_or(Ok(()), |lost| write!(f, ", losing {lost} of work"))?;
                let counts = "; it counts against the Job's backoffLimit unless its podFailurePolicy ignores DisruptionTarget";
                f.write_str(if *of_job { counts } else { "" })
            }
            Self::Waits { why } => why.fmt(f),
            Self::Blocks { why } => why.fmt(f),
        }
    }
}

impl fmt::Display for WaitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OnCompletion => f.write_str("asks to be left until it ends (safe-to-evict: on-completion)"),
            Self::Leaving { until, now } => write!(f, "is being deleted, until {}", moment(*until, *now)),
        }
    }
}

impl fmt::Display for BlockReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mark { mark } => write!(f, "is kept by its {mark}"),
            Self::MarkUntil { mark, until, now } => write!(f, "is kept by its {mark} until {}", moment(*until, *now)),
            Self::NoController => f.write_str("has no controller that would replace it"),
            Self::Controller { kind, name } => write!(f, "belongs to {kind} {name}, which would not simply replace it"),
            Self::RestartPolicy { policy } => write!(f, "has restartPolicy {policy:?}"),
            Self::ScheduledLately { age, grace } => {
                write!(f, "was placed here {age} ago, less than --drain-grace {grace}")
            }
            Self::WorkLost { lost, most } => write!(f, "would lose {lost} of work, more than --max-lost-work {most}"),
            Self::SystemPod => f.write_str("is in kube-system without a PodDisruptionBudget"),
            Self::LocalStorage { volume } => write!(f, "keeps data on the node, in its volume {volume}"),
            Self::BudgetSpent { budget, allowed, needed } => {
                let needed = if *needed == 1 { "1 is".to_owned() } else { format!("{needed} are") };
                let allowed = count(u64::from(*allowed), "disruption");
                write!(f, "is covered by the PodDisruptionBudget {budget}, which allows {allowed}, and {needed} needed")
            }
            Self::BudgetTooSlow { budget, allowed, pods, within } => write!(
                f,
                "is covered by the PodDisruptionBudget {budget}, which allows {}, too few to let {pods} pods go one \
                 after the other within {within} (three times --drain-timeout)",
                count(u64::from(*allowed), "disruption")
            ),
            Self::SeveralBudgets { budgets } => write!(
                f,
                "is covered by the PodDisruptionBudgets {}, and the API evicts no pod with more than one",
                budgets.join(", ")
            ),
            Self::OtherScheduler { scheduler } => write!(f, "is placed by {scheduler}, not by a --scheduler-name"),
            Self::ResourceClaim { claim } => {
                write!(f, "uses the resource claim {claim}; where else that could be had is not modelled")
            }
            Self::RunsTogether { gang, running, elsewhere } => write!(
                f,
                "is one of {} of {gang} that run together, {elsewhere} of them on other nodes",
                count(u64::from(*running), "pod")
            ),
            Self::GangUnknown { gang } => write!(f, "belongs to {gang}, which could not be read"),
            Self::PlaceTaken => {
                f.write_str("place-taken: the scheduler would give others its place, in whatever order they are evicted")
            }
            Self::NoPlaceToMove => f.write_str("no-place-to-move: no node that stays would take it"),
        }
    }
}

/// How costly the eviction of a pod is: 1 for an ordinary one, more for one of high priority or
/// high `pod-deletion-cost`, in units of 2⁻²⁷ so that sums are exact. It is Karpenter's
/// `EvictionCost` (`pkg/utils/disruption/disruption.go`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct EvictionCost(pub i64);

impl EvictionCost {
    /// The cost of an ordinary pod.
    pub const ONE: Self = Self(1 << 27);

    /// Ten minutes of lost work count as one more ordinary pod (ours).
    const WORK_OF_ONE: Seconds = Seconds::minutes(10);

    /// Returns 1 + deletion cost ÷ 2²⁷ + priority ÷ 2²⁵, limited to between −10 and 10, and what
    /// the pod loses by its own account.
    #[must_use]
    pub fn of(pod: &Pod, spec: &PodSpec, now: Timestamp) -> Self {
        let annotated = pod.drain_annotations.get(POD_DELETION_COST);
        let deletion_cost: i32 = annotated.and_then(|cost| cost.parse().ok()).unwrap_or(0);
        let exact = Self::ONE.0 + i64::from(deletion_cost) + i64::from(spec.priority) * 4;
        let lost = lost_work(pod, now).ok().flatten().unwrap_or_default();
        Self(exact.clamp(-10 * Self::ONE.0, 10 * Self::ONE.0)).and(Self::of_work(lost))
    }

    fn of_work(lost: Seconds) -> Self {
        let seconds = |duration: Seconds| i64::try_from(duration.0).unwrap_or(i64::MAX);
        Self(seconds(lost).saturating_mul(Self::ONE.0) / seconds(Self::WORK_OF_ONE))
    }

    fn and(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl std::iter::Sum for EvictionCost {
    fn sum<I: Iterator<Item = Self>>(costs: I) -> Self {
        costs.fold(Self::default(), Self::and)
    }
}

impl fmt::Display for EvictionCost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[expect(clippy::cast_precision_loss, reason = "two decimals of a small number")]
        let ones = self.0 as f64 / Self::ONE.0 as f64;
        write!(f, "{ones:.2}")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan::drain::test_pod::SamplePod;

    #[test]
    fn the_cost_of_an_eviction() {
        let cost = |sample: SamplePod| match sample.verdict() {
            Drainability::Movable { cost, .. } => cost.to_string(),
            other => panic!("{other}"),
        };
        assert_eq!(cost(SamplePod::web()), "1.00");
        assert_eq!(cost(SamplePod::web().annotation(POD_DELETION_COST, "67108864")), "1.50");
        assert_eq!(cost(SamplePod::web().annotation(POD_DELETION_COST, "no number")), "1.00");
        assert_eq!(cost(SamplePod::web().spec("priority", json!(33_554_432))), "2.00");
        assert_eq!(cost(SamplePod::web().spec("priority", json!(1_000_000_000))), "10.00");
        assert_eq!(cost(SamplePod::web().annotation(POD_DELETION_COST, "-2147483648")), "-10.00");
    }
}
