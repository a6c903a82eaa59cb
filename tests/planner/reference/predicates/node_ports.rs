//! Two pods of a node cannot take the same port of it.

use ec2_autoscale_core::snapshot::{ContainerRole, HostPort, PodSpec};

use crate::reference::world::{World, WorldPod};

pub(crate) fn why_not(world: &World, pod: &WorldPod, node: usize) -> Option<String> {
    for wanted in ports(&pod.spec) {
        for other in world.pods_on(node) {
            for taken in ports(&other.spec) {
                if clash(wanted, taken) {
                    return Some(format!("port {}/{} is taken by {}", wanted.port, wanted.protocol, other.pod.id()));
                }
            }
        }
    }
    None
}

/// Returns the ports that are occupied for as long as the pod lives: plain init containers have
/// ended before.
fn ports(spec: &PodSpec) -> impl Iterator<Item = &HostPort> {
    let lasting = spec.containers.iter().filter(|container| container.role != ContainerRole::Init);
    lasting.flat_map(|container| &container.host_ports).filter(|port| port.port > 0)
}

fn clash(one: &HostPort, other: &HostPort) -> bool {
    let is_any = |port: &HostPort| port.ip.is_empty() || port.ip == "0.0.0.0";
    let protocol = |port: &HostPort| if port.protocol.is_empty() { "TCP".to_owned() } else { port.protocol.clone() };
    one.port == other.port && protocol(one) == protocol(other) && (is_any(one) || is_any(other) || one.ip == other.ip)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::reference::case::check;

    const ORIGIN: &str = "pkg/scheduler/framework/plugins/nodeports/node_ports_test.go";

    fn spec(role: &str, ports: &[(&str, &str, i32)]) -> Value {
        let ports: Vec<Value> =
            ports.iter().map(|(ip, protocol, port)| json!({ "ip": ip, "protocol": protocol, "port": port })).collect();
        json!({ "containers": [{ "name": "c", "role": role, "host_ports": ports }] })
    }

    /// The pod requests some ports; on node `busy` another pod has some, and an ended one has all
    /// that are requested.
    fn ports(wanted: Value, taken: Value) -> Value {
        json!({ "nodes": { "busy": {}, "free": {} }, "pods": [
            { "node": "busy", "spec": taken }, { "node": "free", "phase": "succeeded", "spec": wanted.clone() }],
            "pod": { "spec": wanted } })
    }

    #[test]
    fn table() {
        let main = |listed: &[(&str, &str, i32)]| spec("main", listed);
        let any = "0.0.0.0";
        let lo = "127.0.0.1";
        let asks = |wanted: &[(&str, &str, i32)], taken: &[(&str, &str, i32)]| ports(main(wanted), main(taken));
        let role = |wanted: &str, taken: &str| ports(spec(wanted, &[(any, "TCP", 80)]), spec(taken, &[(any, "TCP", 80)]));
        check(
            "NodePorts",
            &[
                ("no port", ORIGIN, asks(&[], &[(any, "TCP", 80)]), "busy free"),
                ("another port", ORIGIN, asks(&[(any, "UDP", 8080)], &[(any, "UDP", 9090)]), "busy free"),
                ("the same port", ORIGIN, asks(&[(any, "UDP", 8080)], &[(any, "UDP", 8080)]), "free"),
                ("another protocol", ORIGIN, asks(&[(any, "UDP", 80)], &[(any, "TCP", 80)]), "busy free"),
                ("another address", ORIGIN, asks(&[(lo, "TCP", 80)], &[("127.0.0.2", "TCP", 80)]), "busy free"),
                ("the same address", ORIGIN, asks(&[(lo, "TCP", 80)], &[(lo, "TCP", 80)]), "free"),
                ("a wildcard is wanted", ORIGIN, asks(&[(any, "TCP", 80)], &[(lo, "TCP", 80)]), "free"),
                ("a wildcard is taken", ORIGIN, asks(&[(lo, "TCP", 80)], &[(any, "TCP", 80)]), "free"),
                ("no address is a wildcard", ORIGIN, asks(&[("", "TCP", 80)], &[(lo, "TCP", 80)]), "free"),
                ("TCP unless said", ORIGIN, asks(&[(any, "", 80)], &[(any, "TCP", 80)]), "free"),
                ("one of two ports", ORIGIN, asks(&[(lo, "TCP", 81), (lo, "TCP", 80)], &[(lo, "TCP", 80)]), "free"),
                (
                    "port 0 is none",
                    "pkg/scheduler/util/utils.go, GetHostPorts",
                    asks(&[(any, "TCP", 0)], &[(any, "TCP", 0)]),
                    "busy free",
                ),
                ("a sidecar's port", "pkg/scheduler/util/utils_test.go, GetHostPorts", role("sidecar", "main"), "free"),
                (
                    "a port taken by a sidecar",
                    "pkg/scheduler/util/utils_test.go, GetHostPorts",
                    role("main", "sidecar"),
                    "free",
                ),
                (
                    "an init container's port",
                    "pkg/scheduler/util/utils_test.go, GetHostPorts",
                    role("init", "main"),
                    "busy free",
                ),
                (
                    "a port of an init container",
                    "pkg/scheduler/util/utils_test.go, GetHostPorts",
                    role("main", "init"),
                    "busy free",
                ),
            ],
        );
    }
}
