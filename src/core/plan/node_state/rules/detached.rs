//! A node that a person took out, or whose instance is set aside.

use crate::plan::fleet::{NodeEntry, NodeIx};
use crate::plan::node_state::NodeStates;
use crate::plan::report::NodeState;
use crate::snapshot::Lifecycle;

pub(super) fn detached(nodes: &NodeStates<'_>, _: NodeIx, entry: &NodeEntry<'_>) -> Option<NodeState> {
    let lifecycle = nodes.fleet().instance_of(entry)?.lifecycle;
    let set_aside = matches!(lifecycle, Lifecycle::Detached | Lifecycle::Standby | Lifecycle::ReplacingDisk);
    (set_aside || entry.node.is_detached()).then_some(NodeState::Detached)
}
