//! Finds the PodDisruptionBudgets that cover a pod without trying all of them.

use indexmap::IndexMap;

use super::cluster::rules::selector_index::{Selecting, SelectorIndex};
use super::selector::matches;
use crate::snapshot::{DisruptionBudget, Name, Pod};

/// Budgets, each with its number in a list, by namespace and by what their selectors require.
#[derive(Debug)]
pub struct BudgetIndex {
    by_namespace: IndexMap<Name, OfNamespace>,
}

/// The budgets of one namespace that cover any pods.
#[derive(Debug)]
struct OfNamespace {
    numbers: Vec<usize>,
    /// Absent when they are so few that all of them are tried.
    by_selector: Option<SelectorIndex>,
}

impl OfNamespace {
    fn new(budgets: &[(usize, &DisruptionBudget)]) -> Self {
        /// So many are tried as soon as the labels of a pod are looked up.
        const FEW: usize = 8;
        let selecting = budgets.iter().map(|(number, budget)| {
            let selectors = budget.selector.iter().collect();
            Selecting { number: *number, namespace: None, selectors }
        });
        let is_worth_it = budgets.len() > FEW;
        Self {
            numbers: budgets.iter().map(|(number, _)| *number).collect(),
            by_selector: is_worth_it.then(|| SelectorIndex::new(&selecting.collect::<Vec<_>>())),
        }
    }
}

impl BudgetIndex {
    /// Files budgets by their numbers in this list.
    #[must_use]
    pub fn new<'b>(budgets: impl IntoIterator<Item = &'b DisruptionBudget>) -> Self {
        let mut by_namespace: IndexMap<&str, Vec<(usize, &DisruptionBudget)>> = IndexMap::new();
        for (number, budget) in budgets.into_iter().enumerate().filter(|(_, budget)| budget.selector.is_some()) {
            by_namespace.entry(&budget.namespace).or_default().push((number, budget));
        }
        let of_namespace = |(namespace, budgets): (&str, Vec<_>)| (Name::from(namespace), OfNamespace::new(&budgets));
        Self { by_namespace: by_namespace.into_iter().map(of_namespace).collect() }
    }

    /// Returns, in order, the numbers of the budgets that cover a pod. `budget` returns those of
    /// the list by their numbers.
    pub fn covering<'b>(&self, pod: &Pod, budget: impl Fn(usize) -> &'b DisruptionBudget) -> Vec<usize> {
        let Some(here) = self.by_namespace.get(pod.namespace.as_str()) else { return Vec::new() };
        let covers = |number: &usize| budget(*number).selector.as_ref().is_some_and(|one| matches(one, &pod.labels));
        match &here.by_selector {
            None => here.numbers.iter().copied().filter(covers).collect(),
            Some(index) => {
                let mut found = index.candidates(&pod.namespace, &pod.labels);
                found.retain(covers);
                found
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::snapshot::{Labels, ObjectName, SpecId};

    fn budgets(copies: usize) -> Vec<DisruptionBudget> {
        let app = |operator: &str, values: &[&str]| json!({ "match_expressions": [{ "key": "app", "operator": operator, "values": values }] });
        let selectors = [
            json!({ "match_labels": { "app": "a" } }),
            app("in", &["a", "b"]),
            app("not-in", &["a"]),
            app("exists", &[]),
            json!({}),
            Value::Null,
        ];
        let budget = |namespace: &str, selector: &Value| {
            serde_json::from_value(
                json!({ "namespace": namespace, "name": "x", "selector": selector, "disruptions_allowed": 0 }),
            )
            .expect("a budget")
        };
        let all = ["red", "blue"].into_iter().flat_map(|namespace| selectors.iter().map(move |one| budget(namespace, one)));
        let all: Vec<DisruptionBudget> = all.collect();
        std::iter::repeat_n(all, copies).flatten().collect()
    }

    #[test]
    fn few_and_many_budgets_are_found_as_one_by_one() {
        for budgets in [budgets(1), budgets(3)] {
            let index = BudgetIndex::new(&budgets);
            for (namespace, app) in
                [("red", None), ("red", Some("a")), ("blue", Some("b")), ("blue", Some("c")), ("green", None)]
            {
                let labels: Labels = app.map(|app| ("app", app)).into_iter().collect();
                let pod =
                    Pod { labels, ..Pod::unseen(ObjectName::new(namespace, "p"), SpecId(0), jiff::Timestamp::UNIX_EPOCH) };
                let covers = |budget: &DisruptionBudget| {
                    budget.namespace == namespace && budget.selector.as_ref().is_some_and(|one| matches(one, &pod.labels))
                };
                let expected: Vec<usize> = (0..budgets.len()).filter(|number| covers(&budgets[*number])).collect();
                assert_eq!(index.covering(&pod, |number| &budgets[number]), expected, "{namespace} {app:?}");
                assert_eq!(expected.is_empty(), namespace == "green");
            }
        }
    }

    /// Without the index each of the pods would be compared with each of the budgets.
    #[test]
    fn only_the_budgets_that_may_cover_a_pod_are_compared_with_it() {
        let budget = |number: usize| DisruptionBudget {
            namespace: "red".into(),
            name: number.to_string(),
            selector: serde_json::from_value(json!({ "match_labels": { "app": number.to_string() } })).expect("a selector"),
            disruptions_allowed: 0,
            always_allow_unhealthy: false,
        };
        let budgets: Vec<DisruptionBudget> = (0..100).map(budget).collect();
        let unseen = Pod::unseen(ObjectName::new("red", "p"), SpecId(0), jiff::Timestamp::UNIX_EPOCH);
        let pod = Pod { labels: [("app", "7")].into(), ..unseen };
        let compared = std::cell::Cell::new(0);
        let found = BudgetIndex::new(&budgets).covering(&pod, |number| {
            compared.set(compared.get() + 1);
            &budgets[number]
        });
        assert_eq!((found, compared.get()), (vec![7], 1));
    }
}
