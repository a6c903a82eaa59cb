//! The devices of a trace: what its manifests and classes claim, and which of a recorded cluster
//! are there at the beginning.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::resource::v1::ResourceClaimSpec;

use super::error::TraceLineProblem;
use crate::gather::manifests::Manifests;
use crate::kubernetes::reading::device_needs::read_device_needs;
use crate::snapshot::{DeviceReach, Group, Pod, ResourceClaimTemplate, ResourceSlice, Snapshot};
use crate::trace::TraceDevices;

/// Adds what the manifests of a line state of devices.
pub(super) fn add_of_manifests(devices: &mut TraceDevices, read: &mut Manifests) {
    devices.classes.append(&mut read.device_classes);
    devices.claims.append(&mut read.resource_claims);
    let templates = std::mem::take(&mut read.claim_templates).into_iter();
    devices.templates.extend(templates.map(|(id, needs)| ResourceClaimTemplate {
        namespace: id.namespace.to_string(),
        name: id.name.to_string(),
        needs,
    }));
}

/// Adds the templates that a class states to those of a trace. They are named after the class,
/// since another may have one of the same name.
pub(super) fn add_of_class(
    devices: &mut TraceDevices,
    class: &str,
    claims: &BTreeMap<String, ResourceClaimSpec>,
    pod: &mut Pod,
) -> Result<(), TraceLineProblem> {
    for entry in &mut pod.resource_claims {
        let Some((name, spec)) = entry.template.as_ref().and_then(|name| claims.get_key_value(name)) else { continue };
        let needs = spec.devices.as_ref().map(read_device_needs).transpose();
        let needs = needs.map_err(|problem| TraceLineProblem::Field(format!("claims.{name}: {problem}")))?.unwrap_or_default();
        let template = ResourceClaimTemplate { namespace: pod.namespace.to_string(), name: format!("{class}.{name}"), needs };
        entry.template = Some(template.name.clone());
        if !devices.templates.contains(&template) {
            devices.templates.push(template);
        }
    }
    Ok(())
}

/// Leaves the devices and claims of what stays in the cluster at the beginning, and keeps in mind
/// what the nodes of each group had.
pub(super) fn leave_what_stays(snapshot: &Snapshot, begin: &mut Snapshot) {
    let staying: BTreeSet<&str> = begin.pods.iter().map(|pod| pod.uid.as_str()).collect();
    let unfinished = snapshot.pods.iter().filter(|pod| !staying.contains(pod.uid.as_str()));
    let unfinished = unfinished.flat_map(|pod| pod.resource_claims.iter().map(move |entry| (&pod.namespace, entry)));
    let finished = snapshot.finished_pods.iter();
    let finished = finished.flat_map(|pod| pod.resource_claims.iter().map(move |entry| (&pod.namespace, entry)));
    let own = unfinished.chain(finished).filter(|(_, entry)| entry.template.is_some());
    let own: BTreeSet<(&str, &str)> =
        own.filter_map(|(namespace, entry)| Some((namespace.as_str(), entry.claim.as_deref()?))).collect();
    begin.resource_claims.retain(|claim| !own.contains(&(claim.namespace.as_str(), claim.name.as_str())));
    for claim in &mut begin.resource_claims {
        claim.reserved_for.retain(|uid| staying.contains(uid.as_str()));
        if claim.reserved_for.is_empty() {
            claim.allocation = None;
        }
    }
    for group in begin.groups.iter_mut().filter(|group| group.tags.devices.is_empty()) {
        group.tags.devices = of_a_node(snapshot, group);
    }
    let nodes = &begin.nodes;
    let is_there = |slice: &ResourceSlice| match &slice.reach {
        DeviceReach::Node(name) => nodes.iter().any(|node| node.name == *name),
        DeviceReach::Nodes(_) | DeviceReach::AllNodes | DeviceReach::EachItsOwn => true,
    };
    if let Some(slices) = &mut begin.resource_slices {
        slices.retain(is_there);
    }
}

/// Returns the slices of a node of a group, as a tag would state them.
fn of_a_node(snapshot: &Snapshot, group: &Group) -> Vec<ResourceSlice> {
    let is_its = |id: &str| group.instances.iter().any(|instance| instance.id == id);
    let nodes = snapshot.nodes.iter().filter(|node| node.instance_id().is_some_and(is_its));
    let of_node = |name: &str| -> Vec<ResourceSlice> {
        let is_of = |slice: &&ResourceSlice| matches!(&slice.reach, DeviceReach::Node(node) if node == name);
        let slices = snapshot.resource_slices.iter().flatten().filter(is_of);
        let of_any = |slice: &ResourceSlice| ResourceSlice {
            pool: if slice.pool == name { String::new() } else { slice.pool.clone() },
            reach: DeviceReach::Node(String::new()),
            ..slice.clone()
        };
        slices.map(of_any).collect()
    };
    nodes.map(|node| of_node(&node.name)).find(|slices| !slices.is_empty()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::gather::trace::beginning::cluster_at;

    fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
        serde_json::from_value(value).expect("it is understood")
    }

    #[test]
    fn own_claims_of_pods_that_come_again_are_gone_and_the_group_keeps_what_its_nodes_had() {
        let mut snapshot = crate::demo::snapshot();
        let is_of = |group: &Group, node: &crate::snapshot::Node| {
            node.instance_id().is_some_and(|id| group.instances.iter().any(|instance| instance.id == id))
        };
        let node = snapshot.nodes.iter().find(|node| snapshot.groups.iter().any(|group| is_of(group, node)));
        let node = node.expect("a node of a group").clone();
        let place = snapshot.groups.iter().position(|group| is_of(group, &node)).expect("its group");
        snapshot.resource_slices = Some(vec![read(json!({ "name": "gpus", "driver": "d", "pool": node.name, "generation": 1,
            "slices": 1, "reach": { "node": node.name }, "devices": [{ "name": "gpu-0" }] }))]);
        let claim = |name: &str| {
            read(
                json!({ "namespace": "ml", "name": name, "needs": {}, "allocation": { "devices": [] }, "reserved_for": ["u"] }),
            )
        };
        snapshot.resource_claims = vec![claim("own-x7k2p"), claim("shared")];
        let pod = snapshot.pods.iter_mut().find(|pod| pod.node.as_deref() == Some(node.name.as_str()) && !pod.is_daemon());
        let pod = pod.expect("a pod on it");
        (pod.namespace, pod.uid) = ("ml".into(), "u".into());
        pod.resource_claims =
            read(json!([{ "name": "a", "claim": "own-x7k2p", "template": "one" }, { "name": "b", "claim": "shared" }]));
        let begin = cluster_at(&snapshot, snapshot.taken_at);
        let claims: Vec<_> =
            begin.resource_claims.iter().map(|claim| (claim.name.as_str(), claim.allocation.is_some())).collect();
        assert_eq!(claims, [("shared", false)]);
        assert_eq!(begin.resource_slices.as_deref(), Some(&[][..]));
        let [slice] = &begin.groups[place].tags.devices[..] else { panic!("{:?}", begin.groups[place].tags.devices) };
        assert_eq!((slice.pool.as_str(), &slice.reach, slice.devices.len()), ("", &DeviceReach::Node(String::new()), 1));
    }
}
