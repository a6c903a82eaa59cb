//! A node with pods that keep it.

use crate::plan::amounts::small;
use crate::plan::fleet::{NodeEntry, NodeIx};
use crate::plan::node_state::NodeStates;
use crate::plan::report::NodeState;

pub(super) fn busy(nodes: &NodeStates<'_>, _: NodeIx, entry: &NodeEntry<'_>) -> Option<NodeState> {
    if nodes.is_under_utilized(entry) {
        return None;
    }
    // The document names one of them: for thousands of nodes that takes longer than all the rest.
    (!entry.holders.is_empty()).then(|| NodeState::Busy { pods: small(entry.holders.len()), example: String::new() })
}
