//! The zones that the volumes of a pod are in.

use std::collections::BTreeSet;

use crate::snapshot::{NodeSelectorOperator, NodeSelectorTerm, Pod, PodVolume, Snapshot, Volume};
use crate::well_known::labels::{PLACES_OF_A_VOLUME, REGIONS, ZONES};

/// Between the zones in the label of a volume that is in several
/// (`k8s.io/cloud-provider/volume/helpers`).
const BETWEEN_ZONES: &str = "__";

/// Returns the zones in which all volumes of a pod can be reached; nothing where they do not
/// matter.
pub(super) fn zones_of_volumes(pod: &Pod, snapshot: &Snapshot) -> Option<BTreeSet<String>> {
    let claims = pod.volumes.iter().filter_map(|volume| match volume {
        PodVolume::Claim { claim } | PodVolume::Ephemeral { claim, .. } => Some(claim),
        PodVolume::HostPath { .. } | PodVolume::EmptyDir { .. } => None,
    });
    let volume_of = |name: &String| {
        let claim = snapshot.claims.iter().find(|claim| pod.namespace == claim.namespace && claim.name == *name)?;
        snapshot.volumes.iter().find(|volume| claim.volume.as_ref() == Some(&volume.name))
    };
    let zones = claims.filter_map(volume_of).filter_map(zones_of);
    zones.reduce(|all, zones| all.intersection(&zones).cloned().collect())
}

fn zones_of(volume: &Volume) -> Option<BTreeSet<String>> {
    let by_affinity = volume.node_affinity.as_ref().and_then(|terms| {
        let zones: Option<Vec<BTreeSet<String>>> = terms.iter().map(zones_of_term).collect();
        zones.map(|zones| zones.into_iter().flatten().collect())
    });
    let label = PLACES_OF_A_VOLUME.iter().filter(|label| !REGIONS.contains(label)).find_map(|label| volume.labels.get(label));
    by_affinity.or_else(|| label.map(|zones| zones.as_str().split(BETWEEN_ZONES).map(str::to_owned).collect()))
}

fn zones_of_term(term: &NodeSelectorTerm) -> Option<BTreeSet<String>> {
    let is_of_zone = |key: &str| ZONES.contains(&key);
    let of_zone = term
        .match_expressions
        .iter()
        .find(|requirement| is_of_zone(&requirement.key) && requirement.operator == NodeSelectorOperator::In);
    of_zone.map(|requirement| requirement.values.iter().cloned().collect())
}
