//! Nodes, storage and classes of a snapshot as manifests that an API server accepts.

use ec2_autoscale::snapshot::{
    AccessMode, Claim, ClaimPhase, Labels, Node, Resources, StorageCapacity, StorageClass, Taint, TaintEffect, Volume,
};
use serde_json::{Value, json};

use super::pod_manifest::{node_selector, selector};

const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";
const NOT_READY: &str = "node.kubernetes.io/not-ready";

/// Returns a node as it stands. The taints that the node controllers add are there although none
/// of them runs.
pub(super) fn node(node: &Node) -> Value {
    let mut taints = node.taints.clone();
    for (key, is_so) in [(UNSCHEDULABLE, node.unschedulable), (NOT_READY, !node.is_ready())] {
        if is_so && !taints.iter().any(|taint| taint.key == key) {
            taints.push(Taint { key: key.to_owned(), value: String::new(), effect: TaintEffect::NoSchedule });
        }
    }
    let mut body = ready_node(&node.name, &node.labels, &node.allocatable, &taints);
    body["spec"]["unschedulable"] = json!(node.unschedulable);
    body["status"]["conditions"][0]["status"] = json!(if node.is_ready() { "True" } else { "Unknown" });
    body
}

/// Returns a Ready node.
pub(super) fn ready_node(name: &str, labels: &Labels, allocatable: &Resources, taints: &[Taint]) -> Value {
    json!({
        "metadata": { "name": name, "labels": labels },
        "spec": { "taints": taints },
        "status": {
            "allocatable": allocatable,
            "capacity": allocatable,
            "conditions": [{ "type": "Ready", "status": "True", "lastTransitionTime": "2026-11-22T10:00:00Z" }],
        },
    })
}

/// Returns what a node takes of each driver's volumes.
pub(super) fn csi_node<'a>(name: &str, limits: impl IntoIterator<Item = (&'a String, &'a i32)>) -> Value {
    let driver =
        |(driver, count): (&String, &i32)| json!({ "name": driver, "nodeID": name, "allocatable": { "count": count } });
    let drivers: Value = limits.into_iter().map(driver).collect();
    json!({ "metadata": { "name": name }, "spec": { "drivers": drivers } })
}

/// Returns a claim, without what the volume controllers would write.
pub(super) fn claim(claim: &Claim) -> Value {
    let annotations = claim.selected_node.as_ref().map(|node| json!({ "volume.kubernetes.io/selected-node": node }));
    let mut spec = json!({
        "accessModes": modes(&claim.access_modes),
        "resources": { "requests": { "storage": bytes(claim.requested) } },
        "selector": claim.selector.as_ref().map(selector),
        "volumeMode": mode(claim.block),
    });
    // A claim without a class gets the default one; one that is bound has none.
    if claim.storage_class.is_some() || claim.phase != ClaimPhase::Pending {
        spec["storageClassName"] = json!(claim.storage_class.as_deref().unwrap_or_default());
    }
    json!({ "metadata": { "name": claim.name, "namespace": claim.namespace, "annotations": annotations }, "spec": spec })
}

/// Returns a volume, without the claim that it is bound to.
pub(super) fn volume(volume: &Volume) -> Value {
    let mut spec = json!({
        "capacity": { "storage": bytes(volume.capacity) },
        "accessModes": modes(&volume.access_modes),
        "storageClassName": volume.storage_class.as_deref().unwrap_or_default(),
        "volumeMode": mode(volume.block),
    });
    match &volume.driver {
        Some(driver) => {
            let handle = volume.handle.as_ref().unwrap_or(&volume.name);
            spec["csi"] = json!({ "driver": driver, "volumeHandle": handle });
        }
        None => spec["hostPath"] = json!({ "path": "/x" }),
    }
    if let Some(terms) = &volume.node_affinity {
        spec["nodeAffinity"] = json!({ "required": node_selector(terms) });
    }
    json!({ "metadata": { "name": volume.name, "labels": volume.labels }, "spec": spec })
}

/// Returns a StorageClass.
pub(super) fn storage_class(class: &StorageClass) -> Value {
    let is_default = class.is_default.to_string();
    let topology = |terms: &Vec<_>| json!({ "matchLabelExpressions": terms });
    json!({
        "metadata": { "name": class.name, "annotations": { "storageclass.kubernetes.io/is-default-class": is_default } },
        "provisioner": class.provisioner,
        "volumeBindingMode": format!("{:?}", class.binding_mode),
        "allowedTopologies": class.allowed_topologies.iter().map(topology).collect::<Value>(),
    })
}

/// Returns what a driver reports of its storage.
pub(super) fn storage_capacity(number: usize, capacity: &StorageCapacity) -> Value {
    json!({
        "metadata": { "name": format!("capacity-{number}"), "namespace": "default" },
        "storageClassName": capacity.storage_class,
        "nodeTopology": capacity.nodes.as_ref().map(selector),
        "capacity": capacity.capacity.map(bytes),
        "maximumVolumeSize": capacity.largest_volume.map(bytes),
    })
}

fn modes(modes: &[AccessMode]) -> Value {
    if modes.is_empty() {
        return json!(["ReadWriteOnce"]);
    }
    modes.iter().map(|mode| json!(format!("{mode:?}"))).collect()
}

fn mode(block: bool) -> &'static str {
    if block { "Block" } else { "Filesystem" }
}

/// Returns a size; older snapshots do not have it.
fn bytes(bytes: i64) -> String {
    if bytes == 0 { "1Gi".to_owned() } else { bytes.to_string() }
}
