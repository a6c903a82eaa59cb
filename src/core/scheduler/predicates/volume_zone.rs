//! `VolumeZone`: a node must be in the zone and the region that the labels of the pod's volumes
//! name.

use crate::scheduler::matching::{elsewhere, has_place};
use crate::scheduler::storage::VolumeNeed;
use crate::scheduler::{Misfit, NodeView, PodView};

pub(super) fn refuses(pod: &PodView<'_>, node: &NodeView<'_>) -> Option<Misfit> {
    if !has_place(node.labels) {
        return None;
    }
    let (label, values) = pod.volumes.claims.iter().find_map(|need| match need.volume {
        VolumeNeed::Bound { place, .. } => elsewhere(place, node.labels),
        VolumeNeed::Unbound { .. } => None,
    })?;
    Some(Misfit::VolumeZone { label: label.to_owned(), values })
}
