//! Finds the selectors that match a pod without trying all of them: each is filed under one thing
//! that it requires, and a pod looks only where its own labels are.

use std::hash::{BuildHasher as _, RandomState};

use indexmap::IndexMap;

use super::counted::{Counted, LabelledPod};
use super::namespace_sets::NamespaceSets;
use crate::snapshot::{LabelSelector, SelectorOperator};

/// The numbers of selectors by what they require.
#[derive(Debug, Default)]
pub(super) struct SelectorIndex {
    filed: IndexMap<u64, Vec<usize>>,
    hasher: RandomState,
}

/// What a pod must have: a label with this value, or any value. Nothing is required by selectors
/// that only exclude.
type Required<'b> = Option<(&'b str, Option<&'b str>)>;

impl SelectorIndex {
    /// Files all of these under the requirement that the fewest have.
    pub(super) fn new<'c, 'a: 'c>(
        sets: &NamespaceSets<'a>,
        counted: impl Iterator<Item = (usize, &'c Counted<'a>)> + Clone,
    ) -> Self {
        let mut index = Self::default();
        let mut demanded: IndexMap<u64, usize> = IndexMap::new();
        for (_, one) in counted.clone() {
            let namespace = one.only_namespace(sets);
            for required in alternatives(one).flatten() {
                *demanded.entry(index.drawer(namespace, required)).or_default() += 1;
            }
        }
        for (number, one) in counted {
            let namespace = one.only_namespace(sets);
            let drawers = |all: Vec<Required<'_>>| -> Vec<u64> {
                all.into_iter().map(|required| index.drawer(namespace, required)).collect()
            };
            let crowd = |drawers: &Vec<u64>| drawers.iter().map(|drawer| demanded[drawer]).sum::<usize>();
            let drawers = alternatives(one).map(drawers).min_by_key(crowd);
            let drawers = drawers.unwrap_or_else(|| vec![index.drawer(namespace, None)]);
            for drawer in drawers {
                index.filed.entry(drawer).or_default().push(number);
            }
        }
        index
    }

    /// Returns, in order, all selectors that may match a pod. Some of them do not.
    pub(super) fn candidates(&self, pod: LabelledPod<'_>) -> Vec<usize> {
        let of_label =
            pod.labels.iter().flat_map(|(key, value)| [Some((key.as_str(), Some(value.as_str()))), Some((key, None))]);
        let required = std::iter::once(None).chain(of_label);
        let drawers = required.flat_map(|one| [None, Some(pod.namespace)].map(|namespace| self.drawer(namespace, one)));
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

/// Returns the requirements of a rule, each as the list of labels of which a pod must have one.
fn alternatives<'c>(counted: &'c Counted<'_>) -> impl Iterator<Item = Vec<Required<'c>>> {
    counted.selectors().flat_map(required_by)
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
    use crate::scheduler::cluster::rules::counted::CountedTerm;
    use crate::snapshot::{Labels, Namespace, PodAffinityTerm};

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
        let index = SelectorIndex::new(&sets, counted.iter().enumerate());
        let (mut selected, mut candidates) = (0, 0);
        for namespace in NAMESPACES {
            for labels in &pods() {
                let pod = LabelledPod { namespace, labels };
                let found = index.candidates(pod);
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
