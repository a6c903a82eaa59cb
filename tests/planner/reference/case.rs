//! Table cases for the predicates: one pod before one small cluster, written in the snapshot's own
//! JSON reduced to what matters.
//!
//! ```text
//! { "nodes": { "n1": { "labels": {…}, "taints": […], "unschedulable": true,
//!                      "allocatable": {…}, "csi_limits": {…} } },
//!   "pods": [ { "node": "n1", "labels": {…}, "spec": { …PodSpec… }, … } ],
//!   "pod": { "labels": {…}, "spec": {…}, "volumes": […], "resource_claims": ["made"] },
//!   "namespaces": { "other": { "team": "a" } },
//!   "claims": […], "volumes": […], "storage_classes": […], "resource_claims": […] }
//! ```

use ec2_autoscale_core::snapshot::{Claim, Labels, Namespace, Pod, PodSpec, ResourceClaim, Resources, StorageClass, Volume};
use serde_json::{Map, Value, json};

use super::predicates::ask;
use super::world::{World, WorldNode, WorldPod};

/// The subject of the case, the place in Kubernetes that states the rule, the cluster, and the
/// nodes that fit, by name.
pub(crate) type Case = (&'static str, &'static str, Value, &'static str);

/// Runs the plugin on every node of every case. A table that could not fail is refused.
pub(crate) fn check(plugin: &str, cases: &[Case]) {
    let mut said_no = 0;
    let mut said_yes = 0;
    let mut wrong = Vec::new();
    for (what, origin, text, fitting) in cases {
        assert!(!origin.is_empty(), "{what}: the origin is missing");
        let (world, pod) = world(text);
        for (position, node) in world.nodes.iter().enumerate() {
            let answer = ask(plugin, &world, &pod, position);
            let should_fit = fitting.split(' ').any(|name| name == node.name);
            if should_fit != answer.is_none() {
                wrong.push(format!("{what} ({origin}): {} got {answer:?}", node.name));
            }
            *if should_fit { &mut said_yes } else { &mut said_no } += 1;
        }
    }
    assert_eq!(wrong, Vec::<String>::new(), "{plugin}");
    assert!(cases.len() >= 5 && said_no > 0 && said_yes > 0, "{plugin}: {} cases, {said_yes} yes, {said_no} no", cases.len());
}

/// Returns the cluster of a case, and its pod.
pub(crate) fn world(text: &Value) -> (World, WorldPod) {
    let known = [
        "nodes",
        "pods",
        "pod",
        "namespaces",
        "claims",
        "volumes",
        "storage_classes",
        "resource_claims",
        "numeric",
        "capacity_drivers",
        "storage_capacities",
    ];
    let keys = text.as_object().expect("a case is an object").keys();
    assert_eq!(keys.filter(|key| !known.contains(&key.as_str())).collect::<Vec<_>>(), Vec::<&String>::new());
    let mut world = World { numeric_tolerations: text["numeric"] == json!(true), ..World::default() };
    world.nodes = members(&text["nodes"]).map(|(name, facts)| node(name, facts)).collect();
    world.pods = list(&text["pods"]).enumerate().map(|(number, facts)| pod(&world, &format!("p{number}"), facts)).collect();
    world.namespaces = members(&text["namespaces"])
        .map(|(name, labels)| Namespace { name: name.clone(), labels: read(labels.clone()) })
        .chain([Namespace { name: "default".into(), labels: Labels::new() }])
        .collect();
    world.claims = list(&text["claims"]).map(claim).collect();
    world.volumes = list(&text["volumes"]).map(volume).collect();
    world.storage_classes = list(&text["storage_classes"]).map(storage_class).collect();
    world.capacity_drivers = optional(&text["capacity_drivers"]).unwrap_or_default();
    world.storage_capacities = optional(&text["storage_capacities"]).unwrap_or_default();
    world.resource_claims = list(&text["resource_claims"]).map(resource_claim).collect();
    let asked = pod(&world, "asked", &text["pod"]);
    (world, asked)
}

fn node(name: &str, facts: &Value) -> WorldNode {
    let allocatable = match facts["allocatable"] {
        Value::Null => json!({ "cpu": "32", "memory": "64Gi", "pods": "110" }),
        _ => facts["allocatable"].clone(),
    };
    WorldNode {
        name: name.to_owned(),
        labels: optional(&facts["labels"]).unwrap_or_default(),
        taints: optional(&facts["taints"]).unwrap_or_default(),
        unschedulable: facts["unschedulable"] == json!(true),
        allocatable: read::<Resources>(allocatable),
        csi_limits: members(&facts["csi_limits"]).map(|(driver, most)| (driver.clone(), read(most.clone()))).collect(),
    }
}

fn pod(world: &World, name: &str, facts: &Value) -> WorldPod {
    let mut facts = facts.as_object().cloned().unwrap_or_default();
    let mut spec = json!({
        "scheduler_name": "default-scheduler", "restart_policy": "always", "containers": [{ "name": "main", "role": "main" }]
    });
    overlay(&mut spec, facts.remove("spec"));
    let node = facts.remove("node").map(read::<String>);
    let claims: Vec<Option<String>> = facts.remove("resource_claims").map(read).unwrap_or_default();
    let is_deleting = facts.remove("deleting") == Some(json!(true));
    let mut object = json!({
        "namespace": "default", "name": name, "uid": format!("uid-of-{name}"), "spec": 0, "phase": "running",
        "scheduling": { "state": "unseen" }, "created_at": "2026-11-22T00:00:00Z",
        "deletion_deadline": is_deleting.then_some("2026-11-22T01:00:00Z"),
        "resource_claims": claims.iter().map(|claim| json!({ "name": "entry", "claim": claim })).collect::<Vec<_>>(),
    });
    overlay(&mut object, Some(Value::Object(facts)));
    let node = node.map(|name| world.node_named(&name).unwrap_or_else(|| panic!("{name} is no node of the case")));
    WorldPod { pod: read::<Pod>(object), spec: read::<PodSpec>(spec), node }
}

fn claim(facts: &Value) -> Claim {
    let mut claim = json!({ "namespace": "default", "phase": "pending", "access_modes": ["read-write-once"], "requested": 1 });
    overlay(&mut claim, Some(facts.clone()));
    read(claim)
}

fn volume(facts: &Value) -> Volume {
    let mut volume = json!({ "available": false, "access_modes": ["read-write-once"], "capacity": 10 });
    overlay(&mut volume, Some(facts.clone()));
    volume["node_affinity"] = terms(&facts["node_affinity"]);
    read(volume)
}

fn storage_class(facts: &Value) -> StorageClass {
    let mut class = json!({ "provisioner": "ebs.csi.aws.com", "binding_mode": "wait-for-first-consumer" });
    overlay(&mut class, Some(facts.clone()));
    read(class)
}

fn resource_claim(facts: &Value) -> ResourceClaim {
    let mut claim = json!({ "namespace": "default" });
    overlay(&mut claim, Some(facts.clone()));
    if let Some(allocation) = facts["allocation"].as_object() {
        claim["allocation"] = json!({ "node_selector": terms(&allocation.get("node_selector").cloned().unwrap_or_default()) });
    }
    read(claim)
}

/// `key In (values)` for each entry: one term, as volumes of one zone have it.
fn terms(keys: &Value) -> Value {
    let requirement = |(key, values): (&String, &Value)| json!({ "key": key, "operator": "in", "values": values });
    let requirements: Vec<Value> = members(keys).map(requirement).collect();
    if keys.is_null() { Value::Null } else { json!([{ "match_expressions": requirements }]) }
}

fn overlay(base: &mut Value, top: Option<Value>) {
    let base = base.as_object_mut().expect("an object");
    for (key, value) in top.and_then(|top| top.as_object().cloned()).unwrap_or_default() {
        base.insert(key, value);
    }
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn optional<T: serde::de::DeserializeOwned>(value: &Value) -> Option<T> {
    (!value.is_null()).then(|| read(value.clone()))
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{error} in {value}"))
}
