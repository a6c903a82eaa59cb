//! `NodePorts`: a port of the node has one taker for each address and protocol; `0.0.0.0` is every address.

use crate::scheduler::Misfit;
use crate::scheduler::cluster::{Cluster, DemandId, NodeId};
use crate::snapshot::{ContainerRole, HostPort, PodSpec};

const EVERY_ADDRESS: &str = "0.0.0.0";

pub(super) fn refuses(cluster: &Cluster<'_>, demand: DemandId, node: NodeId) -> Option<Misfit> {
    let taken = cluster.ports(node);
    let clash = cluster.demand(demand).ports.iter().find(|wanted| taken.iter().any(|port| clashes(port, wanted)))?;
    Some(Misfit::NodePorts { port: (**clash).clone() })
}

fn clashes(one: &HostPort, other: &HostPort) -> bool {
    let any = |port: &HostPort| port.ip.is_empty() || port.ip == EVERY_ADDRESS;
    one.port == other.port && one.protocol == other.protocol && (one.ip == other.ip || any(one) || any(other))
}

/// The ports of the node that a pod holds. Plain init containers have ended before the others start
/// (`pkg/scheduler/util.GetHostPorts`).
pub fn ports_of(spec: &PodSpec) -> impl Iterator<Item = &HostPort> {
    let lasting = spec.containers.iter().filter(|container| match container.role {
        ContainerRole::Main | ContainerRole::Sidecar => true,
        ContainerRole::Init => false,
    });
    lasting.flat_map(|container| &container.host_ports).filter(|port| port.port > 0)
}
