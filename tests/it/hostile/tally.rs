//! Counts of what happened: a world in which nothing does proves nothing.

use std::collections::BTreeMap;

use super::settings::SEEDS;

#[derive(Debug, Default)]
pub(super) struct Tally {
    counts: BTreeMap<&'static str, u64>,
}

/// What must have happened at least so often in the usual number of worlds.
const ENOUGH: [(&str, u64); 17] = [
    ("idle node ended", 120),
    ("never-registered instance replaced", 5),
    ("dead node ended", 20),
    ("node object deleted", 30),
    ("pod evicted", 20),
    ("pod bound", 3_000),
    ("group raised", 150),
    ("node uncordoned", 10),
    ("node object vanished", 200),
    ("two nodes claimed an instance", 50),
    ("instance left the warm pool", 50),
    ("other account", 50),
    ("other cluster", 50),
    ("old list", 5_000),
    ("process stopped", 200),
    ("run overtaken", 100),
    ("bound in spite of a cordon", 10),
];

impl Tally {
    pub(super) fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (what, number) in &other.counts {
            *self.counts.entry(what).or_default() += number;
        }
    }

    /// Asserts that all of it happened, and often.
    pub(super) fn assert_eventful(&self, seeds: u64) {
        if seeds < SEEDS {
            return;
        }
        let seldom = |(what, enough): &&(&str, u64)| self.counts.get(*what).is_none_or(|number| number < enough);
        let missing: Vec<_> = ENOUGH.iter().filter(seldom).collect();
        assert!(missing.is_empty(), "too little happened: {missing:?} in {self:#?}");
    }
}
