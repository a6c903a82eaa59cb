//! `NodePorts`: one pod occupies a port of the node for each address and protocol; `0.0.0.0` is
//! every address.

use crate::scheduler::Misfit;
use crate::scheduler::cluster::{Cluster, DemandId, NodeId};
use crate::scheduler::matching::clashes;

pub(super) fn refuses(cluster: &Cluster<'_>, demand: DemandId, node: NodeId) -> Option<Misfit> {
    let taken = cluster.ports(node);
    let clash = cluster.demand(demand).ports.iter().find(|wanted| taken.iter().any(|port| clashes(port, wanted)))?;
    Some(Misfit::NodePorts { port: (**clash).clone() })
}
