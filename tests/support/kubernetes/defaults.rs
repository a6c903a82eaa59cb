//! What the API server fills in: the few defaults a scaler can notice.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::resources::Resource;

/// A time as objects carry it: whole seconds, UTC.
pub(super) fn now() -> String {
    time(Timestamp::now())
}

pub(super) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The state a newly created object starts in, whatever its creator wrote.
pub(super) fn start(resource: &Resource, object: &mut Value) {
    match resource.plural {
        "pods" => {
            let class = quality_of_service(&object["spec"]);
            object["status"] = json!({"phase": "Pending", "qosClass": class});
            tolerate_lost_nodes(&mut object["spec"]);
        }
        "nodes" => taint_until_ready(object),
        "namespaces" => object["status"] = json!({"phase": "Active"}),
        "persistentvolumeclaims" | "persistentvolumes" => object["status"] = json!({"phase": "Pending"}),
        "poddisruptionbudgets" => {
            object["status"] = json!({"currentHealthy": 0, "desiredHealthy": 0, "disruptionsAllowed": 0, "expectedPods": 0});
        }
        "daemonsets" => {
            object["status"] = json!({
                "currentNumberScheduled": 0, "desiredNumberScheduled": 0, "numberMisscheduled": 0, "numberReady": 0,
            });
        }
        _ if resource.has_status => object["status"] = json!({}),
        _ => {}
    }
    if resource.has_generation {
        object["metadata"]["generation"] = json!(1);
    }
}

/// Every new node is taken to be unready; the controller-manager takes the taint off.
fn taint_until_ready(node: &mut Value) {
    const NOT_READY: &str = "node.kubernetes.io/not-ready";
    let taints = node["spec"].as_object_mut().map(|spec| spec.entry("taints").or_insert_with(|| json!([])));
    if let Some(Value::Array(taints)) = taints
        && !taints.iter().any(|taint| taint["key"] == NOT_READY && taint["effect"] == "NoSchedule")
    {
        taints.push(json!({"key": NOT_READY, "effect": "NoSchedule"}));
    }
}

fn tolerate_lost_nodes(spec: &mut Value) {
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let tolerations = spec.as_object_mut().map(|spec| spec.entry("tolerations").or_insert_with(|| json!([])));
        let Some(Value::Array(tolerations)) = tolerations else { return };
        let covered = |toleration: &Value| {
            let same_key = toleration["key"] == key || toleration["key"].as_str().is_none_or(str::is_empty);
            same_key && (toleration["effect"] == "NoExecute" || toleration["effect"].as_str().is_none_or(str::is_empty))
        };
        if !tolerations.iter().any(covered) {
            tolerations.push(json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}));
        }
    }
}

/// Brings an object into the form in which it is stored, on every write.
pub(super) fn normalise(resource: &Resource, object: &mut Value) {
    if let Some(metadata) = object["metadata"].as_object_mut() {
        drop_empty(metadata, &["labels", "annotations", "finalizers", "ownerReferences"]);
    }
    if (resource.has_status || resource.plural == "leases") && !object["spec"].is_object() {
        object["spec"] = json!({});
    }
    if resource.has_status && !object["status"].is_object() {
        object["status"] = json!({});
    }
    match (resource.plural, object["spec"].as_object_mut()) {
        ("nodes", Some(spec)) => {
            // The Go type leaves a false out.
            if spec.get("unschedulable") == Some(&Value::Bool(false)) {
                spec.remove("unschedulable");
            }
            drop_empty(spec, &["taints", "podCIDRs", "podCIDR", "providerID"]);
        }
        ("pods", Some(spec)) => {
            drop_empty(spec, &["nodeName", "nodeSelector", "tolerations", "schedulingGates"]);
            default_pod(spec);
        }
        ("namespaces", Some(spec)) => {
            spec.entry("finalizers").or_insert_with(|| json!(["kubernetes"]));
            let name = object["metadata"]["name"].clone();
            object["metadata"]["labels"]["kubernetes.io/metadata.name"] = name;
        }
        _ => {}
    }
    drop_nulls(object);
}

fn default_pod(spec: &mut Map<String, Value>) {
    let defaults = [
        ("restartPolicy", json!("Always")),
        ("dnsPolicy", json!("ClusterFirst")),
        ("schedulerName", json!("default-scheduler")),
        ("terminationGracePeriodSeconds", json!(30)),
        ("priority", json!(0)),
        ("preemptionPolicy", json!("PreemptLowerPriority")),
    ];
    for (field, value) in defaults {
        spec.entry(field).or_insert(value);
    }
    for list in ["containers", "initContainers"] {
        let containers = spec.get_mut(list).and_then(Value::as_array_mut);
        containers.into_iter().flatten().for_each(request_what_is_limited);
    }
}

/// A limit without a request is a request of the same size.
fn request_what_is_limited(container: &mut Value) {
    let Some(limits) = container.pointer("/resources/limits").and_then(Value::as_object).cloned() else { return };
    let Some(resources) = container["resources"].as_object_mut() else { return };
    let requests = resources.entry("requests").or_insert_with(|| json!({}));
    for (name, amount) in limits {
        if requests.get(&name).is_none() {
            requests[name] = amount;
        }
    }
}

fn quality_of_service(spec: &Value) -> &'static str {
    let containers = spec["containers"].as_array().map_or(&[][..], Vec::as_slice);
    let amounts = |container: &Value, which: &str| {
        let amounts = container.pointer(&format!("/resources/{which}")).cloned().unwrap_or_default();
        ["cpu", "memory"].map(|name| amounts[name].clone())
    };
    let set = |container: &Value, which: &str| amounts(container, which).iter().any(|amount| !amount.is_null());
    if !containers.iter().any(|container| set(container, "requests") || set(container, "limits")) {
        return "BestEffort";
    }
    let guaranteed = |container: &Value| {
        let limits = amounts(container, "limits");
        limits.iter().all(|limit| !limit.is_null()) && limits == amounts(container, "requests")
    };
    if containers.iter().all(guaranteed) { "Guaranteed" } else { "Burstable" }
}

fn drop_empty(fields: &mut Map<String, Value>, names: &[&str]) {
    fields.retain(|name, value| {
        let empty = match value {
            Value::Null => true,
            Value::Object(inner) => inner.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::String(text) => text.is_empty(),
            _ => false,
        };
        !(empty && names.contains(&name.as_str()))
    });
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, inner| !inner.is_null());
            fields.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}
