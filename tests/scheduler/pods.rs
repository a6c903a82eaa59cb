//! Pods by chance: every form of request, selector, affinity and toleration that the planner judges.

use serde_json::{Map, Value, json};

use crate::dice::Dice;
use crate::fleet::ZONES;

/// Names that a field selector may ask for.
pub(crate) struct Names<'a> {
    pub(crate) nodes: &'a [String],
    pub(crate) machine_types: &'a [String],
}

/// A pod. Most are plain, so that most find a place.
pub(crate) fn pod(dice: &mut Dice, name: &str, known: &Names<'_>, may_preempt: bool) -> Value {
    let mut spec = json!({ "containers": containers(dice), "restartPolicy": "Never", "terminationGracePeriodSeconds": 30 });
    if dice.once_in(4) {
        spec["initContainers"] = Value::Array((0..=dice.below(3)).map(|number| init_container(dice, number)).collect());
    }
    if dice.once_in(10) {
        spec["resources"] = json!({ "requests": pod_level(dice) });
    }
    if dice.once_in(6) {
        spec["runtimeClassName"] = json!(dice.pick(&["padded", "padded", "padded", "placed"]));
    }
    if dice.once_in(5) {
        spec["nodeSelector"] = selector(dice, known);
    }
    if dice.once_in(4) {
        let terms: Vec<Value> = (0..=dice.below(2)).map(|_| term(dice, known)).collect();
        spec["affinity"] =
            json!({ "nodeAffinity": { "requiredDuringSchedulingIgnoredDuringExecution": { "nodeSelectorTerms": terms } } });
    }
    if !dice.once_in(3) {
        spec["tolerations"] = Value::Array((0..=dice.below(3)).map(|_| toleration(dice)).collect());
    }
    if may_preempt && dice.once_in(2) {
        spec["priorityClassName"] = json!("urgent");
    } else if dice.once_in(3) {
        spec["priorityClassName"] = json!(dice.pick(&["low", "high"]));
    }
    json!({ "metadata": { "name": name }, "spec": spec })
}

fn containers(dice: &mut Dice) -> Vec<Value> {
    let count = dice.pick(&[1, 1, 1, 2, 3]);
    (0..count)
        .map(|number| {
            let mut container = json!({ "name": format!("c{number}"), "image": "none" });
            container["resources"] = resources(dice, number == 0);
            container
        })
        .collect()
}

fn resources(dice: &mut Dice, may_use_devices: bool) -> Value {
    let mut requests = Map::new();
    let mut ask = |name: &str, amount: &str| {
        if !amount.is_empty() {
            requests.insert(name.to_owned(), json!(amount));
        }
    };
    ask("cpu", dice.pick(&["", "0", "100m", "250m", "0.5", "1", "1", "1500m", "2", "3", "1e0", "333.3m"]));
    ask("memory", dice.pick(&["", "0", "64Mi", "128M", "1Gi", "1Gi", "2.5Gi", "1e9", "3000000k", "4Gi", "1234567890123m"]));
    if dice.once_in(5) {
        ask("ephemeral-storage", dice.pick(&["0", "1Gi", "3G", "7Gi"]));
    }
    let mut limits = Map::new();
    if may_use_devices && dice.once_in(6) {
        let device =
            dice.pick(&["nvidia.com/gpu", "nvidia.com/gpu", "nvidia.com/gpu", "example.com/nic", "example.com/nothing"]);
        let amount = dice.pick(&["0", "1", "1", "2", "4"]);
        ask(device, amount);
        limits.insert(device.to_owned(), json!(amount));
    }
    // A limit without a request is a request.
    if dice.once_in(6) && !requests.contains_key("cpu") {
        limits.insert("cpu".to_owned(), json!("1"));
    }
    json!({ "requests": requests, "limits": limits })
}

fn init_container(dice: &mut Dice, number: usize) -> Value {
    let mut container = json!({ "name": format!("i{number}"), "image": "none", "resources": resources(dice, true) });
    if dice.once_in(2) {
        container["restartPolicy"] = json!("Always");
    }
    container
}

