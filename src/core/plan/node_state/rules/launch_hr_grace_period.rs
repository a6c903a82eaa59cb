//! A node early in an hour that is paid whole.

use crate::duration::Seconds;
use crate::plan::fleet::{NodeEntry, NodeIx};
use crate::plan::node_state::NodeStates;
use crate::plan::report::NodeState;

/// Applies to a node whose hour is paid for, so that it may as well wait for work (machines were
/// once paid by the hour). A node that is cordoned goes all the same.
pub(in crate::plan::node_state) fn launch_hr_grace_period(
    nodes: &NodeStates<'_>,
    _: NodeIx,
    entry: &NodeEntry<'_>,
) -> Option<NodeState> {
    const HOUR: u64 = 3600;
    let threshold = nodes.fleet().policy.launch_hour_threshold;
    let launched_at = nodes.fleet().instance_of(entry)?.launched_at.unwrap_or(entry.node.created_at);
    let into = Seconds(Seconds::between(launched_at, nodes.fleet().now()).0 % HOUR);
    let is_open = entry.node.cordoned_by_us().is_none() && nodes.fleet().closing(entry).is_none();
    (is_open && into < threshold).then_some(NodeState::LaunchHrGracePeriod { into, threshold })
}
