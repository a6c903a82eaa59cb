//! A node with room for pods that are not in the API.

use crate::plan::fleet::{NodeEntry, NodeIx};
use crate::plan::node_state::NodeStates;
use crate::plan::report::NodeState;

/// Applies when pods have their place here that an object stands for: without the node they would
/// need another.
pub(in crate::plan::node_state) fn room_kept(nodes: &NodeStates<'_>, index: NodeIx, _: &NodeEntry<'_>) -> Option<NodeState> {
    let room = nodes.scale_up.room_on.get(&index)?;
    Some(NodeState::RoomKept { pods: room.pods, room_for: nodes.fleet().absent[room.absent].room_for.clone() })
}
