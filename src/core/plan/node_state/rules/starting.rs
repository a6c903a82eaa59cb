//! A node that is not complete yet, or too young.

use crate::plan::fleet::{NodeEntry, NodeIx};
use crate::plan::node_state::NodeStates;
use crate::plan::report::NodeState;

/// Applies to a node that is not complete yet, or too young for its idleness to mean anything.
pub(super) fn starting(nodes: &NodeStates<'_>, index: NodeIx, entry: &NodeEntry<'_>) -> Option<NodeState> {
    let policy = &nodes.group(entry)?.policy;
    let age = nodes.fleet().age(entry.node);
    if entry.is_lagging {
        return Some(NodeState::Starting { age, until: policy.instance_init_time });
    }
    // Neither a machine that ends with its reservation is waited for, nor one that is of no use to
    // the gang for which it came.
    let is_waited_for = nodes.fleet().closing(entry).is_none() && !nodes.is_left_by_a_gang(index);
    (age < policy.min_node_age && entry.holders.is_empty() && is_waited_for)
        .then_some(NodeState::Starting { age, until: policy.min_node_age })
}
