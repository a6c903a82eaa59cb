//! `VolumeRestrictions`: only one pod may use a ReadWriteOncePod claim, wherever it runs.

use crate::scheduler::Misfit;
use crate::scheduler::cluster::{Cluster, DemandId, NodeId};

pub(super) fn refuses(cluster: &Cluster<'_>, demand: DemandId, _: NodeId) -> Option<Misfit> {
    let needs = cluster.demand(demand);
    let claim = cluster.volumes().taken_claim(needs.namespace, &needs.volumes)?;
    Some(Misfit::VolumeRestrictions { claim: claim.to_owned() })
}
