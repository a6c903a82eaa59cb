//! Idle nodes that are kept as spares: a number of each shape, for a long while
//! (`--type-idle-count`, `--type-idle-threshold`).

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::NodeStates;
use crate::index_vec::IndexVec;
use crate::plan::fleet::{NodeEntry, NodeIx};
use crate::plan::report::{NodeState, StateTrait};
use crate::plan::template::lasting_taints;
use crate::snapshot::{Labels, Taint};
use crate::well_known::labels::is_not_of_the_shape;

/// What makes nodes interchangeable.
type Shape<'a> = (&'a str, Labels, Vec<Taint>);

/// Returns the nodes that are kept as spares. `states` holds the states that nodes have for other
/// reasons; a node without one is free to go.
pub(super) fn spares(states_of: &NodeStates<'_>, states: &IndexVec<NodeIx, Option<NodeState>>) -> BTreeSet<NodeIx> {
    if states_of.fleet().groups.iter().all(|group| group.policy.type_idle_count == 0) {
        return BTreeSet::new();
    }
    let mut by_shape: BTreeMap<Shape<'_>, Vec<NodeIx>> = BTreeMap::new();
    for (node, entry) in states_of.fleet().nodes.iter_numbered().filter(|(_, entry)| is_idle_and_open(entry)) {
        if states_of.fleet().closing(entry).is_some() {
            continue;
        }
        if let Some(shape) =
            shape(states_of, entry).filter(|_| states[node].as_ref().is_none_or(|state| state.has(StateTrait::Spare)))
        {
            by_shape.entry(shape).or_default().push(node);
        }
    }
    let mut kept = BTreeSet::new();
    for mut nodes in by_shape.into_values() {
        // Nodes that stay anyway are the first spares, then those that have been idle for the
        // shortest time.
        nodes.sort_by_key(|&node| (states[node].is_none(), Reverse(states_of.idle_from(&states_of.fleet().nodes[node])), node));
        for (place, node) in nodes.into_iter().enumerate() {
            let entry = &states_of.fleet().nodes[node];
            let Some(group) = states_of.fleet().group_of(entry) else { continue };
            let is_wanted = place < group.policy.type_idle_count as usize;
            if is_wanted && states[node].is_none() && states_of.idle(entry) < group.policy.type_idle_threshold {
                kept.insert(node);
            }
        }
    }
    kept
}

fn is_idle_and_open(entry: &NodeEntry<'_>) -> bool {
    entry.holders.is_empty() && !entry.node.unschedulable && entry.node.is_ready()
}

fn shape<'a>(states_of: &'a NodeStates<'_>, entry: &NodeEntry<'_>) -> Option<Shape<'a>> {
    let machine_type = states_of.fleet().instance_of(entry)?.machine_type.as_str();
    let mut labels = entry.node.labels.clone();
    labels.retain(|key, _| !is_not_of_the_shape(key));
    let mut taints = lasting_taints(entry.node, states_of.fleet().policy);
    taints.sort_unstable();
    Some((machine_type, labels, taints))
}
