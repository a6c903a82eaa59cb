//! Row 10: PodDisruptionBudgets, and what a plan spends of them.

use std::collections::BTreeMap;

use crate::scheduler::selects;
use crate::snapshot::{DisruptionBudget, Phase, Pod};

/// The budgets of a cluster by namespace.
pub(crate) struct Budgets<'a> {
    all: Vec<&'a DisruptionBudget>,
    by_namespace: BTreeMap<&'a str, Vec<usize>>,
}

/// The budgets that the eviction of a pod asks.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Claim<'a> {
    /// None.
    None,
    /// This one, by its number.
    One(usize),
    /// More than one, by name: the API refuses.
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

    /// The budgets that cover a pod.
    pub(crate) fn matching(&self, pod: &Pod) -> Claim<'a> {
        let here = self.by_namespace.get(pod.namespace.as_str()).map_or(&[][..], Vec::as_slice);
        let covers =
            |number: &&usize| self.all[**number].selector.as_ref().is_some_and(|selector| selects(selector, &pod.labels));
        let covering: Vec<usize> = here.iter().filter(covers).copied().collect();
        match covering.as_slice() {
            [] => Claim::None,
            [one] => Claim::One(*one),
            several => Claim::Several(several.iter().map(|number| self.name(*number)).collect()),
        }
    }

    /// The budgets that its eviction asks: none while it has not run yet, nor where the budget lets unready pods go
    /// (`pkg/registry/core/pod/storage/eviction.go`).
    pub(crate) fn claim(&self, pod: &Pod) -> Claim<'a> {
        if pod.phase == Phase::Pending {
            return Claim::None;
        }
        match self.matching(pod) {
            Claim::One(budget) if !pod.ready && self.all[budget].always_allow_unhealthy => Claim::None,
            claim => claim,
        }
    }

    /// How many disruptions a budget allows now.
    pub(crate) fn allowed(&self, budget: usize) -> u32 {
        u32::try_from(self.all[budget].disruptions_allowed).unwrap_or(0)
    }

    pub(crate) fn name(&self, budget: usize) -> &'a str {
        &self.all[budget].name
    }
}

/// What is left of each budget as nodes are chosen: two nodes of one plan may not both spend the last disruption.
pub(crate) struct Ledger {
    left: Vec<u32>,
}

impl Ledger {
    pub(crate) fn new(budgets: &Budgets<'_>) -> Self {
        Self { left: (0..budgets.all.len()).map(|budget| budgets.allowed(budget)).collect() }
    }

    /// How many disruptions are left of a budget.
    pub(crate) fn left(&self, budget: usize) -> u32 {
        self.left[budget]
    }

    /// Whether so many disruptions are left, by budget.
    pub(crate) fn allows(&self, needed: &BTreeMap<usize, u32>) -> bool {
        needed.iter().all(|(budget, pods)| *pods <= self.left(*budget))
    }

    /// Spends disruptions, by budget. Whether there are enough is the caller's to have asked.
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
        let mut ledger = Ledger::new(&budgets);
        assert_eq!((budgets.name(1), ledger.left(0), ledger.left(1)), ("b", 0, 2));
        ledger.spend(&BTreeMap::from([(1, 1)]));
        assert_eq!(ledger.left(1), 1);
    }
}
