//! The marks of others by which a node stays: annotations that protect it, and a person's label
//! that takes it out of our hands.

use super::Node;
use crate::well_known::{annotations, labels};

impl Node {
    /// Whether a person took the node out of our hands.
    #[must_use]
    pub fn is_detached(&self) -> bool {
        labels::DETACHED.iter().any(|label| self.labels.contains_key(label))
    }

    /// Returns the annotation that keeps the node, if one does.
    #[must_use]
    pub fn protecting_mark(&self) -> Option<&'static str> {
        let keeps = |(key, value): &&(&'static str, &str)| self.marks.get(key).is_some_and(|actual| actual == value);
        annotations::PROTECTING.iter().find(keeps).map(|(key, _)| *key)
    }
}
