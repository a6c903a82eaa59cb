//! A node that is idle, not yet for long enough.

use crate::plan::fleet::{NodeEntry, NodeIx};
use crate::plan::node_state::NodeStates;
use crate::plan::report::NodeState;

/// Applies to open nodes, but for those that came for a gang which cannot start on them: they were
/// of use to nobody, and nobody else is to get them.
pub(super) fn grace_period(nodes: &NodeStates<'_>, index: NodeIx, entry: &NodeEntry<'_>) -> Option<NodeState> {
    if nodes.is_left_by_a_gang(index) {
        return None;
    }
    let threshold = nodes.group(entry)?.policy.idle_threshold;
    let idle = nodes.idle(entry);
    let is_open = entry.node.cordoned_by_us().is_none() && nodes.fleet().closing(entry).is_none();
    let is_open_and_idle = entry.holders.is_empty() && is_open;
    (is_open_and_idle && idle < threshold).then_some(NodeState::GracePeriod { idle, threshold })
}
