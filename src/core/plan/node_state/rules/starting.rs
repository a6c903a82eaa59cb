//! A node that is not complete yet, or too young.

use crate::plan::fleet::{NodeEntry, NodeIx};
use crate::plan::node_state::NodeStates;
use crate::plan::report::NodeState;

/// Applies to a node that is not complete yet, or too young for its idleness to mean anything.
pub(super) fn starting(nodes: &NodeStates<'_>, _: NodeIx, entry: &NodeEntry<'_>) -> Option<NodeState> {
    let policy = &nodes.group(entry)?.policy;
    let age = nodes.fleet().age(entry.node);
    if entry.is_lagging {
        return Some(NodeState::Starting { age, until: policy.instance_init_time });
    }
    // A machine that ends with its reservation is not waited for.
    (age < policy.min_node_age && entry.holders.is_empty() && nodes.fleet().closing(entry).is_none())
        .then_some(NodeState::Starting { age, until: policy.min_node_age })
}
