//! A node on which pods are expected.

use crate::plan::amounts::small;
use crate::plan::fleet::{NodeEntry, NodeIx};
use crate::plan::node_state::NodeStates;
use crate::plan::report::NodeState;

/// Applies when pods are expected here: by this plan, by the scheduler's own preemption, or because
/// their volume is being made for it.
pub(in crate::plan::node_state) fn pod_pending(
    nodes: &NodeStates<'_>,
    index: NodeIx,
    entry: &NodeEntry<'_>,
) -> Option<NodeState> {
    let placed = nodes.scale_up.expected_on.get(&index).or_else(|| nodes.scale_up.uncordon.get(&index)).copied().unwrap_or(0);
    let pods = placed + small(entry.nominated.len() + entry.awaiting_volume.len());
    (pods > 0).then_some(NodeState::PodPending { pods })
}
