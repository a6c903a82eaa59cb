//! `NodeVolumeLimits`: a node takes so many volumes of a CSI driver; a volume that is there already costs nothing.

use crate::scheduler::Misfit;
use crate::scheduler::cluster::{Cluster, DemandId, Exceeded, NodeId};

pub(super) fn refuses(cluster: &Cluster<'_>, demand: DemandId, node: NodeId) -> Option<Misfit> {
    let Exceeded { driver, limit, in_use, asked } = cluster.volumes().exceeded(&cluster.demand(demand).volumes, node)?;
    Some(Misfit::NodeVolumeLimits { driver: driver.to_owned(), limit, in_use, asked })
}

/// Returns how many fit in a row: the next pod meets the volumes of this one.
pub(super) fn room(cluster: &Cluster<'_>, demand: DemandId, node: NodeId) -> u32 {
    if cluster.demand(demand).volumes.claims.is_empty() {
        u32::MAX
    } else {
        u32::from(refuses(cluster, demand, node).is_none())
    }
}
