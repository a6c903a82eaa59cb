//! A node that a person cordoned.

use crate::plan::fleet::{NodeEntry, NodeIx};
use crate::plan::node_state::NodeStates;
use crate::plan::report::NodeState;

pub(super) fn cordoned_by_person(_: &NodeStates<'_>, _: NodeIx, entry: &NodeEntry<'_>) -> Option<NodeState> {
    (entry.node.unschedulable && entry.node.cordoned_by_us().is_none()).then_some(NodeState::CordonedByPerson)
}
