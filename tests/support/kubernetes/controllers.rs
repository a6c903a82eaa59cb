//! What the controller-manager would do to nodes and budgets: one round, when a test asks for it.

use serde_json::{Value, json};

use super::resources;
use super::selectors::label_selector_matches;
use super::store::{Store, text};

pub(super) fn run(store: &mut Store) {
    let nodes = resources::named("nodes");
    for mut node in store.all(nodes).collect::<Vec<_>>() {
        let before = node.clone();
        taint_by_state(&mut node);
        if node != before {
            store.put(nodes, node);
        }
    }
    let budgets = resources::named("poddisruptionbudgets");
    let pods: Vec<_> = store.all(resources::named("pods")).collect();
    for mut budget in store.all(budgets).collect::<Vec<_>>() {
        let before = budget.clone();
        count_pods(&mut budget, &pods);
        if budget != before {
            store.put(budgets, budget);
        }
    }
}

fn taint_by_state(node: &mut Value) {
    let conditions = node["status"]["conditions"].as_array().cloned().unwrap_or_default();
    let status_of = |kind: &str| {
        let condition = conditions.iter().find(|condition| condition["type"] == kind);
        condition.and_then(|condition| condition["status"].as_str()).unwrap_or("Unknown").to_owned()
    };
    let ready = status_of("Ready");
    let cordoned = node["spec"]["unschedulable"] == true;
    set_taint(node, "node.kubernetes.io/not-ready", "NoSchedule", ready == "False");
    set_taint(node, "node.kubernetes.io/not-ready", "NoExecute", ready == "False");
    set_taint(node, "node.kubernetes.io/unreachable", "NoSchedule", ready == "Unknown");
    set_taint(node, "node.kubernetes.io/unreachable", "NoExecute", ready == "Unknown");
    set_taint(node, "node.kubernetes.io/unschedulable", "NoSchedule", cordoned);
}

fn set_taint(node: &mut Value, key: &str, effect: &str, wanted: bool) {
    let mut taints = node["spec"]["taints"].as_array().cloned().unwrap_or_default();
    let is_it = |taint: &Value| taint["key"] == key && taint["effect"] == effect;
    let present = taints.iter().any(is_it);
    if wanted && !present {
        taints.push(json!({"key": key, "effect": effect}));
    } else if !wanted && present {
        taints.retain(|taint| !is_it(taint));
    }
    match (taints.is_empty(), node["spec"].as_object_mut()) {
        (true, Some(spec)) => {
            spec.remove("taints");
        }
        _ => node["spec"]["taints"] = Value::Array(taints),
    }
}

/// The budget's arithmetic for pods whose number is taken from the pods themselves; percentages of
/// a controller's scale are not modelled.
fn count_pods(budget: &mut Value, pods: &[Value]) {
    let selector = budget["spec"]["selector"].clone();
    let guarded = |pod: &&Value| {
        text(pod, "namespace") == text(budget, "namespace")
            && !selector.is_null()
            && label_selector_matches(&selector, &pod["metadata"]["labels"])
            && !matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed"))
    };
    let guarded: Vec<_> = pods.iter().filter(guarded).collect();
    let expected = count(guarded.len());
    let healthy = |pod: &&&Value| {
        let conditions = pod["status"]["conditions"].as_array();
        let ready = |condition: &Value| condition["type"] == "Ready" && condition["status"] == "True";
        pod["metadata"]["deletionTimestamp"].is_null() && conditions.into_iter().flatten().any(ready)
    };
    let current = count(guarded.iter().filter(healthy).count());
    let desired = match (&budget["spec"]["minAvailable"], &budget["spec"]["maxUnavailable"]) {
        (Value::Null, Value::Null) => expected,
        (Value::Null, unavailable) => (expected - amount(unavailable, expected)).max(0),
        (available, _) => amount(available, expected),
    };
    budget["status"]["expectedPods"] = json!(expected);
    budget["status"]["currentHealthy"] = json!(current);
    budget["status"]["desiredHealthy"] = json!(desired);
    budget["status"]["disruptionsAllowed"] = json!(if expected > 0 { (current - desired).max(0) } else { 0 });
    budget["status"]["observedGeneration"] = budget["metadata"]["generation"].clone();
    if let Some(status) = budget["status"].as_object_mut() {
        status.remove("disruptedPods");
    }
}

fn count(number: usize) -> i64 {
    i64::try_from(number).expect("a test's pods can be counted")
}

/// A number or a percentage, rounded up.
fn amount(value: &Value, of: i64) -> i64 {
    let percentage = value.as_str().and_then(|text| text.strip_suffix('%')).and_then(|text| text.parse::<i64>().ok());
    match percentage {
        Some(percentage) => (of * percentage + 99) / 100,
        None => value.as_i64().unwrap_or_default(),
    }
}
