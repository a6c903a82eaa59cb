//! A node that we cordoned and that has pods again.

use crate::plan::amounts::small;
use crate::plan::fleet::{NodeEntry, NodeIx};
use crate::plan::node_state::NodeStates;
use crate::plan::report::NodeState;

pub(super) fn busy_unschedulable(_: &NodeStates<'_>, _: NodeIx, entry: &NodeEntry<'_>) -> Option<NodeState> {
    let pods = small(entry.holders.len());
    (pods > 0 && entry.node.cordoned_by_us().is_some()).then_some(NodeState::BusyUnschedulable { pods })
}
