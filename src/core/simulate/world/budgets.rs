//! PodDisruptionBudgets: how many pods may be evicted now.

use super::World;
use super::ids::PodId;
use crate::scheduler::selects;
use crate::snapshot::{DisruptionBudget, Phase, Pod};

/// A budget of the snapshot. A snapshot does not contain how many healthy pods it requires; this
/// follows from what it allowed at the start. It is assumed to require as many later on, as
/// `minAvailable` does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Watched {
    wanted: i64,
}

impl Watched {
    pub(super) fn new(budget: &DisruptionBudget, pods: &[Pod]) -> Self {
        Self { wanted: healthy(budget, pods) - i64::from(budget.disruptions_allowed.max(0)) }
    }
}

/// Returns how many pods of a budget are healthy.
fn healthy(budget: &DisruptionBudget, pods: &[Pod]) -> i64 {
    let counts = |pod: &&Pod| pod.ready && pod.deletion_deadline.is_none() && covers(budget, pod);
    i64::try_from(pods.iter().filter(counts).count()).unwrap_or(i64::MAX)
}

fn covers(budget: &DisruptionBudget, pod: &Pod) -> bool {
    pod.namespace == *budget.namespace && budget.selector.as_ref().is_some_and(|selector| selects(selector, &pod.labels))
}

impl World<'_> {
    /// Writes into the budgets what their controller would.
    pub(super) fn allow_disruptions(&mut self) {
        for (budget, watched) in self.snapshot.budgets.iter_mut().zip(&self.budgets) {
            let allowed = healthy(budget, &self.snapshot.pods) - watched.wanted;
            budget.disruptions_allowed = i32::try_from(allowed.max(0)).unwrap_or(i32::MAX);
        }
    }

    /// Whether the Eviction API allows the eviction of a pod, which spends a disruption
    /// (`pkg/registry/core/pod/storage/eviction.go`).
    pub(super) fn may_be_evicted(&mut self, pod: PodId) -> bool {
        let position = self.lives[pod].position.expect("a pod that is there");
        let object = &self.snapshot.pods[position];
        if object.phase == Phase::Pending {
            return true;
        }
        let mut covering = self.snapshot.budgets.iter_mut().filter(|budget| covers(budget, object));
        match (covering.next(), covering.next()) {
            (None, _) => true,
            (Some(budget), None) if budget.always_allow_unhealthy && !object.ready => true,
            (Some(budget), None) if budget.disruptions_allowed > 0 => {
                budget.disruptions_allowed -= 1;
                true
            }
            (Some(_), _) => false,
        }
    }
}
