//! The pods that a rule counts.

use indexmap::IndexSet;

use super::namespace_sets::{NamespaceSetIx, NamespaceSets};
use super::selector_index::Selecting;
use crate::scheduler::selector::{is_empty, keys, matches};
use crate::snapshot::{LabelSelector, Labels};

/// The pods that a tally counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Counted<'a> {
    /// Pods of a namespace that a spread selector matches, on nodes that take part.
    Spread { key: &'a str, namespace: &'a str, selector: LabelSelector, eligibility: usize },
    /// Pods that match every one of these terms, by the key of one of them.
    Affinity { key: &'a str, terms: Vec<CountedTerm<'a>> },
    /// Pods that match an anti-affinity term.
    AntiAffinity { key: &'a str, term: CountedTerm<'a> },
    /// Pods that have an anti-affinity term.
    Holders { key: &'a str, term: CountedTerm<'a> },
}

/// The pods that an affinity or anti-affinity term matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct CountedTerm<'a> {
    pub(super) namespaces: NamespaceSetIx,
    /// A term without a selector matches no pod.
    pub(super) selector: Option<&'a LabelSelector>,
}

/// A pod, as selectors see it.
#[derive(Debug, Clone, Copy)]
pub(super) struct LabelledPod<'b> {
    pub(super) namespace: &'b str,
    pub(super) labels: &'b Labels,
}

impl<'a> Counted<'a> {
    /// Returns the selectors that a pod has to match.
    pub(super) fn selectors(&self) -> impl Iterator<Item = &LabelSelector> {
        let (own, terms) = match self {
            Self::Spread { selector, .. } => (Some(selector), [].as_slice()),
            Self::Affinity { terms, .. } => (None, terms.as_slice()),
            Self::AntiAffinity { term, .. } | Self::Holders { term, .. } => (None, std::slice::from_ref(term)),
        };
        own.into_iter().chain(terms.iter().filter_map(|term| term.selector))
    }

    /// Returns it as an index of selectors files it.
    pub(super) fn selecting(&self, number: usize, sets: &NamespaceSets<'a>) -> Selecting<'_> {
        Selecting { number, namespace: self.only_namespace(sets), selectors: self.selectors().collect() }
    }

    /// Returns the only namespace of which it counts pods, if there is only one.
    fn only_namespace(&self, sets: &NamespaceSets<'a>) -> Option<&'a str> {
        match self {
            Self::Spread { namespace, .. } => Some(namespace),
            Self::Affinity { terms, .. } => terms.iter().find_map(|term| sets.only(term.namespaces)),
            Self::AntiAffinity { term, .. } | Self::Holders { term, .. } => sets.only(term.namespaces),
        }
    }

    /// Whether its selectors match a pod. A spread constraint without a requirement counts nothing.
    pub(super) fn selects(&self, sets: &NamespaceSets<'a>, pod: LabelledPod<'_>) -> bool {
        match self {
            Self::Spread { namespace, selector, .. } => {
                *namespace == pod.namespace && !is_empty(selector) && matches(selector, pod.labels)
            }
            Self::Affinity { terms, .. } => terms.iter().all(|term| term.selects(sets, pod)),
            Self::AntiAffinity { term, .. } | Self::Holders { term, .. } => term.selects(sets, pod),
        }
    }
}

impl<'a> CountedTerm<'a> {
    /// Whether it matches a pod.
    pub(super) fn selects(&self, sets: &NamespaceSets<'a>, pod: LabelledPod<'_>) -> bool {
        let selector = self.selector.filter(|_| sets.contains(self.namespaces, pod.namespace));
        selector.is_some_and(|selector| matches(selector, pod.labels))
    }
}

/// Returns the pod labels that any of the selectors reads.
pub(super) fn label_keys<'c, 'a: 'c>(counted: impl Iterator<Item = &'c Counted<'a>>) -> IndexSet<String> {
    counted.flat_map(Counted::selectors).flat_map(keys).map(str::to_owned).collect()
}
