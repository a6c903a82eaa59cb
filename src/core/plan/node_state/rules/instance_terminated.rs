//! A node whose instance is ending or gone.

use crate::plan::fleet::{NodeEntry, NodeIx};
use crate::plan::node_state::NodeStates;
use crate::plan::report::NodeState;
use crate::snapshot::Lifecycle;

pub(super) fn instance_terminated(nodes: &NodeStates<'_>, _: NodeIx, entry: &NodeEntry<'_>) -> Option<NodeState> {
    let lifecycle = nodes.fleet().instance_of(entry)?.lifecycle;
    let is_ending = matches!(lifecycle, Lifecycle::Terminating | Lifecycle::Terminated);
    is_ending.then_some(NodeState::InstanceTerminated { leftover: None })
}
