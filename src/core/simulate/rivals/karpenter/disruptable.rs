//! Which pods keep a node from being disrupted: those with `karpenter.sh/do-not-disrupt`, and those
//! whose PodDisruptionBudget allows nothing (`concepts/disruption.md`, "Controls"). A Job's pods do
//! not: they are evicted, and begin anew.

use crate::duration::Seconds;
use crate::scheduler::BudgetIndex;
use crate::simulate::rivals::scene::{ModelCluster, ModelPod};
use crate::snapshot::Scheduling;
use crate::well_known::annotations::DO_NOT_DISRUPT;

/// Whether a pod must stay where it is: for good, or for a duration from when it was bound.
pub(super) fn must_stay(scene: &ModelCluster<'_>, pod: &ModelPod<'_>) -> bool {
    let Some(value) = pod.pod.drain_annotations.get(DO_NOT_DISRUPT) else { return false };
    match (value.parse::<Seconds>(), &pod.pod.scheduling) {
        (Ok(for_so_long), Scheduling::Scheduled { at: Some(at) }) => for_so_long.after(*at) > scene.snapshot.taken_at,
        (Ok(_), _) => true,
        (Err(_), _) => value.as_str() == "true",
    }
}

/// Whether a pod stays for a duration only.
pub(super) fn is_timed(pod: &ModelPod<'_>) -> bool {
    pod.pod.drain_annotations.get(DO_NOT_DISRUPT).is_some_and(|value| value.parse::<Seconds>().is_ok())
}

/// Whether a budget allows no eviction of a pod.
pub(super) fn is_kept_by_budget(scene: &ModelCluster<'_>, budgets: &BudgetIndex, pod: &ModelPod<'_>) -> bool {
    let covering = budgets.covering(pod.pod, |budget| &scene.snapshot.budgets[budget]);
    covering.into_iter().any(|budget| scene.snapshot.budgets[budget].disruptions_allowed < 1)
}
