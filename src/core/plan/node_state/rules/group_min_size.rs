//! A node without which its group would be below its minimum.

use crate::plan::fleet::{NodeEntry, NodeIx};
use crate::plan::node_state::NodeStates;
use crate::plan::report::NodeState;

pub(super) fn group_min_size(nodes: &NodeStates<'_>, _: NodeIx, entry: &NodeEntry<'_>) -> Option<NodeState> {
    // A cordon of ours on a busy node is taken back even at the minimum, so that this state comes
    // first.
    let is_leftover = entry.node.cordoned_by_us().is_some() && !entry.holders.is_empty();
    at_min(nodes, entry).filter(|_| !is_leftover).map(|min| NodeState::GroupMinSize { min })
}

/// Returns the minimum of a node's group, if the group would fall below it without the node.
pub(super) fn at_min(nodes: &NodeStates<'_>, entry: &NodeEntry<'_>) -> Option<i64> {
    let group = nodes.group(entry)?;
    let weight = nodes.fleet().instance_of(entry)?.weight.get();
    (group.group.desired - weight < group.least()).then_some(group.least())
}
