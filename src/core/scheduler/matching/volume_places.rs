//! The labels that name the zone and the region of a volume.

use crate::snapshot::Labels;

/// The labels of a volume, and where else a node may carry the value: nodes with the new label
/// reach volumes with the old one (`volumezone/volume_zone.go`, `topologyLabels` and
/// `translateToGALabel`).
const PLACES: [(&str, &str); 4] = [
    ("failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone"),
    ("failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region"),
    ("topology.kubernetes.io/zone", "topology.kubernetes.io/zone"),
    ("topology.kubernetes.io/region", "topology.kubernetes.io/region"),
];
/// Every label of a node that is read.
pub(in crate::scheduler) const PLACE_LABELS: [&str; 4] = [PLACES[0].0, PLACES[1].0, PLACES[2].0, PLACES[3].0];
/// Separates the zones of a volume that has several.
const SEPARATOR: &str = "__";

/// Whether a node has any such label; a node that has none is in a cluster without zones.
pub(in crate::scheduler) fn has_place(node: &Labels) -> bool {
    PLACES.iter().any(|(label, _)| node.contains_key(*label))
}

/// Returns the first label of a volume whose places do not include the node's, with those places.
pub(in crate::scheduler) fn elsewhere(volume: &Labels, node: &Labels) -> Option<(&'static str, Vec<String>)> {
    PLACES.iter().find_map(|(label, newer)| {
        let values: Vec<String> = volume.get(*label)?.split(SEPARATOR).map(str::to_owned).collect();
        let at = node.get(*label).or_else(|| node.get(*newer));
        (!at.is_some_and(|at| values.contains(at))).then_some((*label, values))
    })
}
