//! Two Nodes that are one instance, or one that could be several.

use crate::plan::fleet::{NodeEntry, NodeIx};
use crate::plan::node_state::NodeStates;
use crate::plan::report::NodeState;

/// Applies when two Nodes are one instance, or one could be several: nobody knows what runs where.
pub(super) fn contested(nodes: &NodeStates<'_>, _: NodeIx, entry: &NodeEntry<'_>) -> Option<NodeState> {
    let other = &nodes.fleet().nodes[entry.rival?];
    Some(NodeState::Contested { other: other.node.name.clone() })
}
