//! Label selectors, and the namespaces in which a pod affinity term looks
//! (`k8s.io/apimachinery/pkg/labels`).

use crate::snapshot::{LabelSelector, Labels, Name, Namespace, PodAffinityTerm, PodSpec, Requirement, SelectorOperator};

/// Whether a selector matches these labels. An empty selector matches everything.
#[must_use]
pub fn matches(selector: &LabelSelector, labels: &Labels) -> bool {
    selector.match_labels.iter().all(|(key, value)| labels.get(key) == Some(value))
        && selector.match_expressions.iter().all(|requirement| holds(requirement, labels))
}

fn holds(requirement: &Requirement, labels: &Labels) -> bool {
    let actual = labels.get(&requirement.key);
    let listed = || actual.is_some_and(|actual| requirement.values.iter().any(|value| actual == value));
    match requirement.operator {
        SelectorOperator::In => listed(),
        SelectorOperator::NotIn => !listed(),
        SelectorOperator::Exists => actual.is_some(),
        SelectorOperator::DoesNotExist => actual.is_none(),
    }
}

/// Whether a selector has no requirement at all.
#[must_use]
pub(super) fn is_empty(selector: &LabelSelector) -> bool {
    selector.match_labels.is_empty() && selector.match_expressions.is_empty()
}

/// Returns the labels that a selector reads.
pub(super) fn keys(selector: &LabelSelector) -> impl Iterator<Item = &str> {
    let compared = selector.match_expressions.iter().map(|requirement| requirement.key.as_str());
    selector.match_labels.keys().map(Name::as_str).chain(compared)
}

/// Returns the pod labels that the rules of a specification read.
pub fn selector_keys(spec: &PodSpec) -> impl Iterator<Item = &str> {
    let spread = spec.topology_spread.iter();
    let merged = spread.clone().flat_map(|one| one.match_label_keys.iter().map(String::as_str));
    let terms = spec.pod_affinity.iter().chain(&spec.pod_anti_affinity).filter_map(|term| term.selector.as_ref());
    spread.filter_map(|one| one.selector.as_ref()).chain(terms).flat_map(keys).chain(merged)
}

/// Returns the labels of a pod that any selector reads, given whether one reads a key.
pub fn read_labels(labels: &Labels, is_read: impl Fn(&str) -> bool) -> Vec<(&str, &str)> {
    labels.iter().filter(|(key, _)| is_read(key)).map(|(key, value)| (key.as_str(), value.as_str())).collect()
}

/// Some namespaces.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum NamespaceSet<'a> {
    All,
    /// Sorted by name.
    Named(Vec<&'a str>),
}

impl<'a> NamespaceSet<'a> {
    /// Returns the namespaces of a term: those that it lists and those that its selector matches;
    /// with neither, the pod's own.
    pub(super) fn of(term: &'a PodAffinityTerm, own: &'a str, namespaces: &'a [Namespace]) -> Self {
        let mut named: Vec<&str> = term.namespaces.iter().map(String::as_str).collect();
        match &term.namespace_selector {
            Some(selector) if is_empty(selector) => return Self::All,
            Some(selector) => {
                let matching = namespaces.iter().filter(|namespace| matches(selector, &namespace.labels));
                named.extend(matching.map(|namespace| namespace.name.as_str()));
            }
            None if named.is_empty() => named.push(own),
            None => {}
        }
        named.sort_unstable();
        named.dedup();
        Self::Named(named)
    }

    pub(super) fn contains(&self, namespace: &str) -> bool {
        match self {
            Self::All => true,
            Self::Named(named) => named.binary_search(&namespace).is_ok(),
        }
    }
}
