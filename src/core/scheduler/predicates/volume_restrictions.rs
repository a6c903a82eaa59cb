//! `VolumeRestrictions`: a ReadWriteOncePod claim has one pod, wherever that runs.

use crate::scheduler::Misfit;
use crate::scheduler::cluster::{Cluster, DemandId, NodeId};

pub(super) fn refuses(cluster: &Cluster<'_>, demand: DemandId, _: NodeId) -> Option<Misfit> {
    let needs = cluster.demand(demand);
    let claim = cluster.volumes().taken_claim(needs.namespace, &needs.volumes)?;
    Some(Misfit::VolumeRestrictions { claim: claim.to_owned() })
}

/// Returns how many fit in a row: the next pod meets the volumes of this one.
pub(super) fn room(cluster: &Cluster<'_>, demand: DemandId, node: NodeId) -> u32 {
    if cluster.demand(demand).volumes.claims.is_empty() {
        u32::MAX
    } else {
        u32::from(refuses(cluster, demand, node).is_none())
    }
}
