//! A Node object whose instance is gone.

use crate::plan::fleet::{NodeEntry, NodeIx};
use crate::plan::node_state::{NodeStates, leftover};
use crate::plan::report::{Leftover, NodeState};

/// Applies to the Node that a gone instance left behind. It belongs to no group any more. The proof
/// that it was ours comes before that.
pub(super) fn left_behind(nodes: &NodeStates<'_>, _: NodeIx, entry: &NodeEntry<'_>) -> Option<NodeState> {
    let machine = leftover(nodes.fleet(), entry)?.check.health;
    let leftover = Leftover { machine, since: entry.node.gone_since(), now: nodes.fleet().now() };
    Some(NodeState::InstanceTerminated { leftover: Some(leftover) })
}
