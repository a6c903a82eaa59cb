//! The recheck must notice placements that the scheduler would not make: plans made up by hand,
//! right and wrong ones.

use ec2_autoscale_core::policy::Policy;
use ec2_autoscale_core::snapshot::Snapshot;
use serde_json::{Value, json};

use super::published::Published;
use super::recheck::objections;

/// Returns node n0 in zone a (8 cpu), n1 in zone b cordoned by us, n2 in zone a starting; and a
/// group of 2 cpu in both zones.
fn cluster(pods: &[Value]) -> Value {
    let node = |name: &str, zone: &str| {
        json!({ "name": name, "uid": name, "provider_id": format!("aws:///{zone}/i-{name}"), "ready": { "status": "true" },
            "labels": { "kubernetes.io/hostname": name, "topology.kubernetes.io/zone": zone },
            "created_at": "2026-11-22T10:00:00Z", "allocatable": { "cpu": "8", "memory": "8Gi", "pods": "10" } })
    };
    let mut cordoned = node("n1", "b");
    cordoned["unschedulable"] = json!(true);
    cordoned["taints"] = json!([{ "key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule" }]);
    let mut starting = node("n2", "a");
    starting["taints"] = json!([{ "key": "node.kubernetes.io/not-ready", "effect": "NoSchedule" }]);
    starting["allocatable"] = json!({});
    let specs: serde_json::Map<String, Value> =
        pods.iter().enumerate().map(|(number, pod)| (number.to_string(), spec(&pod["spec"]))).collect();
    let pods: Vec<Value> = pods.iter().enumerate().map(|(number, facts)| pod(number, facts)).collect();
    let launching = |name: &str| json!({ "machine_type": name, "weight": 1 });
    json!({
        "schema": ec2_autoscale_core::snapshot::SCHEMA, "taken_at": "2026-11-22T12:00:00Z", "cluster": { "name": "test" },
        "regions": [{ "name": "r", "preference": 0 }], "pod_specs": specs, "pods": pods,
        "nodes": [node("n0", "a"), cordoned, starting],
        "groups": [{ "id": { "region": "r", "name": "g" }, "managed_by": "cluster-tag", "min": 0, "max": 9, "desired": 0,
            "zones": ["a", "b"], "purchase": { "kind": "on-demand" }, "launch_options": [launching("m5"), launching("m6g")],
            "tags": { "resources": { "cpu": "2", "memory": "8Gi", "pods": "10" } } }],
        "machine_types": [machine("m5", "amd64"), machine("m6g", "arm64")],
    })
}

fn machine(name: &str, architecture: &str) -> Value {
    json!({ "region": "r", "name": name, "cpus": 2, "memory_mib": 8192, "architecture": architecture, "network_pods": 29 })
}

fn spec(wishes: &Value) -> Value {
    let container = json!({ "name": "main", "role": "main", "requests": { "cpu": "500m" } });
    let mut spec = json!({ "scheduler_name": "default-scheduler", "restart_policy": "always", "containers": [container] });
    for (key, value) in wishes.as_object().into_iter().flatten() {
        spec[key] = value.clone();
    }
    spec
}

fn pod(number: usize, facts: &Value) -> Value {
    let mut pod = json!({ "namespace": "default", "name": format!("p{number}"), "uid": format!("u{number}"), "phase": "pending",
        "scheduling": { "state": "unschedulable", "since": "2026-11-22T11:00:00Z" }, "created_at": "2026-11-22T11:00:00Z" });
    for (key, value) in facts.as_object().into_iter().flatten() {
        pod[key] = value.clone();
    }
    pod["spec"] = json!(number);
    pod
}

/// Returns a plan that places the pods on these places, in this order, with two new nodes of the
/// group.
fn plan(places: &[&str]) -> Value {
    let group = json!({ "region": "r", "name": "g" });
    let report = |(number, place): (usize, &&str)| {
        let mut report = json!({ "namespace": "default", "name": format!("p{number}"), "placed": number });
        let (code, field, value) = match place.split_once(' ') {
            Some(("new", ordinal)) => ("fits-new", "new_node", json!(ordinal.parse::<u32>().expect("a number"))),
            Some(("upcoming", ordinal)) => ("fits-upcoming", "upcoming", json!(ordinal.parse::<u32>().expect("a number"))),
            Some(("nominated", node)) => ("nominated", "node", json!(node)),
            _ => ("fits-existing", "node", json!(place)),
        };
        report["code"] = json!(code);
        report[field] = value;
        report["group"] = group.clone();
        if code == "nominated" {
            report["placed"] = Value::Null;
        }
        report
    };
    json!({
        "pods": places.iter().enumerate().map(report).collect::<Vec<_>>(),
        "groups": [{ "region": "r", "name": "g", "new_nodes": [{ "zone": "a" }, { "zone": "b" }],
            "upcoming_nodes": [{ "zone": "b" }, { "node": "n2", "zone": "a" }] }],
        "nodes": [{ "node": "n0", "decision": "keep" }, { "node": "n1", "decision": "keep" }, { "node": "n2",
            "decision": "keep" }],
    })
}

