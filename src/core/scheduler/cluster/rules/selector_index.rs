//! Finds the selectors that match a pod without trying all of them: each is filed under one thing
//! that it requires, and a pod looks only where its own labels are.

use std::hash::{BuildHasher as _, RandomState};

use indexmap::IndexMap;

use crate::snapshot::{LabelSelector, Labels, SelectorOperator};

/// The numbers of selectors by what they require.
#[derive(Debug, Clone, Default)]
pub(in crate::scheduler) struct SelectorIndex {
    filed: IndexMap<u64, Vec<usize>>,
    hasher: RandomState,
}

/// Selectors of which a pod must match every one.
pub(in crate::scheduler) struct Selecting<'s> {
    pub(in crate::scheduler) number: usize,
    /// The only namespace whose pods they match; absent when there are several.
    pub(in crate::scheduler) namespace: Option<&'s str>,
    pub(in crate::scheduler) selectors: Vec<&'s LabelSelector>,
}

/// What a pod must have: a label with this value, or any value. Nothing is required by selectors
/// that only exclude.
type Required<'b> = Option<(&'b str, Option<&'b str>)>;

impl SelectorIndex {
    /// Files all of these under the requirement that the fewest have.
    pub(in crate::scheduler) fn new(all: &[Selecting<'_>]) -> Self {
        let mut index = Self::default();
        let mut demanded: IndexMap<u64, usize> = IndexMap::new();
        for one in all {
            for required in one.alternatives().flatten() {
                *demanded.entry(index.drawer(one.namespace, required)).or_default() += 1;
            }
        }
        for one in all {
            let drawers = |all: Vec<Required<'_>>| -> Vec<u64> {
                all.into_iter().map(|required| index.drawer(one.namespace, required)).collect()
            };
            let crowd = |drawers: &Vec<u64>| drawers.iter().map(|drawer| demanded[drawer]).sum::<usize>();
            let drawers = one.alternatives().map(drawers).min_by_key(crowd);
            let drawers = drawers.unwrap_or_else(|| vec![index.drawer(one.namespace, None)]);
            for drawer in drawers {
                index.filed.entry(drawer).or_default().push(one.number);
            }
        }
        index
    }

    /// Returns, in order, all selectors that may match a pod. Some of them do not.
    pub(in crate::scheduler) fn candidates(&self, namespace: &str, labels: &Labels) -> Vec<usize> {
        let of_label =
            labels.iter().flat_map(|(key, value)| [Some((key.as_str(), Some(value.as_str()))), Some((key.as_str(), None))]);
        let required = std::iter::once(None).chain(of_label);
        let drawers = required.flat_map(|one| [None, Some(namespace)].map(|namespace| self.drawer(namespace, one)));
        let mut found: Vec<usize> = drawers.filter_map(|drawer| self.filed.get(&drawer)).flatten().copied().collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Returns the place for a requirement on pods of a namespace, or of several ones. Two of them
    /// may share a place.
    fn drawer(&self, namespace: Option<&str>, required: Required<'_>) -> u64 {
        self.hasher.hash_one((namespace, required))
    }
}

impl Selecting<'_> {
    /// Returns what they require, each as the list of labels of which a pod must have one.
    fn alternatives(&self) -> impl Iterator<Item = Vec<Required<'_>>> {
        self.selectors.iter().copied().flat_map(required_by)
    }
}

