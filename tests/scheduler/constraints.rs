//! Pods by chance whose place depends on other pods: ports, spread, affinity and anti-affinity.

use serde_json::{Value, json};

use crate::dice::Dice;
use crate::fleet::ZONES;

const ZONE: &str = "topology.kubernetes.io/zone";
const HOST: &str = "kubernetes.io/hostname";

/// The applications that pods are of; selectors speak of them.
const APPS: [&str; 3] = ["web", "db", "batch"];

/// A small pod with labels and, now and then, a constraint on nodes. It never tolerates a cordon, by which the test keeps pods
/// from nodes.
pub(crate) fn plain_pod(dice: &mut Dice) -> Value {
    let mut requests = json!({ "cpu": dice.pick(&["0", "100m", "200m", "500m", "1"]) });
    if dice.once_in(3) {
        requests["memory"] = json!(dice.pick(&["64Mi", "512Mi"]));
    }
    let container = json!({ "name": "c0", "image": "none", "resources": { "requests": requests } });
    let mut spec = json!({ "containers": [container], "restartPolicy": "Never", "terminationGracePeriodSeconds": 30 });
    let mut tolerations = Vec::new();
    for key in ["dedicated", "spot", "nvidia.com/gpu", "maintenance"] {
        if !dice.once_in(4) {
            tolerations.push(json!({ "key": key, "operator": "Exists" }));
        }
    }
    spec["tolerations"] = json!(tolerations);
    if dice.once_in(8) {
        spec["nodeSelector"] = json!({ "pool": dice.pick(&["a", "b"]) });
    }
    if dice.once_in(10) {
        let expression =
            json!({ "key": ZONE, "operator": dice.pick(&["In", "NotIn"]), "values": [dice.pick(&ZONES), dice.pick(&ZONES)] });
        spec["affinity"]["nodeAffinity"] = json!({ "requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [{ "matchExpressions": [expression] }] } });
    }
    let labels = json!({ "app": dice.pick(&APPS), "version": dice.pick(&["1", "2"]) });
    json!({ "metadata": { "labels": labels }, "spec": spec })
}

/// Adds constraints of one or two kinds.
pub(crate) fn constrain(dice: &mut Dice, pod: &mut Value) {
    for _ in 0..dice.pick(&[1, 1, 1, 2]) {
        match dice.below(8) {
            0 | 1 => ports(dice, pod),
            2 | 3 => spread(dice, pod),
            4 | 5 => attract(dice, pod),
            _ => repel(dice, pod),
        }
    }
}

/// Ports of the node, of a container or a sidecar, or on the node's own network.
fn ports(dice: &mut Dice, pod: &mut Value) {
    let port = dice.pick(&[8080, 8081]);
    let mut one = json!({ "containerPort": port });
    if dice.once_in(6) {
        pod["spec"]["hostNetwork"] = json!(true);
    } else {
        one["hostPort"] = json!(port);
        if dice.once_in(2) {
            one["hostIP"] = json!(dice.pick(&["0.0.0.0", "127.0.0.1", "10.0.0.1"]));
        }
    }
    if dice.once_in(4) {
        one["protocol"] = json!("UDP");
    }
    if dice.once_in(4) {
        let mut init = json!({ "name": "i0", "image": "none", "ports": [one] });
        if !dice.once_in(3) {
            init["restartPolicy"] = json!("Always");
        }
        pod["spec"]["initContainers"] = json!([init]);
    } else {
        pod["spec"]["containers"][0]["ports"] = json!([one]);
    }
}

fn spread(dice: &mut Dice, pod: &mut Value) {
    let mut keys = vec![ZONE, HOST, ZONE, HOST, "tier"];
    let mut constraints = Vec::new();
    for _ in 0..dice.pick(&[1, 1, 2]) {
        let key = dice.pick(&keys);
        keys.retain(|other| *other != key);
        constraints.push(spread_constraint(dice, pod, key));
    }
    pod["spec"]["topologySpreadConstraints"] = json!(constraints);
}

fn spread_constraint(dice: &mut Dice, pod: &Value, key: &str) -> Value {
    let mut constraint = json!({ "topologyKey": key, "maxSkew": dice.pick(&[1, 1, 2]), "whenUnsatisfiable": "DoNotSchedule" });
    let mut keys = Vec::new();
    match dice.below(8) {
        0 => {}
        1 => constraint["labelSelector"] = json!({}),
        _ => constraint["labelSelector"] = selector(dice, pod, &mut keys),
    }
    if dice.once_in(8) {
        constraint["whenUnsatisfiable"] = json!("ScheduleAnyway");
    } else if dice.once_in(3) {
        constraint["minDomains"] = json!(dice.pick(&[2, 3, 4]));
    }
    if !constraint["labelSelector"].is_null() && !keys.contains(&"version") && dice.once_in(4) {
        constraint["matchLabelKeys"] = json!(["version"]);
    }
    if dice.once_in(3) {
        constraint["nodeTaintsPolicy"] = json!("Honor");
    }
    if dice.once_in(4) {
        constraint["nodeAffinityPolicy"] = json!("Ignore");
    }
    constraint
}

fn attract(dice: &mut Dice, pod: &mut Value) {
    pod["spec"]["affinity"]["podAffinity"] = terms(dice, pod);
}

fn repel(dice: &mut Dice, pod: &mut Value) {
    pod["spec"]["affinity"]["podAntiAffinity"] = terms(dice, pod);
}

fn terms(dice: &mut Dice, pod: &Value) -> Value {
    let terms: Vec<Value> = (0..dice.pick(&[1, 1, 1, 2])).map(|_| term(dice, pod)).collect();
    json!({ "requiredDuringSchedulingIgnoredDuringExecution": terms })
}

fn term(dice: &mut Dice, pod: &Value) -> Value {
    let mut keys = Vec::new();
    let mut term =
        json!({ "topologyKey": dice.pick(&[ZONE, HOST, HOST, "pool"]), "labelSelector": selector(dice, pod, &mut keys) });
    match dice.below(8) {
        0 => term["namespaces"] = json!([dice.pick(&["side", "default"])]),
        1 => term["namespaces"] = json!(["side", "default"]),
        2 => term["namespaceSelector"] = json!({}),
        3 => term["namespaceSelector"] = json!({ "matchLabels": { "team": "side" } }),
        _ => {}
    }
    if !keys.contains(&"version") && dice.once_in(5) {
        term[dice.pick(&["matchLabelKeys", "mismatchLabelKeys"])] = json!(["version"]);
    }
    term
}

/// A selector of pods; the labels it names are added to `keys`.
fn selector(dice: &mut Dice, pod: &Value, keys: &mut Vec<&str>) -> Value {
    keys.push("app");
    match dice.below(8) {
        0..4 => json!({ "matchLabels": { "app": pod["metadata"]["labels"]["app"] } }),
        4 | 5 => json!({ "matchLabels": { "app": dice.pick(&APPS) } }),
        6 => {
            json!({ "matchExpressions": [{ "key": "app", "operator": "In", "values": [dice.pick(&APPS), dice.pick(&APPS)] }] })
        }
        _ => {
            keys.push("version");
            let absent = json!({ "key": "version", "operator": "NotIn", "values": [dice.pick(&["1", "3"])] });
            json!({ "matchExpressions": [{ "key": "app", "operator": "Exists" }, absent] })
        }
    }
}
