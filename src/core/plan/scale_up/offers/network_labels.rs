//! Labels for the place of a machine in the network: nobody knows them of a new node before its
//! machine runs, so that nothing is bought for pods that require them.

use crate::plan::fleet::Fleet;
use crate::snapshot::{Name, NodeSelectorOperator, PodSpec};
use crate::well_known::labels::NETWORK_LAYERS;

/// Returns such a label without which a pod cannot be on a node, if it requires one.
pub(in crate::plan::scale_up) fn required_label<'s>(fleet: &Fleet<'_>, spec: &'s PodSpec) -> Option<&'s str> {
    let is_layer = |key: &&'s str| key.starts_with(NETWORK_LAYERS);
    let selected = spec.node_selector.keys().map(Name::as_str).find(is_layer);
    let spread = || spec.topology_spread.iter().map(|it| it.topology_key.as_str()).find(is_layer);
    let near = || spec.pod_affinity.iter().map(|term| term.topology_key.as_str()).find(is_layer);
    // Where no node has the label, it keeps no pods apart.
    let is_there = |key: &&str| fleet.nodes.iter().any(|entry| entry.node.labels.contains_key(key));
    let apart = || spec.pod_anti_affinity.iter().map(|term| term.topology_key.as_str()).filter(is_layer).find(is_there);
    selected.or_else(|| in_every_term(spec)).or_else(spread).or_else(near).or_else(apart)
}

/// Returns such a label where each alternative of the required node affinity has one.
fn in_every_term(spec: &PodSpec) -> Option<&str> {
    let terms = spec.node_affinity.as_ref()?.iter();
    let in_term = terms.map(|term| {
        // What a sibling shows is that a new node will have the label, with whatever value.
        let by_value = term.match_expressions.iter().filter(|it| it.operator != NodeSelectorOperator::Exists);
        let mut keys = by_value.map(|requirement| requirement.key.as_str());
        keys.find(|key| key.starts_with(NETWORK_LAYERS))
    });
    in_term.collect::<Option<Vec<&str>>>()?.first().copied()
}
