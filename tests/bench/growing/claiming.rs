//! Pods that claim devices of nodes that are alike.

use ec2_autoscale_core::snapshot::{Pod, PodResourceClaim, Snapshot, SpecId};
use serde_json::{Value, json};

use super::made::{GIB, add_spec, amounts, bind, cluster_of, pod};
use crate::small_pods::spec;

const DRIVER: &str = "gpu.example.com";
/// The devices of a node, of which pods that run have the first two.
const DEVICES: usize = 10;
/// The claims that wait, for each node.
const WAITING: usize = 4;
/// The pods that share a claim.
pub(super) const SHARING: usize = 8;

/// Returns the same nodes, and four pods for each that wait for more devices than any has.
pub(super) fn unserved(nodes: usize) -> Snapshot {
    let mut made = nodes_with_devices(nodes);
    let id = add_spec(&mut made, spec(amounts(250, GIB / 4)));
    let too_many = json!({ "requests": [{ "name": "gpu", "alternatives": [
        { "class": "gpu", "selectors": [], "count": { "exactly": DEVICES + 1 } }] }] });
    for number in 0..nodes * WAITING {
        let name = format!("wait-{number:06}");
        add_claim(&mut made, &name, &too_many, None);
        made.pods.push(claiming(name, id));
    }
    made
}

/// Returns the same nodes, and a claim of a device for each, which eight pods that wait share.
pub(super) fn shared(nodes: usize) -> Snapshot {
    let mut made = nodes_with_devices(nodes);
    let id = add_spec(&mut made, spec(amounts(100, GIB / 8)));
    for number in 0..nodes {
        let claim = format!("shared-{number:06}");
        add_claim(&mut made, &claim, &requests(0), None);
        for pod in 0..SHARING {
            let name = format!("wait-{number:06}-{pod}");
            let entry = PodResourceClaim { name: "gpu".to_owned(), claim: Some(claim.clone()), template: None };
            let sharing = Pod { resource_claims: vec![entry], ..pod_of(name, id) };
            made.pods.push(sharing);
        }
    }
    made
}

/// Returns nodes of ten devices each, two of which are taken, and four pods for each node that
/// wait for one device, for two behind one root, for two of which the second choice will do, and for
/// one of much memory.
pub(super) fn devices(nodes: usize) -> Snapshot {
    let mut made = nodes_with_devices(nodes);
    let id = made.pods[0].spec;
    for number in 0..nodes * WAITING {
        let name = format!("wait-{number:06}");
        add_claim(&mut made, &name, &requests(number % WAITING), None);
        made.pods.push(claiming(name, id));
    }
    made
}

fn nodes_with_devices(nodes: usize) -> Snapshot {
    let mut made = cluster_of(nodes);
    let id = add_spec(&mut made, spec(amounts(250, GIB / 4)));
    let class = json!([{ "name": "gpu", "selectors": [format!("device.driver == '{DRIVER}'")] }]);
    made.device_classes = serde_json::from_value(class).expect("a class");
    let slices: Vec<Value> = made.nodes.iter().map(|node| slice(&node.name)).collect();
    made.resource_slices = Some(serde_json::from_value(Value::Array(slices)).expect("slices"));
    for number in 0..nodes {
        let node = made.nodes[number].name.clone();
        let result = |device: usize| json!({ "driver": DRIVER, "pool": node, "device": format!("gpu-{device}") });
        let allocation = json!({ "devices": [result(0), result(1)] });
        let name = format!("runs-{number:06}");
        add_claim(&mut made, &name, &requests(0), Some(&allocation));
        let bound = claiming(name, id);
        bind(&mut made, bound, number);
    }
    made
}

fn claiming(name: String, id: SpecId) -> Pod {
    let entry = PodResourceClaim { name: "gpu".to_owned(), claim: Some(name.clone()), template: None };
    Pod { resource_claims: vec![entry], ..pod_of(name, id) }
}

fn pod_of(name: String, id: SpecId) -> Pod {
    pod(name, id, &[("app", "train")])
}

fn slice(node: &str) -> Value {
    let device = |number: usize| {
        json!({ "name": format!("gpu-{number}"), "capacity": { "memory": { "value": "80Gi" } },
            "attributes": { "model": { "string": "H100" }, "root": { "int": number / 5 },
                "uuid": { "string": format!("GPU-{node}-{number}") } } })
    };
    let devices: Vec<Value> = (0..DEVICES).map(device).collect();
    json!({ "name": format!("{node}-gpus"), "driver": DRIVER, "pool": node, "generation": 1, "slices": 1,
        "reach": { "node": node }, "devices": devices })
}

/// Returns what a claim of one of the four kinds requests.
fn requests(kind: usize) -> Value {
    let model = |name: &str| json!([format!("device.attributes['{DRIVER}'].model == '{name}'")]);
    let exactly = |count: usize, selectors: &Value| {
        json!({ "requests": [{ "name": "gpu", "alternatives": [
            { "class": "gpu", "selectors": selectors, "count": { "exactly": count } }] }] })
    };
    match kind {
        0 => exactly(1, &model("H100")),
        1 => {
            let mut two = exactly(2, &json!([]));
            two["constraints"] = json!([{ "rule": "match", "attribute": format!("{DRIVER}/root") }]);
            two
        }
        2 => {
            let way = |name: &str, of: &str| json!({ "name": name, "class": "gpu", "selectors": model(of), "count": { "exactly": 2 } });
            json!({ "requests": [{ "name": "gpu", "alternatives": [way("new", "B200"), way("old", "H100")] }] })
        }
        _ => {
            let memory = format!("device.capacity['{DRIVER}'].memory.compareTo(quantity('40Gi')) >= 0");
            exactly(1, &json!([memory]))
        }
    }
}

fn add_claim(made: &mut Snapshot, name: &str, needs: &Value, allocation: Option<&Value>) {
    let mut claim = json!({ "namespace": "batch", "name": name, "needs": needs });
    if let Some(allocation) = allocation {
        claim["allocation"] = allocation.clone();
        claim["reserved_for"] = json!([format!("uid-of-{name}")]);
    }
    made.resource_claims.push(serde_json::from_value(claim).expect("a claim"));
}
