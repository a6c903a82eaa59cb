//! `pods/NAME/binding`: the scheduler's last word, which asks neither taints nor the cordon.

use serde_json::{Value, json};

use super::answer::{Answer, Outcome, Refusal};
use super::defaults;
use super::request::{Request, Target};
use super::store::Store;
use super::writing::current;

pub(super) fn bind(store: &mut Store, request: &Request, target: &Target) -> Outcome {
    let binding = request.json()?;
    let node = binding["target"]["name"].as_str().unwrap_or_default();
    if node.is_empty() {
        return Err(Refusal::new(500, "", "target.name: Required value"));
    }
    let mut pod = current(store, target)?;
    let wanted_uid = &binding["metadata"]["uid"];
    let conflict = |why: String| Err(Refusal::not_bound(&target.name, &why));
    if !wanted_uid.is_null() && *wanted_uid != pod["metadata"]["uid"] {
        return conflict("Precondition failed: UID in precondition does not match".to_owned());
    }
    if !pod["metadata"]["deletionTimestamp"].is_null() {
        return conflict(format!("pod {} is being deleted, cannot be assigned to a host", target.name));
    }
    if let Some(taken) = pod["spec"]["nodeName"].as_str() {
        return conflict(format!("pod {} is already assigned to node {taken:?}", target.name));
    }
    assign(&mut pod, node);
    if !request.dry_run() {
        store.put(target.resource, pod);
    }
    let success = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201});
    Ok(Answer::json(201, &success))
}

/// Gives a pod to a node.
pub(super) fn assign(pod: &mut Value, node: &str) {
    pod["spec"]["nodeName"] = json!(node);
    let scheduled =
        json!({"type": "PodScheduled", "status": "True", "lastTransitionTime": defaults::now(), "lastProbeTime": null});
    let mut conditions = pod["status"]["conditions"].as_array().cloned().unwrap_or_default();
    conditions.retain(|condition| condition["type"] != "PodScheduled");
    conditions.push(scheduled);
    pod["status"]["conditions"] = Value::Array(conditions);
}
