//! The node on which this run is.

use crate::plan::fleet::{NodeEntry, NodeIx};
use crate::plan::node_state::NodeStates;
use crate::plan::report::NodeState;

/// Applies to the node on which this run is.
pub(super) fn own_node(nodes: &NodeStates<'_>, _: NodeIx, entry: &NodeEntry<'_>) -> Option<NodeState> {
    let own = nodes.fleet().snapshot.cluster.own_pod.as_ref()?;
    entry.pods.iter().any(|pod| pod.namespace == own.namespace && pod.name == own.name).then_some(NodeState::OwnNode)
}
