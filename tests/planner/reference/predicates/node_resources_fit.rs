//! What the pod requests must be free on the node.

use std::collections::BTreeMap;

use ec2_autoscale_core::snapshot::{ContainerRole, Resources};

use crate::reference::world::{World, WorldPod};

type Amounts = BTreeMap<String, i64>;

pub(crate) fn why_not(world: &World, pod: &WorldPod, node: usize) -> Option<String> {
    let offer = &world.nodes[node].allocatable;
    let pods_there = i64::try_from(world.pods_on(node).count()).expect("few pods");
    if pods_there + 1 > offer.get("pods") {
        return Some(format!("{pods_there} pods are there and {} may be", offer.get("pods")));
    }
    for (name, asked) in requests(pod, false) {
        let used: i64 = world.pods_on(node).map(|other| requests(other, true).get(&name).copied().unwrap_or(0)).sum();
        let free = offer.get(&name) - used;
        if asked > 0 && asked > free {
            return Some(format!("asks for {asked} {name} of {free}"));
        }
    }
    None
}

/// Returns what a pod counts: by its specification, and once it has a node also by what the node
/// reports as allocated.
pub(crate) fn requests(pod: &WorldPod, is_placed: bool) -> Amounts {
    let containers = &pod.spec.containers;
    let of = |position: usize| container_requests(pod, position, is_placed);
    let with_role = |role: ContainerRole, before: usize| {
        let matching = (0..before).filter(move |position| containers[*position].role == role);
        matching.fold(Amounts::new(), |sum, position| combine(&sum, &of(position), |a, b| a + b))
    };
    let mains = with_role(ContainerRole::Main, containers.len());
    let mut total = combine(&mains, &with_role(ContainerRole::Sidecar, containers.len()), |a, b| a + b);
    for (position, container) in containers.iter().enumerate() {
        let turn = match container.role {
            ContainerRole::Main => continue,
            ContainerRole::Sidecar => with_role(ContainerRole::Sidecar, position + 1),
            ContainerRole::Init => combine(&of(position), &with_role(ContainerRole::Sidecar, position), |a, b| a + b),
        };
        total = combine(&total, &turn, i64::max);
    }
    for (name, amount) in pod_level(pod, is_placed) {
        total.insert(name, amount);
    }
    combine(&total, &amounts(&pod.spec.overhead), |a, b| a + b)
}

fn container_requests(pod: &WorldPod, position: usize, is_placed: bool) -> Amounts {
    let container = &pod.spec.containers[position];
    let held = pod.pod.resized.iter().find(|held| held.name == container.name);
    match held {
        // A plain init container does not count once the pod runs.
        Some(held) if is_placed && container.role != ContainerRole::Init => in_effect(pod, &container.requests, &held.requests),
        _ => amounts(&container.requests),
    }
}

/// Returns the requests of the whole pod, which replace the containers' sum for those names that
/// may be requested so.
fn pod_level(pod: &WorldPod, is_placed: bool) -> Amounts {
    let spec = amounts(&pod.spec.pod_requests);
    let counted = match is_placed && !pod.pod.pod_resized.is_empty() {
        true => in_effect(pod, &pod.spec.pod_requests, &pod.pod.pod_resized),
        false => spec.clone(),
    };
    let may_be_pod_level = |name: &str| name == "cpu" || name == "memory" || name.starts_with("hugepages-");
    spec.into_keys()
        .filter(|name| may_be_pod_level(name))
        .map(|name| (name.clone(), counted.get(&name).copied().unwrap_or(0)))
        .collect()
}

/// Returns the larger of what is requested and what is allocated; only what is allocated when the
/// node cannot give more.
fn in_effect(pod: &WorldPod, asked: &Resources, held: &Resources) -> Amounts {
    match pod.pod.resize_infeasible {
        true => amounts(held),
        false => combine(&amounts(asked), &amounts(held), i64::max),
    }
}

fn amounts(resources: &Resources) -> Amounts {
    resources.iter().map(|(name, amount)| (name.to_owned(), amount)).collect()
}

