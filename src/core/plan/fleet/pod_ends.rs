//! Since when nodes have been idle: by our mark, unless a pod ended there since.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Fleet, NodeEntry};
use crate::snapshot::Snapshot;

/// Returns when the last pod ended on each node, as far as that was read.
pub(super) fn pod_ends(snapshot: &Snapshot) -> BTreeMap<&str, Timestamp> {
    let mut ends: BTreeMap<&str, Timestamp> = BTreeMap::new();
    for end in &snapshot.pod_ends {
        let latest = ends.entry(&end.node).or_insert(end.at);
        *latest = end.at.max(*latest);
    }
    ends
}

impl Fleet<'_> {
    /// Returns since when a node has been idle, if it carries our mark: that of the mark, or the
    /// end of a pod that came and went since, which no run saw. The clocks of nodes may be ahead.
    pub(crate) fn idle_since(&self, entry: &NodeEntry<'_>) -> Option<Timestamp> {
        let marked = entry.node.idle_since()?;
        let ended = self.pod_ends.get(entry.node.name.as_str()).map(|at| self.now().min(*at));
        Some(ended.map_or(marked, |ended| ended.max(marked)))
    }
}
