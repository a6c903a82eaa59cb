//! `VolumeZone`: a node is in the zone and the region that the labels of the pod's volumes name.

use crate::scheduler::storage::VolumeNeed;
use crate::scheduler::{Misfit, NodeView, PodView};
use crate::snapshot::Labels;

/// The labels of a volume, and where else a node may carry the value: nodes with the new label reach volumes with the old one
/// (`volumezone/volume_zone.go`, `topologyLabels` and `translateToGALabel`).
const PLACES: [(&str, &str); 4] = [
    ("failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone"),
    ("failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region"),
    ("topology.kubernetes.io/zone", "topology.kubernetes.io/zone"),
    ("topology.kubernetes.io/region", "topology.kubernetes.io/region"),
];
/// Every label of a node that is looked at.
pub(in crate::scheduler) const PLACE_LABELS: [&str; 4] = [PLACES[0].0, PLACES[1].0, PLACES[2].0, PLACES[3].0];
/// Between the zones of a volume that has several.
const SEPARATOR: &str = "__";

pub(super) fn refuses(pod: &PodView<'_>, node: &NodeView<'_>) -> Option<Misfit> {
    // A node without any such label is in a cluster that knows no zones.
    let has_place = PLACES.iter().any(|(label, _)| node.labels.contains_key(*label));
    if !has_place {
        return None;
    }
    pod.volumes.claims.iter().find_map(|need| match need.volume {
        VolumeNeed::Bound { place, .. } => elsewhere(place, node.labels),
        VolumeNeed::Unbound { .. } => None,
    })
}

fn elsewhere(volume: &Labels, node: &Labels) -> Option<Misfit> {
    PLACES.iter().find_map(|(label, newer)| {
        let values: Vec<String> = volume.get(*label)?.split(SEPARATOR).map(str::to_owned).collect();
        let at = node.get(*label).or_else(|| node.get(*newer));
        (!at.is_some_and(|at| values.contains(at))).then(|| Misfit::VolumeZone { label: (*label).to_owned(), values })
    })
}
