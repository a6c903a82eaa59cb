//! A node that a mark protects (`well_known::annotations::PROTECTING`).

use crate::plan::fleet::{NodeEntry, NodeIx};
use crate::plan::node_state::NodeStates;
use crate::plan::report::NodeState;

pub(super) fn protected(_: &NodeStates<'_>, _: NodeIx, entry: &NodeEntry<'_>) -> Option<NodeState> {
    entry.node.protecting_mark().map(|mark| NodeState::Protected { mark: mark.to_owned() })
}
