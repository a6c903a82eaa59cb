//! Whether a pod may be moved. The rules stand in one ordered list, one a file, and the first with
//! a verdict decides.

mod budgets;
mod disruptions_left;
mod limits;
mod lost_work;
mod rules;
mod running_gang;
mod under_way;
mod verdict;

use jiff::Timestamp;

pub(crate) use budgets::{Budgets, CoveringBudgets};
pub(crate) use disruptions_left::{BudgetNeeds, DisruptionsLeft, TooFewDisruptions};
pub use limits::EvictionLimits;
pub(crate) use rules::is_made_again;
pub(crate) use under_way::{UnderWay, drains, given_up_at, patience, under_way};
pub use verdict::{BlockReason, Drainability, EvictionCost, PodInTheWay, WaitReason};

use super::fleet::{Fleet, NodeEntry};
use crate::snapshot::{DisruptionBudget, Name, ObjectName, Pod, PodSpec};
use crate::well_known::annotations::OF_A_POD;
use rules::RULES;
use running_gang::RunningGang;

/// What a rule may read.
#[derive(Clone, Copy)]
pub(crate) struct Question<'q> {
    pub(crate) pod: &'q Pod,
    pub(crate) spec: &'q PodSpec,
    pub(crate) now: Timestamp,
    /// The pod in which this run is.
    pub(crate) own_pod: Option<&'q ObjectName>,
    /// `--expendable-below`.
    pub(crate) expendable_below: Option<i32>,
    /// `--scheduler-name`.
    pub(crate) scheduler_names: &'q [String],
    /// What pods of the node are not put to.
    pub(crate) limits: EvictionLimits,
    pub(crate) budgets: &'q Budgets<'q>,
    /// The pods with which it runs together; absent where there are none, or nothing is known.
    pub(crate) gang: Option<RunningGang<'q>>,
}

impl Question<'_> {
    /// Returns the value of an annotation of the pod, which must be one that readers keep.
    fn annotation(&self, key: &str) -> Option<&str> {
        debug_assert!(OF_A_POD.contains(&key), "{key} is in no snapshot");
        self.pod.drain_annotations.get(key).map(Name::as_str)
    }
}

/// Returns the verdict of the first rule that has one. A pod without any may be moved.
pub(crate) fn drainability(question: &Question<'_>) -> Drainability {
    let is_safe = rules::safe_to_evict::permits_eviction(question);
    let rules = RULES.iter().filter(|rule| !(is_safe && rule.lifted_by_safe_to_evict));
    rules.into_iter().find_map(|rule| (rule.verdict)(question)).unwrap_or_else(|| movable(question))
}

fn movable(question: &Question<'_>) -> Drainability {
    let of_job = question.pod.owner.as_ref().is_some_and(|owner| owner.kind == "Job");
    let loses = lost_work::lost_work(question.pod, question.now).ok().flatten();
    Drainability::Movable { cost: EvictionCost::of(question.pod, question.spec, question.now), of_job, loses }
}

/// Returns the verdict on a pod of a node.
pub(crate) fn of_pod(fleet: &Fleet<'_>, entry: &NodeEntry<'_>, pod: &Pod, budgets: &Budgets<'_>) -> Drainability {
    drainability(&Question {
        pod,
        spec: fleet.spec(pod),
        now: fleet.now(),
        own_pod: fleet.snapshot.cluster.own_pod.as_ref(),
        expendable_below: fleet.policy.expendable_below,
        scheduler_names: &fleet.policy.scheduler_names,
        limits: EvictionLimits::of(fleet, entry),
        budgets,
        gang: running_gang::of_pod(fleet, entry, pod),
    })
}

/// What the verdict on a pod depends on besides the pod, for a caller that has just read all of it.
#[derive(Debug, Clone, Copy)]
pub struct DrainTerms<'a> {
    /// The time at which ages are measured.
    pub now: Timestamp,
    /// The pod in which this run is.
    pub own_pod: Option<&'a ObjectName>,
    /// `--expendable-below`.
    pub expendable_below: Option<i32>,
    /// `--scheduler-name`.
    pub scheduler_names: &'a [String],
    /// What pods of the node are not put to.
    pub limits: EvictionLimits,
    /// All budgets of the cluster.
    pub budgets: &'a [DisruptionBudget],
}

impl DrainTerms<'_> {
    /// Returns the verdict on each pod.
    #[must_use]
    pub fn verdicts<'p>(&self, pods: impl Iterator<Item = (&'p Pod, &'p PodSpec)>) -> Vec<Drainability> {
        let budgets = Budgets::new(self.budgets);
        let question = |(pod, spec)| Question {
            pod,
            spec,
            now: self.now,
            own_pod: self.own_pod,
            expendable_below: self.expendable_below,
            scheduler_names: self.scheduler_names,
            limits: self.limits,
            budgets: &budgets,
            // The plan has looked at that, and which gang a pod belongs to does not change.
            gang: None,
        };
        pods.map(|pod| drainability(&question(pod))).collect()
    }
}

#[cfg(test)]
mod test_pod;
