//! Amounts, each with its source.

use std::collections::BTreeMap;

use crate::plan::report::FactSource;
use crate::snapshot::Resources;

/// What pods may request of a node, with the source of each amount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Amounts {
    pub(super) resources: Resources,
    pub(super) sources: BTreeMap<String, FactSource>,
    /// The source for the fact that there is nothing else.
    rest: FactSource,
}

impl Amounts {
    /// Returns amounts that all have one source.
    pub(super) fn of(resources: Resources, source: FactSource) -> Self {
        let sources = resources.iter().map(|(name, _)| (name.to_owned(), source.clone())).collect();
        Self { resources, sources, rest: source }
    }

    pub(super) fn set(&mut self, name: &str, amount: i64, source: FactSource) {
        self.resources.set(name, amount);
        self.sources.insert(name.to_owned(), source);
    }

    /// Lowers every amount to at most that of `other`, whose source then counts. Amounts that
    /// `other` does not list become 0.
    pub(super) fn lower_to(&mut self, other: &Self) {
        let lower: Vec<String> = self
            .resources
            .iter()
            .filter(|(name, own)| other.resources.get(name) < *own)
            .map(|(name, _)| name.to_owned())
            .collect();
        for name in lower {
            let source = other.sources.get(&name).unwrap_or(&other.rest).clone();
            self.set(&name, other.resources.get(&name), source);
        }
    }

    /// Returns the least certain source of all.
    pub(super) fn worst_source(&self) -> FactSource {
        self.sources.values().cloned().reduce(FactSource::or_worse).unwrap_or_else(|| self.rest.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{CPU, MEMORY};

    #[test]
    fn the_smaller_amount_brings_its_source() {
        let live = FactSource::LiveNodes { nodes: 1 };
        let mut gpu = Amounts::of([(CPU, 8000), (MEMORY, 100), ("nvidia.com/gpu", 8)].into_iter().collect(), live.clone());
        let mut plain = Amounts::of([(CPU, 4000), (MEMORY, 200)].into_iter().collect(), FactSource::Formula);
        plain.set(CPU, 4000, FactSource::Tag { key: "cpu".into() });
        gpu.lower_to(&plain);
        assert_eq!(gpu.resources, [(CPU, 4000), (MEMORY, 100), ("nvidia.com/gpu", 0)].into_iter().collect());
        let sources: Vec<_> = [CPU, MEMORY, "nvidia.com/gpu"].map(|name| gpu.sources[name].clone()).into();
        assert_eq!(sources, [FactSource::Tag { key: "cpu".into() }, live, FactSource::Formula]);
        assert_eq!(gpu.worst_source(), FactSource::Formula);
    }
}
