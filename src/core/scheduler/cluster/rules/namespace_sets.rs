//! The namespaces in which terms look. Thousands of terms look in the same few sets, and each set
//! is made once.

use indexmap::{IndexMap, IndexSet};

use crate::index_vec::{Number, numbers};
use crate::scheduler::selector::NamespaceSet;
use crate::snapshot::{LabelSelector, Namespace, PodAffinityTerm};

numbers! {
    /// A set of namespaces.
    pub(super) struct NamespaceSetIx;
}

/// The sets, each known by a number.
#[derive(Debug, Clone)]
pub(super) struct NamespaceSets<'a> {
    namespaces: &'a [Namespace],
    sets: IndexSet<NamespaceSet<'a>>,
    known: IndexMap<Wording<'a>, NamespaceSetIx>,
}

/// What a term says of namespaces; the pod's own one matters only where it says nothing.
type Wording<'a> = (&'a [String], Option<&'a LabelSelector>, Option<&'a str>);

impl<'a> NamespaceSets<'a> {
    pub(super) fn new(namespaces: &'a [Namespace]) -> Self {
        Self { namespaces, sets: IndexSet::new(), known: IndexMap::new() }
    }

    /// Returns the set of a term of a pod in a namespace.
    pub(super) fn of(&mut self, term: &'a PodAffinityTerm, own: &'a str) -> NamespaceSetIx {
        let says_nothing = term.namespaces.is_empty() && term.namespace_selector.is_none();
        let wording = (term.namespaces.as_slice(), term.namespace_selector.as_ref(), says_nothing.then_some(own));
        *self.known.entry(wording).or_insert_with(|| {
            let set = NamespaceSet::of(term, own, self.namespaces);
            NamespaceSetIx::from_index(self.sets.insert_full(set).0)
        })
    }

    /// Whether a set has a namespace.
    pub(super) fn contains(&self, set: NamespaceSetIx, namespace: &str) -> bool {
        self.sets[set.index()].contains(namespace)
    }

    /// Returns the only namespace of a set that has one.
    pub(super) fn only(&self, set: NamespaceSetIx) -> Option<&'a str> {
        match &self.sets[set.index()] {
            NamespaceSet::Named(named) => named.first().copied().filter(|_| named.len() == 1),
            NamespaceSet::All => None,
        }
    }
}
