//! Row 10, for one pod by itself: the Eviction API would refuse it. What the pods of a whole plan spend together is counted
//! where nodes are chosen ([`Ledger`](crate::plan::drain::Ledger)).

use crate::plan::drain::{BlockReason, Claim, Drainability, Question};

pub(super) fn ask(question: &Question<'_>) -> Option<Drainability> {
    let why = match question.budgets.claim(question.pod) {
        Claim::None => None,
        Claim::Several(names) => Some(BlockReason::SeveralBudgets { budgets: names.into_iter().map(str::to_owned).collect() }),
        Claim::One(budget) => (question.budgets.allowed(budget) < 1).then(|| BlockReason::BudgetSpent {
            budget: question.budgets.name(budget).to_owned(),
            allowed: 0,
            needed: 1,
        }),
    };
    why.map(|why| Drainability::Blocks { why })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::plan::drain::sample::Sample;

    #[test]
    fn a_budget_must_have_a_disruption_left() {
        assert!(Sample::web().budget("web", 1).is_movable());
        assert_eq!(
            Sample::web().budget("web", 0).verdict().to_string(),
            "is covered by the PodDisruptionBudget web, which allows 0 disruptions, and 1 is needed"
        );
        assert!(Sample::web().budget_of("web", "other-namespace", json!({}), 0).is_movable());
        assert!(Sample::web().budget_of("web", "prod", json!({ "match_labels": { "app": "db" } }), 0).is_movable());
    }

    #[test]
    fn more_than_one_budget_is_what_the_api_rejects() {
        assert_eq!(
            Sample::web().budget("a", 5).budget("b", 5).verdict().to_string(),
            "is covered by the PodDisruptionBudgets a, b, and the API evicts no pod with more than one"
        );
    }

    /// `canIgnorePDB` in `pkg/registry/core/pod/storage/eviction.go`.
    #[test]
    fn a_pod_that_never_ran_is_nobodys_loss() {
        let starting = || Sample::web().pod("phase", json!("pending"));
        assert!(starting().budget("a", 0).is_movable());
        assert!(starting().budget("a", 0).budget("b", 0).is_movable());
    }

    #[test]
    fn pods_that_are_not_ready_may_always_go_where_the_budget_says_so() {
        let unready = |always: bool| Sample::web().pod("ready", json!(false)).budget("a", 0).always_allow_unhealthy(always);
        assert!(!unready(false).is_movable());
        assert!(unready(true).is_movable());
        assert!(!unready(true).budget("b", 0).is_movable(), "two budgets are too many all the same");
        assert!(!Sample::web().budget("a", 0).always_allow_unhealthy(true).is_movable(), "it is Ready");
    }
}
