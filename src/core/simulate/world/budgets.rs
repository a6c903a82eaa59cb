//! PodDisruptionBudgets: how many pods may be evicted now.

use super::World;
use super::ids::PodId;
use crate::scheduler::BudgetIndex;
use crate::snapshot::{DisruptionBudget, Phase, Pod};

/// The budgets of the snapshot. It does not contain how many healthy pods they require; this
/// follows from what they allowed at the start. They are assumed to require as many later on, as
/// `minAvailable` does.
#[derive(Debug)]
pub(super) struct Watched {
    index: BudgetIndex,
    /// How many healthy pods each requires.
    wanted: Vec<i64>,
}

impl Watched {
    pub(super) fn new(budgets: &[DisruptionBudget], pods: &[Pod]) -> Self {
        let mut watched = Self { index: BudgetIndex::new(budgets), wanted: Vec::new() };
        let healthy = watched.healthy(budgets, pods).into_iter().zip(budgets);
        watched.wanted = healthy.map(|(healthy, budget)| healthy - i64::from(budget.disruptions_allowed.max(0))).collect();
        watched
    }

    /// Returns how many pods of each budget are healthy.
    fn healthy(&self, budgets: &[DisruptionBudget], pods: &[Pod]) -> Vec<i64> {
        let mut healthy = vec![0; budgets.len()];
        if budgets.is_empty() {
            return healthy;
        }
        for pod in pods.iter().filter(|pod| pod.ready && pod.deletion_deadline.is_none()) {
            self.index.covering(pod, |budget| &budgets[budget]).into_iter().for_each(|budget| healthy[budget] += 1);
        }
        healthy
    }
}

impl World<'_> {
    /// Writes into the budgets what their controller would.
    pub(super) fn allow_disruptions(&mut self) {
        let healthy = self.budgets.healthy(&self.snapshot.budgets, &self.snapshot.pods);
        for (budget, (healthy, wanted)) in self.snapshot.budgets.iter_mut().zip(healthy.iter().zip(&self.budgets.wanted)) {
            budget.disruptions_allowed = i32::try_from((healthy - wanted).max(0)).unwrap_or(i32::MAX);
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
        let covering = self.budgets.index.covering(object, |budget| &self.snapshot.budgets[budget]);
        let [budget] = covering.as_slice() else { return covering.is_empty() };
        let budget = &mut self.snapshot.budgets[*budget];
        if budget.always_allow_unhealthy && !object.ready {
            return true;
        }
        let is_allowed = budget.disruptions_allowed > 0;
        budget.disruptions_allowed -= i32::from(is_allowed);
        is_allowed
    }
}
