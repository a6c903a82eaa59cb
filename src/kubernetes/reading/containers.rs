//! Containers: their requests, the host ports that they take, and the resources that the node
//! allotted to them.

use k8s_openapi::api::core::v1 as core;

use super::requests_from_limits::requests;
use crate::kubernetes::conversion::{ConversionProblem, resources};
use crate::snapshot::{CPU, Container, ContainerAllocation, ContainerRole, HostPort, MEMORY, Resources};

/// Returns the containers of a pod: init containers in their order, then the main ones.
pub(super) fn containers(spec: &core::PodSpec) -> Result<Vec<Container>, ConversionProblem> {
    let host_network = spec.host_network.unwrap_or(false);
    let init = spec.init_containers.iter().flatten().map(|init| (init, init_role(init)));
    let main = spec.containers.iter().map(|main| (main, ContainerRole::Main));
    init.chain(main).map(|(container, role)| read_container(container, role, host_network)).collect()
}

fn init_role(container: &core::Container) -> ContainerRole {
    match container.restart_policy.as_deref() {
        Some("Always") => ContainerRole::Sidecar,
        _ => ContainerRole::Init,
    }
}

fn read_container(
    container: &core::Container,
    role: ContainerRole,
    host_network: bool,
) -> Result<Container, ConversionProblem> {
    let ports = match role {
        // kube-scheduler's NodePorts counts ports of main containers and sidecars only.
        ContainerRole::Init => Vec::new(),
        ContainerRole::Main | ContainerRole::Sidecar => host_ports(container, host_network),
    };
    Ok(Container { name: container.name.clone(), role, requests: requests(container.resources.as_ref())?, host_ports: ports })
}

/// Returns the host ports. On the host network every container port is one, even if a DaemonSet's
/// template does not state it.
fn host_ports(container: &core::Container, host_network: bool) -> Vec<HostPort> {
    let number = |port: &core::ContainerPort| match port.host_port {
        None | Some(0) => host_network.then_some(port.container_port),
        Some(number) => Some(number),
    };
    let or = |text: &Option<String>, default: &str| match text.as_deref() {
        None | Some("") => default.to_owned(),
        Some(text) => text.to_owned(),
    };
    let read = |port: &core::ContainerPort| {
        Some(HostPort { ip: or(&port.host_ip, "0.0.0.0"), protocol: or(&port.protocol, "TCP"), port: number(port)? })
    };
    container.ports.iter().flatten().filter_map(read).collect()
}

/// Returns the containers whose allocation differs from the specification (in-place resize).
pub(super) fn resized(pod: &core::Pod, containers: &[Container]) -> Result<Vec<ContainerAllocation>, ConversionProblem> {
    let Some(status) = &pod.status else { return Ok(Vec::new()) };
    let statuses = status.init_container_statuses.iter().flatten().chain(status.container_statuses.iter().flatten());
    let mut resized = Vec::new();
    for status in statuses {
        let Some(container) = containers.iter().find(|container| container.name == status.name) else { continue };
        let held = held(status)?;
        if held.iter().any(|(name, amount)| container.requests.get(name) != amount) {
            resized.push(ContainerAllocation { name: status.name.clone(), requests: held });
        }
    }
    Ok(resized)
}

/// Returns the larger of allocated and actual resources, as the scheduler counts them
/// (`determineContainerReqs` in `k8s.io/component-helpers/resource`).
fn held(status: &core::ContainerStatus) -> Result<Resources, ConversionProblem> {
    let mut held = resources(status.allocated_resources.as_ref())?;
    held.raise_to(&resources(status.resources.as_ref().and_then(|all| all.requests.as_ref()))?);
    Ok(held)
}

