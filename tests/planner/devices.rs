//! Pods that claim devices: who gets them, what is bought for them, and what keeps them waiting.

use ec2_autoscale_core::plan::{Plan, PodVerdict, plan};
use ec2_autoscale_core::snapshot::{DeviceClass, PodResourceClaim, ResourceClaim, ResourceSlice};
use serde_json::{Value, json};

use crate::support::scenario::{World, situation};

const DRIVER: &str = "gpu.example.com";

/// A group of machines with two devices each, of which one node is there.
const ONE_NODE: &str = "group gpu cpu=16 mem=60Gi max=9 desired=1\nnode n group=gpu";

fn slice(node: &str, devices: &Value) -> ResourceSlice {
    serde_json::from_value(json!({ "name": format!("{node}-slice"), "driver": DRIVER, "pool": node, "generation": 1,
        "slices": 1, "reach": { "node": node }, "devices": devices }))
    .expect("a slice")
}

fn two_devices() -> Value {
    let device = |name: &str| json!({ "name": name, "attributes": { "model": { "string": "A100" } } });
    json!([device("gpu-0"), device("gpu-1")])
}

/// Gives each pod a claim of its own for one device, and the pods with a node theirs.
fn with_claims(script: &str, selector: &str, slices: Vec<ResourceSlice>) -> (World, ec2_autoscale_core::policy::Policy) {
    let (mut world, policy) = situation(script);
    let snapshot = &mut world.snapshot;
    let class: DeviceClass = serde_json::from_value(json!({ "name": "gpu", "selectors": [selector] })).expect("a class");
    snapshot.device_classes = vec![class];
    snapshot.resource_slices = Some(slices);
    let mut bound = 0;
    for pod in &mut snapshot.pods {
        let name = format!("{}-gpu", pod.name);
        let mut claim = json!({ "namespace": pod.namespace, "name": name, "needs": { "requests": [
            { "name": "gpu", "alternatives": [{ "class": "gpu", "count": { "exactly": 1 } }] }] } });
        if let Some(node) = &pod.node {
            claim["allocation"] = json!({ "devices": [
                { "driver": DRIVER, "pool": node.as_str(), "device": format!("gpu-{bound}") }] });
            claim["reserved_for"] = json!([pod.uid]);
            bound += 1;
        }
        snapshot.resource_claims.push(serde_json::from_value::<ResourceClaim>(claim).expect("a claim"));
        pod.resource_claims = vec![PodResourceClaim { name: "gpu".into(), claim: Some(name), template: None }];
    }
    (world, policy)
}

fn planned(script: &str, selector: &str, slices: Vec<ResourceSlice>) -> Plan {
    let (world, policy) = with_claims(script, selector, slices);
    plan(&world.snapshot, &policy)
}

const MODEL: &str = r#"device.attributes["gpu.example.com"].model == "A100""#;

fn verdict<'p>(plan: &'p Plan, name: &str) -> &'p PodVerdict {
    &plan.pods.iter().find(|pod| pod.pod.name == name).expect("the pod").verdict
}

#[test]
fn free_devices_of_a_node_are_given_before_any_is_bought() {
    let script = format!("{ONE_NODE}\npods old cpu=1 on=n\npods new x4 cpu=1");
    let plan = planned(&script, MODEL, vec![slice("n", &two_devices())]);
    let fits = |wanted: fn(&PodVerdict) -> bool| plan.pods.iter().filter(|pod| wanted(&pod.verdict)).count();
    assert_eq!(fits(|verdict| matches!(verdict, PodVerdict::FitsExisting { .. })), 1, "{:?}", plan.pods);
    assert_eq!(fits(|verdict| matches!(verdict, PodVerdict::FitsNew { .. })), 3);
    assert_eq!(plan.summary.nodes_added, 2, "a node like the one that is there has two devices");
}

#[test]
fn nothing_is_bought_where_nothing_shows_the_devices() {
    let plan = planned("group gpu cpu=16 mem=60Gi max=9\npods new cpu=1", MODEL, Vec::new());
    assert_eq!(plan.summary.nodes_added, 0);
    let message = &plan.pods[0].message;
    assert!(message.contains("nothing shows the devices of a new node"), "{message}");
}

