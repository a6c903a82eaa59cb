//! A node with pods that keep it.

use crate::plan::amounts::small;
use crate::plan::fleet::{NodeEntry, NodeIx};
use crate::plan::node_state::NodeStates;
use crate::plan::report::NodeState;

pub(super) fn busy(nodes: &NodeStates<'_>, _: NodeIx, entry: &NodeEntry<'_>) -> Option<NodeState> {
    if nodes.is_under_utilized(entry) {
        return None;
    }
    let pods = small(entry.holders.len());
    let example = entry.holders.iter().min_by_key(|pod| (&pod.namespace, &pod.name))?.id().to_string();
    Some(NodeState::Busy { pods, example })
}
