//! PodDisruptionBudgets, and which of them cover a pod.

use crate::scheduler::BudgetIndex;
use crate::snapshot::{DisruptionBudget, Phase, Pod};

/// The budgets of a cluster, in the order of their names.
pub(crate) struct Budgets<'a> {
    all: Vec<&'a DisruptionBudget>,
    index: BudgetIndex,
}

/// The budgets that cover a pod.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum CoveringBudgets<'a> {
    /// None.
    None,
    /// One, by its number.
    One(usize),
    /// More than one, by name. The API refuses an eviction then.
    Several(Vec<&'a str>),
}

impl<'a> Budgets<'a> {
    pub(crate) fn new(budgets: &'a [DisruptionBudget]) -> Self {
        let mut all: Vec<&DisruptionBudget> = budgets.iter().collect();
        all.sort_unstable_by_key(|budget| (&budget.namespace, &budget.name));
        let index = BudgetIndex::new(all.iter().copied());
        Self { all, index }
    }

    /// Returns the budgets that cover a pod.
    pub(crate) fn covering(&self, pod: &Pod) -> CoveringBudgets<'a> {
        match self.index.covering(pod, |number| self.all[number]).as_slice() {
            [] => CoveringBudgets::None,
            [one] => CoveringBudgets::One(*one),
            several => CoveringBudgets::Several(several.iter().map(|number| self.name(*number)).collect()),
        }
    }

    /// Returns the budgets that its eviction counts against. A pod that has not run yet has none,
    /// nor has one that is not Ready where the budget lets such pods go
    /// (`pkg/registry/core/pod/storage/eviction.go`).
    pub(crate) fn counted(&self, pod: &Pod) -> CoveringBudgets<'a> {
        if pod.phase == Phase::Pending {
            return CoveringBudgets::None;
        }
        match self.covering(pod) {
            CoveringBudgets::One(budget) if !pod.ready && self.all[budget].always_allow_unhealthy => CoveringBudgets::None,
            covering => covering,
        }
    }

    /// Returns how many there are.
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// Returns how many disruptions a budget allows now.
    pub(crate) fn allowed(&self, budget: usize) -> u32 {
        u32::try_from(self.all[budget].disruptions_allowed).unwrap_or(0)
    }

    pub(crate) fn name(&self, budget: usize) -> &'a str {
        &self.all[budget].name
    }
}
