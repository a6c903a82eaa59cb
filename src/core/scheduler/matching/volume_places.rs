//! The labels that name the zone and the region of a volume.

use crate::snapshot::Labels;
use crate::well_known::labels::{OLD_REGION, OLD_ZONE, REGION, ZONE};

/// The labels of a volume, and where else a node may carry the value: nodes with the new label
/// reach volumes with the old one (`volumezone/volume_zone.go`, `topologyLabels` and
/// `translateToGALabel`).
const PLACES: [(&str, &str); 4] = [(OLD_ZONE, ZONE), (OLD_REGION, REGION), (ZONE, ZONE), (REGION, REGION)];
/// Separates the zones of a volume that has several.
const SEPARATOR: &str = "__";

/// Whether a node has any such label; a node that has none is in a cluster without zones.
pub(in crate::scheduler) fn has_place(node: &Labels) -> bool {
    PLACES.iter().any(|(label, _)| node.contains_key(label))
}

/// Returns the first label of a volume whose places do not include the node's, with those places.
pub(in crate::scheduler) fn elsewhere(volume: &Labels, node: &Labels) -> Option<(&'static str, Vec<String>)> {
    PLACES.iter().find_map(|(label, newer)| {
        let values: Vec<String> = volume.get(label)?.split(SEPARATOR).map(str::to_owned).collect();
        let at = node.get(label).or_else(|| node.get(newer));
        (!at.is_some_and(|at| values.iter().any(|value| at == value))).then_some((*label, values))
    })
}
