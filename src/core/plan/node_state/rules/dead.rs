//! A node that is dead, and one that looks so.

use jiff::Timestamp;

use crate::duration::Seconds;
use crate::plan::fleet::{Fleet, NodeEntry, NodeIx};
use crate::plan::node_state::NodeStates;
use crate::plan::report::NodeState;
use crate::snapshot::{Lifecycle, ReadyStatus};

/// Applies to a node that has been not Ready for so long that it looks dead, and has no pod that
/// might still be running there. A kubelet that is only cut off continues its jobs, unless the
/// cloud states that its machine does nothing any more.
pub(super) fn dead(nodes: &NodeStates<'_>, _: NodeIx, entry: &NodeEntry<'_>) -> Option<NodeState> {
    let since = silent_since(nodes, entry)?;
    let machine = nodes.fleet().machine_check(entry).map(|check| check.health).filter(|health| health.is_broken());
    let is_empty = entry.holders.is_empty() && nodes.fleet().pod_perhaps_bound_elsewhere(entry).is_none();
    let is_dead = machine.is_some() || is_empty;
    is_dead.then_some(NodeState::Dead { since, machine, now: nodes.fleet().now() })
}

/// Returns since when runs have seen a node not Ready without a break, if that is `--dead-after` or
/// longer. The time in the condition is of an unknown clock.
fn silent_since(nodes: &NodeStates<'_>, entry: &NodeEntry<'_>) -> Option<Timestamp> {
    looks_dead(nodes.fleet(), entry)?;
    let (since, limit) = (entry.node.silent_since()?, nodes.group(entry)?.policy.dead_after);
    (Seconds::between(since, nodes.fleet().now()) >= limit).then_some(since)
}

/// Returns since when a node is not Ready, if that is `--dead-after` or longer.
pub(crate) fn looks_dead(fleet: &Fleet<'_>, entry: &NodeEntry<'_>) -> Option<Timestamp> {
    if entry.node.ready.status == ReadyStatus::True || entry.is_lagging {
        return None;
    }
    // While it gets a new disk, an instance runs no kubelet.
    if fleet.instance_of(entry).is_some_and(|instance| instance.lifecycle == Lifecycle::ReplacingDisk) {
        return None;
    }
    let since = entry.node.readiness_since();
    let limit = fleet.group_of(entry)?.policy.dead_after;
    (Seconds::between(since, fleet.now()) >= limit).then_some(since)
}
