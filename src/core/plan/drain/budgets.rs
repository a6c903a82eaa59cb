//! PodDisruptionBudgets, and what a plan spends of them.

use std::collections::BTreeMap;

use crate::scheduler::selects;
use crate::snapshot::{DisruptionBudget, Phase, Pod};

/// The budgets of a cluster by namespace.
pub(crate) struct Budgets<'a> {
    all: Vec<&'a DisruptionBudget>,
    by_namespace: BTreeMap<&'a str, Vec<usize>>,
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
        let mut by_namespace: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (number, budget) in all.iter().enumerate() {
            by_namespace.entry(&budget.namespace).or_default().push(number);
        }
        Self { all, by_namespace }
    }

    /// Returns the budgets that cover a pod.
    pub(crate) fn covering(&self, pod: &Pod) -> CoveringBudgets<'a> {
        let here = self.by_namespace.get(pod.namespace.as_str()).map_or(&[][..], Vec::as_slice);
        let covers =
            |number: &&usize| self.all[**number].selector.as_ref().is_some_and(|selector| selects(selector, &pod.labels));
        let numbers: Vec<usize> = here.iter().filter(covers).copied().collect();
        match numbers.as_slice() {
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

    /// Returns how many disruptions a budget allows now.
    pub(crate) fn allowed(&self, budget: usize) -> u32 {
        u32::try_from(self.all[budget].disruptions_allowed).unwrap_or(0)
    }

    pub(crate) fn name(&self, budget: usize) -> &'a str {
        &self.all[budget].name
    }
}

/// The disruptions left of each budget as nodes are chosen: two nodes of one plan may not both
/// spend the last one.
pub(crate) struct DisruptionsLeft {
    left: Vec<u32>,
}

impl DisruptionsLeft {
    pub(crate) fn new(budgets: &Budgets<'_>) -> Self {
        Self { left: (0..budgets.all.len()).map(|budget| budgets.allowed(budget)).collect() }
    }

    /// Returns how many disruptions are left of a budget.
    pub(crate) fn left(&self, budget: usize) -> u32 {
        self.left[budget]
    }

    /// Whether as many disruptions are left as are needed of each budget.
    pub(crate) fn allows(&self, needed: &BTreeMap<usize, u32>) -> bool {
        needed.iter().all(|(budget, pods)| *pods <= self.left(*budget))
    }

    /// Spends disruptions, by budget. The caller has checked that there are enough.
    pub(crate) fn spend(&mut self, needed: &BTreeMap<usize, u32>) {
        for (budget, pods) in needed {
            self.left[*budget] = self.left[*budget].saturating_sub(*pods);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::LabelSelector;

    #[test]
    fn a_disruption_is_spent_once() {
        let budget = |name: &str, disruptions_allowed| DisruptionBudget {
            namespace: "prod".into(),
            name: name.into(),
            selector: Some(LabelSelector::default()),
            disruptions_allowed,
            always_allow_unhealthy: false,
        };
        let list = [budget("b", 2), budget("a", -1)];
        let budgets = Budgets::new(&list);
        let mut disruptions = DisruptionsLeft::new(&budgets);
        assert_eq!((budgets.name(1), disruptions.left(0), disruptions.left(1)), ("b", 0, 2));
        disruptions.spend(&BTreeMap::from([(1, 1)]));
        assert_eq!(disruptions.left(1), 1);
    }
}
