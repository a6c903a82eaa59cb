//! A node that is idle and cordoned by us.

use crate::plan::fleet::{NodeEntry, NodeIx};
use crate::plan::node_state::NodeStates;
use crate::plan::report::NodeState;

pub(super) fn idle_unschedulable(nodes: &NodeStates<'_>, _: NodeIx, entry: &NodeEntry<'_>) -> Option<NodeState> {
    let cordoned_at = entry.node.cordoned_by_us()?;
    Some(NodeState::IdleUnschedulable { cordoned_at, now: nodes.fleet().now() })
}
