//! The disruptions that budgets have left as nodes are chosen, and whether they let a node be
//! emptied in time.

use std::collections::BTreeMap;

use super::budgets::Budgets;
use crate::duration::Seconds;
use crate::snapshot::Pod;

/// What emptying a node takes from a budget.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct BudgetNeed {
    /// How many pods of the node count against it.
    pub(crate) pods: u32,
    /// How many of them nobody creates again, so that their disruptions never come back.
    pub(crate) lost: u32,
}

/// What emptying a node takes from each budget.
pub(crate) type BudgetNeeds = BTreeMap<usize, BudgetNeed>;

impl BudgetNeed {
    /// Counts a pod.
    pub(crate) fn add(&mut self, pod: &Pod) {
        self.pods += 1;
        self.lost += u32::from(pod.owner.is_none());
    }

    /// Returns how many disruptions must be left so that the node can be emptied in time. One is
    /// enough for pods that are created again, since each that is Ready elsewhere gives its
    /// disruption back to the next.
    pub(crate) fn least(self) -> u32 {
        self.lost.max(1)
    }

    /// Whether so many disruptions at a time are enough to let all pods go within `patience`.
    fn is_in_time(self, left: u32, patience: Seconds) -> bool {
        let rounds = (patience.0 / ROUND.0).max(1);
        u64::from(self.pods) <= u64::from(left).saturating_mul(rounds)
    }
}

/// A disruption that was spent comes back when a pod is Ready elsewhere, which a later run sees.
/// This is how far apart runs are in `cronjob.yaml`.
const ROUND: Seconds = Seconds(60);

/// The disruptions left of each budget as nodes are chosen: two nodes of one plan may not both
/// spend the last one.
pub(crate) struct DisruptionsLeft {
    left: Vec<u32>,
}

impl DisruptionsLeft {
    pub(crate) fn new(budgets: &Budgets<'_>) -> Self {
        Self { left: (0..budgets.len()).map(|budget| budgets.allowed(budget)).collect() }
    }

    /// Returns how many disruptions are left of a budget.
    pub(crate) fn left(&self, budget: usize) -> u32 {
        self.left[budget]
    }

    /// Whether a node may begin to be emptied: each budget lets a pod go now, and in time all of
    /// them. The drain is given up after `patience`.
    pub(crate) fn allows(&self, needs: &BudgetNeeds, patience: Seconds) -> bool {
        needs.iter().all(|(budget, need)| self.why_not(*budget, *need, patience).is_none())
    }

    /// Whether all pods of a node may go at once.
    pub(crate) fn allows_all(&self, needs: &BudgetNeeds) -> bool {
        needs.iter().all(|(budget, need)| need.pods <= self.left(*budget))
    }

    /// Returns why a budget does not let a node begin to be emptied.
    pub(crate) fn why_not(&self, budget: usize, need: BudgetNeed, patience: Seconds) -> Option<TooFewDisruptions> {
        let left = self.left(budget);
        if left < need.least() {
            return Some(TooFewDisruptions::Now);
        }
        (!need.is_in_time(left, patience)).then_some(TooFewDisruptions::InTime)
    }

    /// Spends what a node takes of the disruptions that are left. What it takes beyond that, it
    /// takes in later runs.
    pub(crate) fn spend(&mut self, needs: &BudgetNeeds) {
        for (budget, need) in needs {
            self.left[*budget] = self.left[*budget].saturating_sub(need.pods);
        }
    }
}

/// Why a budget does not let a node begin to be emptied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TooFewDisruptions {
    /// Too few are left now.
    Now,
    /// There are too many pods for so few at a time.
    InTime,
}

#[cfg(test)]
mod tests {
    use super::TooFewDisruptions::{InTime, Now};
    use super::*;
    use crate::plan::drain::test_pod::SamplePod;
    use crate::snapshot::{DisruptionBudget, LabelSelector};

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
        let all_of = |pods| BTreeMap::from([(1, BudgetNeed { pods, lost: 0 })]);
        assert!(disruptions.allows_all(&all_of(2)) && !disruptions.allows_all(&all_of(3)));
        disruptions.spend(&all_of(1));
        assert_eq!(disruptions.left(1), 1);
        disruptions.spend(&all_of(5));
        assert_eq!(disruptions.left(1), 0, "the others go in later runs");
    }

    #[test]
    fn one_disruption_lets_pods_go_one_after_the_other() {
        let why_not = |left, pods, lost, patience| {
            let disruptions = DisruptionsLeft { left: vec![left] };
            let need = BudgetNeed { pods, lost };
            let why_not = disruptions.why_not(0, need, Seconds(patience));
            assert_eq!(disruptions.allows(&BTreeMap::from([(0, need)]), Seconds(patience)), why_not.is_none());
            why_not
        };
        assert_eq!(why_not(0, 1, 0, 1800), Some(Now));
        assert_eq!(why_not(1, 2, 0, 1800), None);
        assert_eq!((why_not(1, 30, 0, 1800), why_not(1, 31, 0, 1800)), (None, Some(InTime)), "a pod a minute");
        assert_eq!((why_not(2, 60, 0, 1800), why_not(2, 61, 0, 1800)), (None, Some(InTime)), "two a minute");
        assert_eq!((why_not(1, 1, 0, 0), why_not(1, 2, 0, 59)), (None, Some(InTime)), "one run there is always");
    }

    #[test]
    fn what_nobody_creates_again_never_gives_its_disruption_back() {
        let bare = |left, pods, lost| DisruptionsLeft { left: vec![left] }.why_not(0, BudgetNeed { pods, lost }, Seconds(1800));
        assert_eq!((bare(1, 1, 1), bare(2, 3, 2)), (None, None));
        assert_eq!(bare(1, 2, 2), Some(Now));
    }

    #[test]
    fn a_pod_without_an_owner_is_created_by_nobody_again() {
        let mut need = BudgetNeed::default();
        let mut pod = SamplePod::web().made();
        need.add(&pod);
        assert_eq!(need, BudgetNeed { pods: 1, lost: 0 });
        pod.owner = None;
        need.add(&pod);
        assert_eq!((need, need.least()), (BudgetNeed { pods: 2, lost: 1 }, 1));
    }
}
