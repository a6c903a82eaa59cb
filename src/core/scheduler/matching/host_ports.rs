//! Ports of a node that pods occupy.

use crate::snapshot::{ContainerRole, HostPort, PodSpec};

const EVERY_ADDRESS: &str = "0.0.0.0";

/// Whether two pods cannot have these ports on one node.
pub(in crate::scheduler) fn clashes(one: &HostPort, other: &HostPort) -> bool {
    let any = |port: &HostPort| port.ip.is_empty() || port.ip == EVERY_ADDRESS;
    one.port == other.port && one.protocol == other.protocol && (one.ip == other.ip || any(one) || any(other))
}

/// Returns the ports of the node that a pod occupies. Plain init containers have ended before the
/// others start (`pkg/scheduler/util.GetHostPorts`).
pub fn ports_of(spec: &PodSpec) -> impl Iterator<Item = &HostPort> {
    let lasting = spec.containers.iter().filter(|container| match container.role {
        ContainerRole::Main | ContainerRole::Sidecar => true,
        ContainerRole::Init => false,
    });
    lasting.flat_map(|container| &container.host_ports).filter(|port| port.port > 0)
}