/// As `--device-file` lets it.
#[test]
fn a_group_may_state_devices_that_are_not_alike() {
    let added = |selector: &str| {
        let (mut world, policy) = with_claims("group gpu cpu=16 mem=60Gi max=9\npods new x3 cpu=1", selector, Vec::new());
        let device = |numa: u32| {
            json!({ "name": format!("gpu-{numa}"),
                "attributes": { "numa": { "int": numa }, "uuid": { "string": format!("GPU-{numa}") } } })
        };
        world.snapshot.groups[0].tags.devices = vec![slice("", &json!([device(0), device(1)]))];
        plan(&world.snapshot, &policy).summary.nodes_added
    };
    assert_eq!(added(r#"device.attributes["gpu.example.com"].numa == 1"#), 3, "a node has one such device");
    let of_one_device = r#"device.attributes["gpu.example.com"].uuid == "GPU-1""#;
    assert_eq!(added(of_one_device), 0, "no new node has the device of another");
}

#[test]
fn a_group_whose_nodes_have_no_devices_is_left_alone() {
    let plan = planned(&format!("{ONE_NODE}\npods new cpu=1"), MODEL, Vec::new());
    assert_eq!(plan.summary.nodes_added, 0);
    let message = &plan.pods[0].message;
    assert!(message.contains("cannot allocate all claims"), "{message}");
}

#[test]
fn a_device_without_the_attribute_keeps_the_pods_from_every_node() {
    let script = format!("{ONE_NODE}\ngroup other cpu=16 mem=60Gi max=9 desired=1\nnode odd group=other\npods new cpu=1");
    let odd = slice("odd", &json!([{ "name": "gpu-0" }]));
    let plan = planned(&script, MODEL, vec![slice("n", &two_devices()), odd]);
    assert_eq!(plan.summary.nodes_added, 0);
    let message = &plan.pods[0].message;
    for part in ["no such key: model", "gpu.example.com/gpu-0", "node odd"] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn without_slices_the_pods_are_not_modelled() {
    let (mut world, policy) = with_claims(&format!("{ONE_NODE}\npods new cpu=1"), MODEL, Vec::new());
    world.snapshot.resource_slices = None;
    let plan = plan(&world.snapshot, &policy);
    assert!(matches!(verdict(&plan, "new-0"), PodVerdict::NotModelled { .. }));
}

#[test]
fn pods_that_share_a_claim_go_to_one_node() {
    let script = format!("{ONE_NODE}\nnode m group=gpu\npods new x3 cpu=1").replace("desired=1", "desired=2");
    let (mut world, policy) = with_claims(&script, MODEL, vec![slice("n", &two_devices()), slice("m", &two_devices())]);
    for pod in &mut world.snapshot.pods {
        pod.resource_claims = vec![PodResourceClaim { name: "gpu".into(), claim: Some("new-0-gpu".into()), template: None }];
    }
    let plan = plan(&world.snapshot, &policy);
    let node = |name: &str| match verdict(&plan, name) {
        PodVerdict::FitsExisting { node } => node.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(node("new-0"), node("new-1"));
    assert_eq!(node("new-0"), node("new-2"));
}

#[test]
fn claims_that_are_too_complex_stop_no_plan() {
    let nodes = (0..40).fold(String::new(), |text, number| format!("{text}node n{number} group=gpu\n"));
    let script = format!("group gpu cpu=16 mem=60Gi max=90 desired=40\n{nodes}pods new x3 cpu=1");
    // No two nodes are alike, and the search for fifteen devices and one that is nowhere has
    // millions of ways.
    let devices = |node: usize| (0..30).map(|number| json!({ "name": format!("gpu-{node}-{number}") })).collect::<Vec<_>>();
    let slices = (0..40).map(|node| slice(&format!("n{node}"), &Value::Array(devices(node)))).collect();
    let (mut world, policy) = with_claims(&script, "true", slices);
    for claim in &mut world.snapshot.resource_claims {
        let way =
            |count: u64, selectors: Value| json!([{ "class": "gpu", "count": { "exactly": count }, "selectors": selectors }]);
        let requests = json!([{ "name": "many", "alternatives": way(15, json!([])) },
            { "name": "none", "alternatives": way(1, json!(["device.driver == 'none'"])) }]);
        claim.needs = serde_json::from_value(json!({ "requests": requests })).expect("a claim");
    }
    let begun = std::time::Instant::now();
    let plan = plan(&world.snapshot, &policy);
    assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{:?}", begun.elapsed());
    assert_eq!(plan.summary.nodes_added, 0);
    let message = &plan.pods[0].message;
    assert!(message.contains("too many combinations of devices were tried"), "{message}");
}

#[test]
fn a_dear_selector_is_not_evaluated_and_keeps_nobody_else_waiting() {
    let twenty = format!("[{}]", ["1"; 20].join(","));
    let dear = (0..8).fold("true".to_owned(), |inner, level| format!("{twenty}.all(x{level}, {inner})"));
    let script = format!("{ONE_NODE}\npods cheap cpu=1\npods dear cpu=1");
    let (mut world, policy) = with_claims(&script, "true", vec![slice("n", &two_devices())]);
    let claim = world.snapshot.resource_claims.iter_mut().find(|claim| claim.name.starts_with("dear")).expect("a claim");
    let needs = json!({ "requests": [
        { "name": "gpu", "alternatives": [{ "class": "gpu", "count": { "exactly": 1 }, "selectors": [dear] }] }] });
    claim.needs = serde_json::from_value(needs).expect("a claim");
    let plan = plan(&world.snapshot, &policy);
    let message = &plan.pods.iter().find(|pod| pod.pod.name.starts_with("dear")).expect("the pod").message;
    let expected =
        "CEL runtime error: operation cancelled: actual cost limit exceeded, on device gpu.example.com/gpu-0 of node n";
    assert!(message.contains(expected), "{message}");
    assert!(matches!(verdict(&plan, "cheap-0"), PodVerdict::FitsExisting { .. }));
}
