//! Topology domains: the values of a label that pods are spread over or gathered in.

use indexmap::{IndexMap, IndexSet};

/// No domain: the node lacks the label.
pub(super) const NOWHERE: u32 = u32::MAX;

/// A domain of each node alone: the node has no name yet, and its hostname will be its own.
pub(super) const ITS_OWN: u32 = u32::MAX - 1;

/// The topology keys in use, and the values seen of each.
#[derive(Debug, Clone, Default)]
pub(super) struct Domains<'a> {
    keys: IndexMap<&'a str, Values>,
}

#[derive(Debug, Clone, Default)]
struct Values {
    known: IndexSet<String>,
    /// Domains of nodes that have no name yet.
    unnamed: u32,
}

impl<'a> Domains<'a> {
    /// Returns the number of a key.
    pub(super) fn key(&mut self, key: &'a str) -> usize {
        self.keys.entry(key).or_default();
        self.keys.get_index_of(key).unwrap_or_default()
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    pub(super) fn name(&self, key: usize) -> &'a str {
        self.keys.get_index(key).map_or("", |(name, _)| name)
    }

    /// Returns the number of a key's value.
    pub(super) fn domain(&mut self, key: usize, value: &str) -> u32 {
        let values = &mut self.keys[key];
        let index = match values.known.get_index_of(value) {
            Some(index) => index,
            None => values.known.insert_full(value.to_owned()).0,
        };
        // Even numbers are values, odd ones are nodes without a name.
        u32::try_from(index).unwrap_or(NOWHERE / 2 - 1) * 2
    }

    /// Returns a domain that no node has yet.
    pub(super) fn fresh(&mut self, key: usize) -> u32 {
        let values = &mut self.keys[key];
        values.unnamed += 1;
        values.unnamed * 2 - 1
    }

    /// Forgets the newest fresh domain.
    pub(super) fn forget_fresh(&mut self, key: usize) {
        self.keys[key].unnamed -= 1;
    }
}