/// Returns the same for the whole pod, which the scheduler counts from 1.36 on for pods with
/// pod-level requests (`PodRequests` in `k8s.io/component-helpers/resource`). It is empty when it
/// equals the specification.
pub(super) fn pod_resized(pod: &core::Pod, asked: &Resources) -> Result<Resources, ConversionProblem> {
    let Some(status) = pod.status.as_ref().filter(|_| !asked.is_empty()) else { return Ok(Resources::default()) };
    let mut held = resources(status.allocated_resources.as_ref())?;
    held.raise_to(&resources(status.resources.as_ref().and_then(|all| all.requests.as_ref()))?);
    // The status lists every resource of the pod; only these can be requested at its level.
    let is_of_pods = |name: &str| name == CPU || name == MEMORY || name.starts_with("hugepages-");
    let held: Resources = held.iter().filter(|(name, _)| is_of_pods(name)).collect();
    let differs = held.iter().any(|(name, amount)| asked.get(name) != amount);
    Ok(if differs { held } else { Resources::default() })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(spec: Value) -> Vec<Container> {
        let spec: core::PodSpec = serde_json::from_value(spec).expect("a pod specification");
        containers(&spec).expect("an understood specification")
    }

    #[test]
    fn init_containers_come_first_and_sidecars_are_told_apart() {
        let read = read(json!({
            "initContainers": [
                { "name": "fetch", "resources": { "requests": { "cpu": "2" } } },
                { "name": "proxy", "restartPolicy": "Always", "resources": { "requests": { "cpu": "100m" } } }
            ],
            "containers": [{ "name": "train", "resources": { "requests": { "cpu": "1500m", "nvidia.com/gpu": "8" } } }]
        }));
        let shape: Vec<_> = read.iter().map(|c| (c.name.as_str(), c.role, c.requests.get(CPU))).collect();
        assert_eq!(
            shape,
            [
                ("fetch", ContainerRole::Init, 2000),
                ("proxy", ContainerRole::Sidecar, 100),
                ("train", ContainerRole::Main, 1500)
            ]
        );
        assert_eq!(read[2].requests.get("nvidia.com/gpu"), 8);
    }

    #[test]
    fn a_limit_without_a_request_is_the_request() {
        let read = read(json!({ "containers": [{ "name": "a", "resources": {
            "requests": { "cpu": "1" }, "limits": { "cpu": "2", "nvidia.com/gpu": "1" } } }] }));
        assert_eq!(read[0].requests, [(CPU, 1000), ("nvidia.com/gpu", 1)].into_iter().collect());
    }

    #[test]
    fn host_ports_have_their_defaults() {
        let port = |ip: &str, protocol: &str, port| HostPort { ip: ip.to_owned(), protocol: protocol.to_owned(), port };
        for (name, host_network, ports, expected) in [
            ("own network", false, json!([{ "containerPort": 80 }]), vec![]),
            ("zero is none", false, json!([{ "containerPort": 80, "hostPort": 0 }]), vec![]),
            ("a host port", false, json!([{ "containerPort": 80, "hostPort": 8080 }]), vec![port("0.0.0.0", "TCP", 8080)]),
            (
                "address and protocol",
                false,
                json!([{ "containerPort": 53, "hostPort": 53, "hostIP": "10.0.0.1", "protocol": "UDP" }]),
                vec![port("10.0.0.1", "UDP", 53)],
            ),
            ("the node's network", true, json!([{ "containerPort": 9100 }]), vec![port("0.0.0.0", "TCP", 9100)]),
        ] {
            let read = read(json!({ "hostNetwork": host_network, "containers": [{ "name": "a", "ports": ports }] }));
            assert_eq!(read[0].host_ports, expected, "{name}");
        }
    }

    #[test]
    fn only_sidecars_among_init_containers_take_ports() {
        let ports = json!([{ "containerPort": 80, "hostPort": 80 }]);
        let read = read(json!({
            "initContainers": [{ "name": "a", "ports": ports }, { "name": "b", "restartPolicy": "Always", "ports": ports }],
            "containers": []
        }));
        assert_eq!((read[0].host_ports.len(), read[1].host_ports.len()), (0, 1));
    }

    #[test]
    fn an_allocation_is_kept_only_when_it_differs() {
        let pod = |allocated: Value, actual: Value| -> core::Pod {
            serde_json::from_value(json!({
                "metadata": {},
                "spec": { "containers": [{ "name": "a", "resources": { "requests": { "cpu": "1", "memory": "1Gi" } } }] },
                "status": { "containerStatuses": [{ "name": "a", "image": "", "imageID": "", "ready": true, "restartCount": 0,
                    "allocatedResources": allocated, "resources": { "requests": actual } }] }
            }))
            .expect("a pod")
        };
        let resized_cpu = |allocated, actual| {
            let pod = pod(allocated, actual);
            let containers = containers(pod.spec.as_ref().expect("a specification")).expect("understood");
            let resized = resized(&pod, &containers).expect("understood");
            resized.first().map(|held| held.requests.get(CPU))
        };
        assert_eq!(resized_cpu(json!({ "cpu": "1", "memory": "1Gi" }), json!({ "cpu": "1000m", "memory": "1Gi" })), None);
        assert_eq!(resized_cpu(json!(null), json!(null)), None);
        assert_eq!(resized_cpu(json!({ "cpu": "1" }), json!({ "cpu": "3" })), Some(3000));
        assert_eq!(resized_cpu(json!({ "cpu": "500m" }), json!(null)), Some(500));
    }

    #[test]
    fn what_the_whole_pod_holds_counts_only_beside_requests_of_the_whole_pod() {
        let pod: core::Pod = serde_json::from_value(json!({
            "metadata": {}, "spec": { "containers": [] },
            "status": { "allocatedResources": { "cpu": "3", "memory": "1Gi", "ephemeral-storage": "1Gi" },
                "resources": { "requests": { "cpu": "2", "memory": "2Gi" } } }
        }))
        .expect("a pod");
        let asking = |list: &[(&'static str, i64)]| list.iter().copied().collect::<Resources>();
        let held = pod_resized(&pod, &asking(&[(CPU, 1000)])).expect("understood");
        assert_eq!(held, asking(&[(CPU, 3000), (MEMORY, 2 << 30)]));
        assert_eq!(pod_resized(&pod, &asking(&[])), Ok(Resources::default()));
        assert_eq!(pod_resized(&pod, &held), Ok(Resources::default()), "as asked");
    }
}
