//! A node that is idle for long enough.

use crate::plan::fleet::{NodeEntry, NodeIx};
use crate::plan::node_state::NodeStates;
use crate::plan::report::NodeState;

#[expect(clippy::unnecessary_wraps, reason = "a rule like the others; the last one always applies")]
pub(super) fn idle_schedulable(nodes: &NodeStates<'_>, _: NodeIx, entry: &NodeEntry<'_>) -> Option<NodeState> {
    Some(NodeState::IdleSchedulable { idle: nodes.idle(entry) })
}