fn required_by(selector: &LabelSelector) -> impl Iterator<Item = Vec<Required<'_>>> {
    let equal = selector.match_labels.iter().map(|(key, value)| vec![Some((key.as_str(), Some(value.as_str())))]);
    let further = selector.match_expressions.iter().filter_map(|one| match one.operator {
        SelectorOperator::In => Some(one.values.iter().map(|value| Some((one.key.as_str(), Some(value.as_str())))).collect()),
        SelectorOperator::Exists => Some(vec![Some((one.key.as_str(), None))]),
        SelectorOperator::NotIn | SelectorOperator::DoesNotExist => None,
    });
    equal.chain(further)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::scheduler::cluster::rules::counted::{Counted, CountedTerm, LabelledPod};
    use crate::scheduler::cluster::rules::namespace_sets::NamespaceSets;
    use crate::snapshot::{Namespace, PodAffinityTerm};

    const NAMESPACES: [&str; 3] = ["red", "blue", "green"];

    /// Returns terms of every kind of requirement, in one namespace, in several and in all.
    fn terms() -> Vec<PodAffinityTerm> {
        let expression = |operator: &str, values: &[&str]| json!([{ "key": "app", "operator": operator, "values": values }]);
        let selectors: [Value; 9] = [
            json!({ "match_labels": { "app": "a" } }),
            json!({ "match_labels": { "app": "b", "tier": "front" } }),
            json!({ "match_labels": { "tier": "front" }, "match_expressions": expression("in", &["a", "b"]) }),
            json!({ "match_expressions": expression("in", &["a", "c"]) }),
            json!({ "match_expressions": expression("exists", &[]) }),
            json!({ "match_expressions": expression("does-not-exist", &[]) }),
            json!({ "match_expressions": expression("not-in", &["a"]) }),
            json!({ "match_expressions": expression("in", &[]) }),
            json!({}),
        ];
        let places = [json!([]), json!(["red"]), json!(["red", "blue"])];
        let all = json!({});
        let term = |selector: &Value, namespaces: &Value, namespace_selector: &Value| {
            serde_json::from_value(json!({ "topology_key": "zone", "selector": selector, "namespaces": namespaces,
                "namespace_selector": namespace_selector }))
            .expect("a term")
        };
        let somewhere =
            selectors.iter().flat_map(|selector| places.iter().map(move |place| term(selector, place, &Value::Null)));
        somewhere.chain(selectors.iter().map(|selector| term(selector, &places[0], &all))).collect()
    }

    fn pods() -> Vec<Labels> {
        let apps = [None, Some("a"), Some("b"), Some("c"), Some("d")];
        let labels = |app: Option<&str>, tier: Option<&str>| {
            let pairs = [("app", app), ("tier", tier)];
            pairs.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?.to_owned()))).collect()
        };
        apps.into_iter().flat_map(|app| [None, Some("front"), Some("back")].map(|tier| labels(app, tier))).collect()
    }

    #[test]
    fn all_that_select_a_pod_are_among_the_candidates() {
        let namespaces: Vec<Namespace> =
            NAMESPACES.map(|name| serde_json::from_value(json!({ "name": name })).expect("a namespace")).into();
        let mut sets = NamespaceSets::new(&namespaces);
        let terms = terms();
        let counted: Vec<Counted<'_>> = terms
            .iter()
            .map(|term| Counted::AntiAffinity {
                key: "zone",
                term: CountedTerm { namespaces: sets.of(term, "red"), selector: term.selector.as_ref() },
            })
            .collect();
        let selecting: Vec<Selecting<'_>> =
            counted.iter().enumerate().map(|(number, one)| one.selecting(number, &sets)).collect();
        let index = SelectorIndex::new(&selecting);
        let (mut selected, mut candidates) = (0, 0);
        for namespace in NAMESPACES {
            for labels in &pods() {
                let pod = LabelledPod { namespace, labels };
                let found = index.candidates(namespace, labels);
                let selects: Vec<usize> = (0..counted.len()).filter(|number| counted[*number].selects(&sets, pod)).collect();
                assert!(selects.iter().all(|number| found.contains(number)), "{namespace} {labels:?}: {selects:?}, {found:?}");
                assert!(found.is_sorted());
                selected += selects.len();
                candidates += found.len();
            }
        }
        assert!(selected * 2 > candidates, "{candidates} candidates for {selected} that select a pod");
    }
}
