//! `NodeVolumeLimits`: a node takes a limited number of volumes of a CSI driver; a volume that is
//! already attached costs nothing.

use crate::scheduler::Misfit;
use crate::scheduler::cluster::{Cluster, DemandId, Exceeded, NodeId};

pub(super) fn refuses(cluster: &Cluster<'_>, demand: DemandId, node: NodeId) -> Option<Misfit> {
    let Exceeded { driver, limit, in_use, asked } = cluster.volumes().exceeded(&cluster.demand(demand).volumes, node)?;
    Some(Misfit::NodeVolumeLimits { driver: driver.to_owned(), limit, in_use, asked })
}
