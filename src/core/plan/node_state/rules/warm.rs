//! A node whose instance is in a warm pool.

use crate::plan::fleet::{NodeEntry, NodeIx};
use crate::plan::node_state::NodeStates;
use crate::plan::report::NodeState;

/// Applies to a node that registered while its instance was warmed up, or that was left in the
/// pool. It is no capacity of its group, it is not dead when it is stopped, and it is not idle when
/// it runs.
pub(super) fn warm(_: &NodeStates<'_>, _: NodeIx, entry: &NodeEntry<'_>) -> Option<NodeState> {
    entry.is_warm.then_some(NodeState::Warm)
}
