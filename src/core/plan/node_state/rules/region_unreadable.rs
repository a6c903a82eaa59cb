//! A node in a region that could not be read.

use crate::plan::fleet::{NodeEntry, NodeIx};
use crate::plan::node_state::NodeStates;
use crate::plan::report::NodeState;

pub(super) fn region_unreadable(nodes: &NodeStates<'_>, _: NodeIx, entry: &NodeEntry<'_>) -> Option<NodeState> {
    let region = nodes.fleet().unreadable_region_of(entry.node)?;
    Some(NodeState::RegionUnreadable { region: region.to_owned() })
}
