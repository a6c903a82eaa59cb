//! How much a pod requests of its node (`k8s.io/component-helpers/resource.PodRequests`).

use crate::snapshot::{ContainerAllocation, ContainerRole, PODS, Pod, PodSpec, Resources};

/// Returns the requests of a pod that has no node yet: its specification alone counts.
#[must_use]
pub fn pending_requests(spec: &PodSpec) -> Resources {
    total(spec, &spec.pod_requests, |_, requests| requests.clone())
}

/// Returns what a pod that has a node occupies there: for each container, and for pod-level
/// requests, the larger of the specification and what the node reports as allocated; without the
/// specification when a resize can never fit.
#[must_use]
pub fn placed_requests(pod: &Pod, spec: &PodSpec) -> Resources {
    if pod.resized.is_empty() && pod.pod_resized.is_empty() {
        return pending_requests(spec);
    }
    let larger = |asked: &Resources, held: &Resources| {
        let mut counted = if pod.resize_infeasible { Resources::default() } else { asked.clone() };
        counted.raise_to(held);
        counted
    };
    let held = |name: &str| pod.resized.iter().find(|held: &&ContainerAllocation| held.name == name);
    let pod_level = match pod.pod_resized.is_empty() {
        true => spec.pod_requests.clone(),
        false => larger(&spec.pod_requests, &pod.pod_resized),
    };
    total(spec, &pod_level, |name, requests| {
        held(name).map_or_else(|| requests.clone(), |held| larger(requests, &held.requests))
    })
}

/// Computes the formula over all containers: the larger of what runs together and what any init
/// container needs in its turn.
fn total(spec: &PodSpec, pod_level: &Resources, requests_of: impl Fn(&str, &Resources) -> Resources) -> Resources {
    let mut main = Resources::default();
    let mut sidecars = Resources::default();
    let mut init_peak = Resources::default();
    for container in &spec.containers {
        let requests = requests_of(&container.name, &container.requests);
        match container.role {
            ContainerRole::Main => main.add(&requests),
            ContainerRole::Sidecar => {
                sidecars.add(&requests);
                init_peak.raise_to(&sidecars);
            }
            ContainerRole::Init => {
                let mut turn = requests;
                turn.add(&sidecars);
                init_peak.raise_to(&turn);
            }
        }
    }
    let mut sum = main;
    sum.add(&sidecars);
    sum.raise_to(&init_peak);
    for (name, amount) in pod_level.iter() {
        sum.set(name, amount);
    }
    sum.add(&spec.overhead);
    sum.set(PODS, 1);
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{CPU, Container, Labels, MEMORY, RestartPolicy};

    fn spec(containers: &[(ContainerRole, i64)]) -> PodSpec {
        PodSpec {
            scheduler_name: "default-scheduler".into(),
            priority: 0,
            scheduling_gates: vec![],
            node_selector: Labels::new(),
            node_affinity: None,
            tolerations: vec![],
            containers: containers
                .iter()
                .enumerate()
                .map(|(position, (role, cpu))| Container {
                    name: format!("c{position}"),
                    role: *role,
                    requests: [(CPU, *cpu)].into_iter().collect(),
                    host_ports: vec![],
                })
                .collect(),
            pod_requests: Resources::default(),
            overhead: Resources::default(),
            topology_spread: vec![],
            pod_affinity: vec![],
            pod_anti_affinity: vec![],
            resource_claims: vec![],
            host_network: false,
            restart_policy: RestartPolicy::Never,
            active_deadline: None,
        }
    }

    /// Cases after `pkg/api/v1/resource/helpers_test.go` of Kubernetes and the sidecar KEP 753.
    #[test]
    fn the_larger_of_what_runs_together_and_what_starts_in_turn() {
        use ContainerRole::{Init, Main, Sidecar};
        for (containers, cpu) in [
            (vec![(Main, 100), (Main, 200)], 300),
            (vec![(Init, 500), (Main, 100)], 500),
            (vec![(Init, 50), (Main, 100)], 100),
            (vec![(Init, 300), (Init, 400), (Main, 100)], 400),
            (vec![(Sidecar, 100), (Main, 200)], 300),
            (vec![(Sidecar, 100), (Init, 400), (Main, 200)], 500),
            (vec![(Init, 400), (Sidecar, 100), (Main, 200)], 400),
            (vec![(Init, 150), (Sidecar, 100), (Sidecar, 50), (Init, 20), (Main, 10)], 170),
            (vec![], 0),
        ] {
            assert_eq!(pending_requests(&spec(&containers)).get(CPU), cpu, "{containers:?}");
        }
    }

    #[test]
    fn pod_level_requests_replace_only_what_they_list_and_overhead_comes_on_top() {
        let mut spec = spec(&[(ContainerRole::Main, 100)]);
        spec.containers[0].requests.set(MEMORY, 64);
        spec.pod_requests.set(CPU, 700);
        spec.overhead.set(CPU, 50);
        let requests = pending_requests(&spec);
        assert_eq!((requests.get(CPU), requests.get(MEMORY), requests.get(PODS)), (750, 64, 1));
    }

    #[test]
    fn a_resized_pod_holds_the_larger_amount_until_the_resize_is_refused() {
        let spec = spec(&[(ContainerRole::Main, 100)]);
        let mut pod: Pod = serde_json::from_value(serde_json::json!({
            "namespace": "n", "name": "p", "uid": "u", "spec": 0, "phase": "running",
            "scheduling": {"state": "scheduled"}, "created_at": "2026-11-22T00:00:00Z",
            "resized": [{"name": "c0", "requests": {"cpu": "60m"}}]
        }))
        .expect("a pod");
        assert_eq!(placed_requests(&pod, &spec).get(CPU), 100);
        pod.resize_infeasible = true;
        assert_eq!(placed_requests(&pod, &spec).get(CPU), 60);
    }

    #[test]
    fn a_resize_of_the_whole_pod_counts_in_place_of_its_containers() {
        let mut spec = spec(&[(ContainerRole::Main, 100)]);
        spec.pod_requests.set(CPU, 500);
        let mut pod: Pod = serde_json::from_value(serde_json::json!({
            "namespace": "n", "name": "p", "uid": "u", "spec": 0, "phase": "running",
            "scheduling": {"state": "scheduled"}, "created_at": "2026-11-22T00:00:00Z", "pod_resized": {"cpu": "900m"}
        }))
        .expect("a pod");
        assert_eq!(placed_requests(&pod, &spec).get(CPU), 900);
        pod.pod_resized.set(CPU, 300);
        assert_eq!(placed_requests(&pod, &spec).get(CPU), 500);
        pod.resize_infeasible = true;
        assert_eq!(placed_requests(&pod, &spec).get(CPU), 300);
    }
}
