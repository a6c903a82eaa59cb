//! A node that an earlier run began to empty.

use super::group_min_size::at_min;
use crate::plan::amounts::small;
use crate::plan::drain;
use crate::plan::fleet::{NodeEntry, NodeIx};
use crate::plan::node_state::NodeStates;
use crate::plan::report::NodeState;

/// Applies to a drain that an earlier run began. It continues unless its node has to stay: a pod
/// that must not move has come, or its group has shrunk to its minimum. A spent budget does not end
/// it.
pub(super) fn draining(nodes: &NodeStates<'_>, _: NodeIx, entry: &NodeEntry<'_>) -> Option<NodeState> {
    let under_way = drain::under_way(nodes.fleet(), entry)?;
    let goes_on = at_min(nodes, entry).is_none()
        && !nodes.lacks_facts()
        && !nodes.verdicts(entry).iter().any(|(_, verdict)| verdict.ends_a_drain());
    let pods = small(entry.holders.len());
    let drain::UnderWay { since, until } = under_way;
    goes_on.then_some(NodeState::Draining { since, pods, until, now: nodes.fleet().now() })
}