fn pod_level(dice: &mut Dice) -> Value {
    match dice.below(3) {
        0 => json!({ "cpu": dice.pick(&["1", "4", "6"]) }),
        1 => json!({ "memory": dice.pick(&["1Gi", "6Gi"]) }),
        _ => json!({ "cpu": dice.pick(&["2", "5"]), "memory": "5Gi" }),
    }
}

fn selector(dice: &mut Dice, known: &Names<'_>) -> Value {
    match dice.below(6) {
        0 => json!({ "topology.kubernetes.io/zone": dice.pick(&ZONES) }),
        1 => json!({ "node.kubernetes.io/instance-type": dice.pick(known.machine_types) }),
        2 => json!({ "kubernetes.io/arch": dice.pick(&["amd64", "arm64"]), "kubernetes.io/os": "linux" }),
        3 => json!({ "tier": dice.pick(&["", "gold"]) }),
        _ => json!({ "pool": dice.pick(&["a", "b", "c"]) }),
    }
}

fn term(dice: &mut Dice, known: &Names<'_>) -> Value {
    let mut term = json!({});
    if !dice.once_in(5) {
        term["matchExpressions"] = Value::Array((0..=dice.below(2)).map(|_| expression(dice, known)).collect());
    }
    if dice.once_in(5) && !known.nodes.is_empty() {
        let operator = dice.pick(&["In", "NotIn", "NotIn"]);
        term["matchFields"] = json!([{ "key": "metadata.name", "operator": operator, "values": [dice.pick(known.nodes)] }]);
    }
    term
}

fn expression(dice: &mut Dice, known: &Names<'_>) -> Value {
    let listed = dice.pick(&["In", "NotIn"]);
    match dice.below(7) {
        0 => json!({ "key": "pool", "operator": listed, "values": [dice.pick(&["a", "b"]), "c"] }),
        1 => {
            json!({ "key": "gen", "operator": dice.pick(&["Gt", "Lt"]), "values": [dice.pick(&["0", "3", "4", "007", "-1", "+2"])] })
        }
        2 => json!({ "key": dice.pick(&["tier", "gen"]), "operator": dice.pick(&["Exists", "DoesNotExist"]) }),
        3 => {
            json!({ "key": "topology.kubernetes.io/zone", "operator": listed, "values": [dice.pick(&ZONES), dice.pick(&ZONES)] })
        }
        4 => json!({ "key": "kubernetes.io/hostname", "operator": "NotIn", "values": [dice.pick(known.nodes)] }),
        5 => {
            json!({ "key": "node.kubernetes.io/instance-type", "operator": listed, "values": [dice.pick(known.machine_types)] })
        }
        _ => json!({ "key": "gen", "operator": listed, "values": [dice.pick(&["1", "3", "7", ""])] }),
    }
}

fn toleration(dice: &mut Dice) -> Value {
    match dice.below(12) {
        0 | 10 | 11 => json!({ "operator": "Exists" }),
        1 => json!({ "operator": "Exists", "effect": dice.pick(&["NoSchedule", "NoExecute"]) }),
        2 => json!({ "key": "dedicated", "operator": "Exists" }),
        3 => json!({ "key": "dedicated", "value": dice.pick(&["ml", "web"]) }),
        4 => {
            json!({ "key": "dedicated", "operator": "Equal", "value": "ml", "effect": dice.pick(&["NoSchedule", "NoExecute"]) })
        }
        5 => json!({ "key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule" }),
        6 => json!({ "key": "nvidia.com/gpu" }),
        7 => json!({ "key": "spot", "value": "true", "effect": "NoExecute", "tolerationSeconds": 60 }),
        8 => json!({ "key": "node.kubernetes.io/unschedulable", "operator": "Exists" }),
        _ => json!({ "key": "maintenance", "operator": dice.pick(&["Exists", "Equal"]) }),
    }
}