fn combine(one: &Amounts, other: &Amounts, how: impl Fn(i64, i64) -> i64) -> Amounts {
    let amount = |side: &Amounts, name: &String| side.get(name).copied().unwrap_or(0);
    one.keys().chain(other.keys()).map(|name| (name.clone(), how(amount(one, name), amount(other, name)))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::reference::case::{check, world};

    const FIT: &str = "pkg/scheduler/framework/plugins/noderesources/fit_test.go";
    const SUM: &str = "staging/src/k8s.io/component-helpers/resource/helpers_test.go";

    fn spec(containers: &[(&str, &str)]) -> Value {
        let containers: Vec<Value> = containers
            .iter()
            .enumerate()
            .map(|(number, (role, cpu))| json!({ "name": format!("c{number}"), "role": role, "requests": { "cpu": cpu } }))
            .collect();
        json!({ "containers": containers })
    }

    fn asks(requests: Value) -> Value {
        json!({ "containers": [{ "name": "c", "role": "main", "requests": requests }] })
    }

    /// Returns a node of 10 cpu, 20 memory, 5 devices and room for 3 pods, where a pod of 5 cpu and
    /// 19 memory runs.
    fn beside(spec: Value) -> Value {
        json!({ "nodes": { "n": { "allocatable": { "cpu": "10m", "memory": "20", "pods": "3", "example.com/a": "5" } } },
            "pods": [{ "node": "n", "spec": asks(json!({ "cpu": "5m", "memory": "19", "example.com/a": "2" })) }],
            "pod": { "spec": spec } })
    }

    #[test]
    fn what_is_free() {
        let mut full = beside(json!({}));
        full["pods"] = json!([{ "node": "n" }, { "node": "n" }, { "node": "n" }]);
        let mut ended = full.clone();
        ended["pods"][0]["phase"] = json!("succeeded");
        let mut ending = full.clone();
        ending["pods"][0]["deleting"] = json!(true);
        let mut overfull = beside(asks(json!({ "cpu": "0", "memory": "1" })));
        overfull["pods"][0]["spec"] = asks(json!({ "cpu": "11m" }));
        check(
            "NodeResourcesFit",
            &[
                ("nothing asked", FIT, beside(json!({})), "n"),
                ("exactly what is left", FIT, beside(asks(json!({ "cpu": "5m", "memory": "1" }))), "n"),
                ("too much cpu", FIT, beside(asks(json!({ "cpu": "6m" }))), ""),
                ("too much memory", FIT, beside(asks(json!({ "memory": "2" }))), ""),
                ("devices that are left", FIT, beside(asks(json!({ "example.com/a": "3" }))), "n"),
                ("too many devices", FIT, beside(asks(json!({ "example.com/a": "4" }))), ""),
                ("a device the node has not", FIT, beside(asks(json!({ "example.com/b": "1" }))), ""),
                ("none of a device the node has not", FIT, beside(asks(json!({ "example.com/b": "0" }))), "n"),
                ("hugepages the node has not", FIT, beside(asks(json!({ "hugepages-2Mi": "4Mi" }))), ""),
                ("too many pods", FIT, full, ""),
                ("an ended pod leaves room", FIT, ended, "n"),
                ("a pod that ends does not yet", FIT, ending, ""),
                ("nothing of what is overdrawn", FIT, overfull, "n"),
            ],
        );
    }

    #[test]
    fn the_sum_of_a_pod() {
        let mut overhead = spec(&[("main", "1m")]);
        overhead["overhead"] = json!({ "cpu": "5m" });
        let mut pod_level = spec(&[("main", "9m")]);
        pod_level["pod_requests"] = json!({ "cpu": "5m" });
        let mut pod_level_large = spec(&[("main", "1m")]);
        pod_level_large["pod_requests"] = json!({ "cpu": "6m" });
        let mut pod_level_other = asks(json!({ "example.com/a": "1" }));
        pod_level_other["pod_requests"] = json!({ "example.com/a": "9" });
        check(
            "NodeResourcesFit",
            &[
                ("containers add up", FIT, beside(spec(&[("main", "3m"), ("main", "3m")])), ""),
                ("an init container runs before", FIT, beside(spec(&[("init", "5m"), ("main", "5m")])), "n"),
                ("the largest init container counts", FIT, beside(spec(&[("init", "6m"), ("main", "1m")])), ""),
                ("init containers run in turn", FIT, beside(spec(&[("init", "4m"), ("init", "4m"), ("main", "1m")])), "n"),
                ("a sidecar runs beside", SUM, beside(spec(&[("sidecar", "3m"), ("main", "3m")])), ""),
                (
                    "an init container after a sidecar",
                    SUM,
                    beside(spec(&[("sidecar", "2m"), ("init", "4m"), ("main", "1m")])),
                    "",
                ),
                (
                    "an init container before a sidecar",
                    SUM,
                    beside(spec(&[("init", "4m"), ("sidecar", "2m"), ("main", "1m")])),
                    "n",
                ),
                ("overhead comes on top", FIT, beside(overhead), ""),
                ("pod-level requests replace the sum", SUM, beside(pod_level), "n"),
                ("pod-level requests may be larger", SUM, beside(pod_level_large), ""),
                ("devices are never pod-level", SUM, beside(pod_level_other), "n"),
            ],
        );
    }

    #[test]
    fn a_resized_pod_holds_what_its_node_says() {
        let resized = |held: &str, infeasible: bool| {
            json!({ "nodes": { "n": { "allocatable": { "cpu": "10m", "pods": "3" } } },
                "pods": [{ "node": "n", "spec": spec(&[("main", "5m")]), "resize_infeasible": infeasible,
                    "resized": [{ "name": "c0", "requests": { "cpu": held } }] }],
                "pod": { "spec": spec(&[("main", "5m")]) } })
        };
        check(
            "NodeResourcesFit",
            &[
                ("more is asked for than held", SUM, resized("2m", false), "n"),
                ("more is held than asked for", SUM, resized("6m", false), ""),
                ("the same", SUM, resized("5m", false), "n"),
                ("less is held and more will never be", SUM, resized("2m", true), "n"),
                ("more is held and less was asked for in vain", SUM, resized("6m", true), ""),
            ],
        );
        let (world, _) = world(&resized("2m", true));
        assert_eq!(super::requests(&world.pods[0], true)["cpu"], 2);
        assert_eq!(super::requests(&world.pods[0], false)["cpu"], 5, "what is held counts only where the pod is");
    }
}