/// Returns the objections to a plan, cut to the words before the numbers: the pod and the plugin.
fn said(cluster: &Value, plan: &Value) -> Vec<String> {
    let snapshot = Snapshot::from_json(cluster.to_string().as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    let said = objections(&snapshot, &Policy::default(), Published::read(plan.clone()));
    said.iter().map(|line| short(line)).collect()
}

fn short(line: &str) -> String {
    let pod = line.strip_prefix("default/").and_then(|rest| rest.split(' ').next());
    let rest = line.rsplit_once("): ").or_else(|| line.split_once(' ')).map_or(line, |(_, rest)| rest);
    let plugin = rest.split(':').next().unwrap_or_default();
    pod.map_or_else(|| line.to_owned(), |pod| format!("{pod} {plugin}"))
}

fn check(pods: &[Value], places: &[&str], expected: &[&str]) {
    assert_eq!(said(&cluster(pods), &plan(places)), expected, "{places:?}");
}

fn plain() -> Value {
    json!({})
}

#[test]
fn amounts_add_up() {
    let large = || json!({ "spec": { "containers": [{ "name": "c", "role": "main", "requests": { "cpu": "1500m" } }] } });
    check(&[large(), large()], &["new 1", "new 2"], &[]);
    check(&[large(), large()], &["new 1", "new 1"], &["p1 NodeResourcesFit"]);
    check(&[large(), large()], &["upcoming 1", "upcoming 1"], &["p1 NodeResourcesFit"]);
    check(&[large(), plain()], &["upcoming 2", "upcoming 2"], &[]);
    check(&[large(), large()], &["upcoming 2", "upcoming 2"], &["p1 NodeResourcesFit"]);
}

#[test]
fn daemons_take_their_part_of_new_and_old_nodes() {
    let whole = json!({ "spec": { "containers": [{ "name": "c", "role": "main", "requests": { "cpu": "2" } }] } });
    let all = json!({ "spec": { "containers": [{ "name": "c", "role": "main", "requests": { "cpu": "8" } }] } });
    let mut with_daemon = cluster(&[whole, all]);
    with_daemon["daemon_sets"] = json!([{ "namespace": "default", "name": "agent", "spec": 7 }]);
    with_daemon["pod_specs"]["7"] = spec(&json!({ "node_selector": { "kubernetes.io/os": "linux" } }));
    assert_eq!(said(&with_daemon, &plan(&["new 1", "n0"])), ["p0 NodeResourcesFit"], "n0 is not said to be linux");
    with_daemon["pod_specs"]["7"] = spec(&json!({}));
    assert_eq!(said(&with_daemon, &plan(&["new 1", "n0"])), ["p0 NodeResourcesFit", "p1 NodeResourcesFit"]);
}

#[test]
fn each_pod_sees_those_placed_before_it() {
    let port = || {
        let ports = json!([{ "ip": "0.0.0.0", "protocol": "TCP", "port": 80 }]);
        json!({ "spec": { "containers": [{ "name": "c", "role": "main", "host_ports": ports }] } })
    };
    check(&[port(), port()], &["n0", "n0"], &["p1 NodePorts"]);
    check(&[port(), port()], &["n0", "new 1"], &[]);
    let zone = "topology.kubernetes.io/zone";
    let web = || json!({ "labels": { "app": "web" } });
    let near =
        || json!({ "spec": { "pod_affinity": [{ "topology_key": zone, "selector": { "match_labels": { "app": "web" } } }] } });
    check(&[web(), near()], &["new 2", "new 2"], &[]);
    check(&[near(), web()], &["new 2", "new 2"], &["p0 InterPodAffinity"]);
    check(&[web(), near()], &["new 2", "new 1"], &["p1 InterPodAffinity"]);
    let apart = json!({ "spec": { "pod_anti_affinity": [{ "topology_key": zone,
        "selector": { "match_labels": { "app": "web" } } }] } });
    check(&[apart, web()], &["n0", "new 1"], &["p1 InterPodAffinity"]);
}

#[test]
fn a_new_node_is_there_from_its_first_pod_on() {
    let rack = json!({ "topology_key": "kubernetes.io/hostname", "max_skew": 1, "honor_node_affinity": true,
        "honor_node_taints": true,
        "selector": { "match_labels": { "app": "web" } } });
    let web = || json!({ "labels": { "app": "web" }, "spec": { "topology_spread": [rack] } });
    // Upcoming nodes differ: they count as empty domains from the start.
    let upcoming_first = ["upcoming 1", "upcoming 2", "n0", "n0"];
    check(&[web(), web(), web(), web()], &upcoming_first, &[]);
    check(&[web(), web()], &["n0", "n0"], &["p1 PodTopologySpread"]);
    check(
        &[web(), web(), web(), plain(), web()],
        &["n0", "upcoming 1", "upcoming 2", "new 1", "n0"],
        &["p4 PodTopologySpread"],
    );
    check(&[web(), web(), web(), web(), plain()], &["n0", "upcoming 1", "upcoming 2", "n0", "new 1"], &[]);
}

#[test]
fn a_pod_must_fit_every_machine_type_that_may_come() {
    let arm = || json!({ "spec": { "node_selector": { "kubernetes.io/arch": "arm64" } } });
    check(&[arm()], &["new 1"], &["p0 NodeAffinity"]);
    let mut one_type = cluster(&[arm()]);
    one_type["groups"][0]["launch_options"] = json!([{ "machine_type": "m6g", "weight": 1 }]);
    assert_eq!(said(&one_type, &plan(&["new 1"])), Vec::<String>::new());
}

#[test]
fn volumes_stay_where_the_first_pod_put_them() {
    let mounting = |name: &str| json!({ "volumes": [{ "kind": "claim", "claim": name }] });
    let volumes = |cluster: Value| {
        let mut cluster = cluster;
        let claim = |name: &str, class: &str| {
            json!({ "namespace": "default", "name": name, "phase": "pending",
            "storage_class": class })
        };
        cluster["claims"] = json!([claim("shared", "gp3"), claim("one", "local"), claim("two", "local")]);
        cluster["volumes"] = json!([{ "name": "v", "available": true, "storage_class": "local" }]);
        cluster["storage_classes"] = json!([{ "name": "gp3", "provisioner": "ebs.csi.aws.com",
            "binding_mode": "wait-for-first-consumer" },
            { "name": "local", "provisioner": "kubernetes.io/no-provisioner", "binding_mode": "wait-for-first-consumer" }]);
        cluster
    };
    let shared = volumes(cluster(&[mounting("shared"), mounting("shared")]));
    assert_eq!(said(&shared, &plan(&["new 1", "new 1"])), Vec::<String>::new());
    assert_eq!(said(&shared, &plan(&["new 1", "new 2"])), ["p1 VolumeBinding"]);
    let local = volumes(cluster(&[mounting("one"), mounting("two")]));
    assert_eq!(said(&local, &plan(&["n0", "n0"])), ["p1 VolumeBinding"]);
}

#[test]
fn nodes_that_come_back_and_nodes_that_go() {
    let mut uncordoned = plan(&["n1"]);
    assert_eq!(said(&cluster(&[plain()]), &uncordoned), ["p0 NodeUnschedulable"]);
    uncordoned["nodes"][1]["decision"] = json!("uncordon");
    assert_eq!(said(&cluster(&[plain()]), &uncordoned), Vec::<String>::new());
    let mut leaving = plan(&["n0"]);
    leaving["nodes"][0]["decision"] = json!("cordon");
    assert_eq!(said(&cluster(&[plain()]), &leaving), ["p0 n0 is leaving"]);
    check(&[plain()], &["n2"], &["p0 n2 is still starting"]);
}

#[test]
fn room_that_is_made_for_others_is_taken() {
    let large = || json!({ "spec": { "containers": [{ "name": "c", "role": "main", "requests": { "cpu": "5" } }] } });
    let nominated = || {
        let mut pod = large();
        pod["nominated_node"] = json!("n0");
        pod
    };
    let mut beside = plan(&["nominated n0", "n0"]);
    beside["pods"][1]["placed"] = json!(0);
    assert_eq!(said(&cluster(&[nominated(), large()]), &beside), ["p1 NodeResourcesFit"]);
    assert_eq!(said(&cluster(&[large(), plain()]), &beside), ["p0 is nominated to n0 in vain"]);
    let mut elsewhere = plan(&["nominated n0", "n1"]);
    elsewhere["pods"][1]["placed"] = json!(0);
    elsewhere["nodes"][1]["decision"] = json!("uncordon");
    assert_eq!(said(&cluster(&[nominated(), large()]), &elsewhere), Vec::<String>::new());
}

#[test]
fn the_order_must_be_whole_and_the_places_real() {
    let mut gap = plan(&["n0", "n0"]);
    gap["pods"][1]["placed"] = json!(2);
    assert_eq!(said(&cluster(&[plain(), plain()]), &gap), ["the positions in the order of placement are [Some(0), Some(2)]"]);
    check(&[plain()], &["new 3"], &["p0 g (r) has no new node 3"]);
    check(&[plain()], &["gone"], &["p0 there is no node gone"]);
    check(&[json!({ "node": "n0", "phase": "running" })], &["n0"], &["p0 it has a node"]);
}
