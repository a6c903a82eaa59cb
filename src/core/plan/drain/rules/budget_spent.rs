//! A pod stays when its budgets make the Eviction API refuse. What the pods of a whole plan spend
//! together is counted in `disruptions_left`
//! ([`DisruptionsLeft`](crate::plan::drain::DisruptionsLeft)).

use crate::plan::drain::{BlockReason, CoveringBudgets, Drainability, Question};

pub(super) fn verdict(question: &Question<'_>) -> Option<Drainability> {
    let why = match question.budgets.counted(question.pod) {
        CoveringBudgets::None => None,
        CoveringBudgets::Several(names) => {
            Some(BlockReason::SeveralBudgets { budgets: names.into_iter().map(str::to_owned).collect() })
        }
        CoveringBudgets::One(budget) => (question.budgets.allowed(budget) < 1).then(|| BlockReason::BudgetSpent {
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

    use crate::plan::drain::test_pod::SamplePod;

    #[test]
    fn a_budget_must_have_a_disruption_left() {
        assert!(SamplePod::web().budget("web", 1).is_movable());
        assert_eq!(
            SamplePod::web().budget("web", 0).verdict().to_string(),
            "is covered by the PodDisruptionBudget web, which allows 0 disruptions, and 1 is needed"
        );
        assert!(SamplePod::web().budget_of("web", "other-namespace", json!({}), 0).is_movable());
        assert!(SamplePod::web().budget_of("web", "prod", json!({ "match_labels": { "app": "db" } }), 0).is_movable());
    }

    #[test]
    fn more_than_one_budget_is_what_the_api_rejects() {
        assert_eq!(
            SamplePod::web().budget("a", 5).budget("b", 5).verdict().to_string(),
            "is covered by the PodDisruptionBudgets a, b, and the API evicts no pod with more than one"
        );
    }

    /// The API does the same in `canIgnorePDB` (`pkg/registry/core/pod/storage/eviction.go`).
    #[test]
    fn a_pod_that_never_ran_is_nobodys_loss() {
        let starting = || SamplePod::web().pod("phase", json!("pending"));
        assert!(starting().budget("a", 0).is_movable());
        assert!(starting().budget("a", 0).budget("b", 0).is_movable());
    }

    #[test]
    fn pods_that_are_not_ready_may_always_go_where_the_budget_says_so() {
        let unready = |always: bool| SamplePod::web().pod("ready", json!(false)).budget("a", 0).always_allow_unhealthy(always);
        assert!(!unready(false).is_movable());
        assert!(unready(true).is_movable());
        assert!(!unready(true).budget("b", 0).is_movable(), "two budgets are too many all the same");
        assert!(!SamplePod::web().budget("a", 0).always_allow_unhealthy(true).is_movable(), "it is Ready");
    }
}
