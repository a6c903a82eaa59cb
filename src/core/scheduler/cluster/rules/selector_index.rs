//! Finds the selectors that match a pod without trying all of them: each is filed under one thing
//! that it requires, and a pod looks only where its own labels are.

use std::hash::{BuildHasher as _, RandomState};

use indexmap::IndexMap;

use super::counted::{Counted, Subject};
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
    pub(super) fn candidates(&self, pod: Subject<'_>) -> Vec<usize> {
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
