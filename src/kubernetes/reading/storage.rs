//! Claims, volumes, storage classes, and the volume limits of nodes.

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::storage::v1 as storage;

use super::selectors::{label_selector, node_selector_terms};
use crate::kubernetes::conversion::{ConversionError, ConversionProblem, annotation, labels, required, resources};
use crate::snapshot::{
    AccessMode, BindingMode, Claim, ClaimPhase, CsiNode, Labels, ObjectName, StorageClass, TopologyRequirement, Volume,
};
use crate::well_known::drivers;
use crate::well_known::labels::PLACES_OF_A_VOLUME;

/// The annotation in which the scheduler names the node for which a claim's volume is made.
pub(crate) const SELECTED_NODE: &str = "volume.kubernetes.io/selected-node";

/// The annotation that named a class before there was a field for it; it still outweighs the field.
const OLD_CLASS: &str = "volume.beta.kubernetes.io/storage-class";

/// The annotations that make a class the default one, now and formerly.
const DEFAULT_CLASS: [&str; 2] =
    ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];

/// The resource that a claim requests and a volume has.
const STORAGE: &str = "storage";

/// Reads one claim.
pub(crate) fn read_claim(claim: &core::PersistentVolumeClaim) -> Result<Claim, ConversionError> {
    convert_claim(claim).map_err(|problem| problem.in_object("PersistentVolumeClaim", &claim.metadata))
}

fn convert_claim(claim: &core::PersistentVolumeClaim) -> Result<Claim, ConversionProblem> {
    let metadata = &claim.metadata;
    let spec = claim.spec.as_ref();
    let asked = spec.and_then(|spec| spec.resources.as_ref()?.requests.as_ref());
    let class = spec.and_then(|spec| spec.storage_class_name.as_deref());
    Ok(Claim {
        namespace: required(metadata.namespace.as_ref(), "namespace")?,
        name: required(metadata.name.as_ref(), "name")?,
        phase: claim_phase(claim.status.as_ref().and_then(|status| status.phase.as_deref()))?,
        deleting: metadata.deletion_timestamp.is_some(),
        volume: spec.and_then(|spec| spec.volume_name.clone()).filter(|volume| !volume.is_empty()),
        // An empty name stays: it means no class, while an absent one means the default class.
        storage_class: annotation(metadata, OLD_CLASS).or(class).map(str::to_owned),
        access_modes: access_modes(spec.and_then(|spec| spec.access_modes.as_ref()))?,
        requested: resources(asked)?.get(STORAGE),
        selector: label_selector(spec.and_then(|spec| spec.selector.as_ref()))?,
        block: is_block(spec.and_then(|spec| spec.volume_mode.as_deref()))?,
        attributes_class: class_name(spec.and_then(|spec| spec.volume_attributes_class_name.as_ref())),
        selected_node: annotation(metadata, SELECTED_NODE).filter(|node| !node.is_empty()).map(str::to_owned),
    })
}

fn claim_phase(phase: Option<&str>) -> Result<ClaimPhase, ConversionProblem> {
    match phase {
        None | Some("" | "Pending") => Ok(ClaimPhase::Pending),
        Some("Bound") => Ok(ClaimPhase::Bound),
        Some("Lost") => Ok(ClaimPhase::Lost),
        Some(other) => Err(ConversionProblem::unknown("status.phase", other)),
    }
}

fn access_modes(modes: Option<&Vec<String>>) -> Result<Vec<AccessMode>, ConversionProblem> {
    let read = |mode: &String| match mode.as_str() {
        "ReadWriteOnce" => Ok(AccessMode::ReadWriteOnce),
        "ReadOnlyMany" => Ok(AccessMode::ReadOnlyMany),
        "ReadWriteMany" => Ok(AccessMode::ReadWriteMany),
        "ReadWriteOncePod" => Ok(AccessMode::ReadWriteOncePod),
        other => Err(ConversionProblem::unknown("access mode", other)),
    };
    modes.into_iter().flatten().map(read).collect()
}

fn is_block(mode: Option<&str>) -> Result<bool, ConversionProblem> {
    match mode {
        None | Some("Filesystem") => Ok(false),
        Some("Block") => Ok(true),
        Some(other) => Err(ConversionProblem::unknown("volumeMode", other)),
    }
}

/// Returns the name of a VolumeAttributesClass. An empty name means none.
fn class_name(name: Option<&String>) -> Option<String> {
    name.filter(|name| !name.is_empty()).cloned()
}

/// Reads one volume.
pub(crate) fn read_volume(volume: &core::PersistentVolume) -> Result<Volume, ConversionError> {
    convert_volume(volume).map_err(|problem| problem.in_object("PersistentVolume", &volume.metadata))
}

fn convert_volume(volume: &core::PersistentVolume) -> Result<Volume, ConversionProblem> {
    let metadata = &volume.metadata;
    let spec = volume.spec.as_ref().ok_or(ConversionProblem::Missing("spec"))?;
    let required_nodes = spec.node_affinity.as_ref().and_then(|affinity| affinity.required.as_ref());
    let phase = volume.status.as_ref().and_then(|status| status.phase.as_deref());
    let available = phase == Some("Available") && metadata.deletion_timestamp.is_none();
    let (driver, handle) = driver_and_handle(spec).unzip();
    Ok(Volume {
        name: required(metadata.name.as_ref(), "name")?,
        available,
        claim: spec.claim_ref.as_ref().map(claim_of),
        capacity: resources(spec.capacity.as_ref())?.get(STORAGE),
        access_modes: access_modes(spec.access_modes.as_ref())?,
        block: is_block(spec.volume_mode.as_deref())?,
        attributes_class: class_name(spec.volume_attributes_class_name.as_ref()),
        storage_class: annotation(metadata, OLD_CLASS).or(spec.storage_class_name.as_deref()).map(str::to_owned),
        node_affinity: required_nodes.map(node_selector_terms).transpose()?,
        labels: if available { labels(metadata) } else { place_labels(labels(metadata)) },
        driver,
        handle,
    })
}

/// Returns the claim of a volume. Its UID is not compared: a volume of a claim that is gone is not
/// available.
fn claim_of(reference: &core::ObjectReference) -> ObjectName {
    let text = |field: &Option<String>| field.clone().unwrap_or_default();
    ObjectName::new(text(&reference.namespace), text(&reference.name))
}

fn place_labels(mut labels: Labels) -> Labels {
    labels.retain(|key, _| PLACES_OF_A_VOLUME.contains(&key.as_str()));
    labels
}

/// Returns the driver of the volume, and its id there. In-tree EBS volumes are served by the CSI
/// driver since 1.25; their id may carry the zone (`aws://us-west-2a/vol-0abc`).
fn driver_and_handle(spec: &core::PersistentVolumeSpec) -> Option<(String, String)> {
    if let Some(csi) = &spec.csi {
        return Some((csi.driver.clone(), csi.volume_handle.clone()));
    }
    let id = &spec.aws_elastic_block_store.as_ref()?.volume_id;
    let id = id.rsplit_once('/').map_or(id.as_str(), |(_, id)| id);
    Some((drivers::EBS.to_owned(), id.to_owned()))
}

/// Reads one storage class.
pub(crate) fn read_storage_class(class: &storage::StorageClass) -> Result<StorageClass, ConversionError> {
    convert_class(class).map_err(|problem| problem.in_object("StorageClass", &class.metadata))
}

fn convert_class(class: &storage::StorageClass) -> Result<StorageClass, ConversionProblem> {
    let binding_mode = match class.volume_binding_mode.as_deref() {
        None | Some("Immediate") => BindingMode::Immediate,
        Some("WaitForFirstConsumer") => BindingMode::WaitForFirstConsumer,
        Some(other) => return Err(ConversionProblem::unknown("volumeBindingMode", other)),
    };
    Ok(StorageClass {
        name: required(class.metadata.name.as_ref(), "name")?,
        provisioner: class.provisioner.clone(),
        binding_mode,
        allowed_topologies: class.allowed_topologies.iter().flatten().map(topology_term).collect(),
        is_default: DEFAULT_CLASS.iter().any(|key| annotation(&class.metadata, key) == Some("true")),
    })
}

fn topology_term(term: &core::TopologySelectorTerm) -> Vec<TopologyRequirement> {
    let requirements = term.match_label_expressions.iter().flatten();
    requirements.map(|one| TopologyRequirement { key: one.key.clone(), values: one.values.clone() }).collect()
}

/// Reads the volume limits of one node.
pub(crate) fn read_csi_node(node: &storage::CSINode) -> Result<CsiNode, ConversionError> {
    let name = required(node.metadata.name.as_ref(), "name").map_err(|problem| problem.in_object("CSINode", &node.metadata))?;
    let limit = |driver: &storage::CSINodeDriver| Some((driver.name.clone(), driver.allocatable.as_ref()?.count?));
    Ok(CsiNode { name, limits: node.spec.drivers.iter().filter_map(limit).collect() })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn claim(manifest: Value) -> Claim {
        read_claim(&serde_json::from_value(manifest).expect("a manifest")).expect("understood")
    }

    #[test]
    fn a_claim_that_waits_for_its_first_consumer() {
        let claim = claim(json!({
            "metadata": { "namespace": "a", "name": "data",
                "annotations": { "volume.kubernetes.io/selected-node": "node-1", "other": "x" } },
            "spec": { "accessModes": ["ReadWriteOncePod"], "storageClassName": "gp3", "volumeMode": "Block",
                "resources": { "requests": { "storage": "1.5Gi" } }, "selector": { "matchLabels": { "disk": "fast" } },
                "volumeAttributesClassName": "silver" },
            "status": { "phase": "Pending" }
        }));
        assert_eq!((claim.phase, claim.is_one_pod_only(), claim.deleting), (ClaimPhase::Pending, true, false));
        assert_eq!((claim.requested, claim.block, claim.attributes_class.as_deref()), (3 << 29, true, Some("silver")));
        assert_eq!(claim.selector.map(|selector| selector.match_labels.len()), Some(1));
        assert_eq!(claim.selected_node.as_deref(), Some("node-1"));
        assert_eq!((claim.storage_class.as_deref(), claim.volume), (Some("gp3"), None));
    }

    #[test]
    fn the_class_of_a_claim() {
        for (name, annotations, class, expected) in [
            ("absent: the default class", json!({}), Value::Null, None),
            ("empty: no class", json!({}), json!(""), Some("")),
            ("the old annotation wins", json!({ "volume.beta.kubernetes.io/storage-class": "old" }), json!("new"), Some("old")),
        ] {
            let metadata = json!({ "namespace": "a", "name": "b", "annotations": annotations });
            let claim = claim(json!({ "metadata": metadata, "spec": { "storageClassName": class } }));
            assert_eq!(claim.storage_class.as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn claims_that_ask_for_little() {
        let plain = claim(json!({ "metadata": { "namespace": "a", "name": "b" }, "spec": {
            "accessModes": ["ReadWriteOnce", "ReadOnlyMany"], "volumeMode": "Filesystem", "volumeAttributesClassName": "" } }));
        assert_eq!(plain.access_modes, [AccessMode::ReadWriteOnce, AccessMode::ReadOnlyMany]);
        assert_eq!((plain.is_one_pod_only(), plain.requested, plain.block), (false, 0, false));
        assert_eq!((plain.selector, plain.attributes_class), (None, None));
    }

    #[test]
    fn a_mode_that_is_not_known_is_an_error() {
        let manifest = json!({ "metadata": { "namespace": "a", "name": "b" }, "spec": { "accessModes": ["ReadNever"] } });
        let error = read_claim(&serde_json::from_value(manifest).expect("a manifest")).expect_err("an unknown mode");
        assert!(error.to_string().contains("ReadNever"), "{error}");
    }

    #[test]
    fn claims_of_older_snapshots_are_read() {
        for (written, modes) in [
            (json!({ "one_pod_only": true }), vec![AccessMode::ReadWriteOncePod]),
            (json!({ "one_pod_only": false }), vec![]),
            (json!({}), vec![]),
            (json!({ "access_modes": ["read-write-many"] }), vec![AccessMode::ReadWriteMany]),
        ] {
            let mut text = json!({ "namespace": "a", "name": "b", "phase": "bound" });
            text.as_object_mut().expect("an object").extend(written.as_object().expect("an object").clone());
            let claim: Claim = serde_json::from_value(text).expect("understood");
            assert_eq!(claim.access_modes, modes, "{written}");
        }
    }

    fn volume_in(phase: &str, metadata: Value, spec: &Value) -> Volume {
        let mut manifest = json!({
            "metadata": { "name": "pv", "labels": { "topology.kubernetes.io/zone": "us-west-2a", "team": "x" } },
            "spec": spec, "status": { "phase": phase } });
        if let Value::Object(fields) = metadata {
            manifest["metadata"].as_object_mut().expect("an object").extend(fields);
        }
        read_volume(&serde_json::from_value(manifest).expect("a manifest")).expect("understood")
    }

    fn volume(spec: &Value) -> Volume {
        volume_in("Available", Value::Null, spec)
    }

    #[test]
    fn what_a_claim_compares_with_a_volume() {
        let plain =
            volume(&json!({ "capacity": { "storage": "10Gi" }, "accessModes": ["ReadWriteOnce"], "volumeMode": "Block",
            "volumeAttributesClassName": "gold", "storageClassName": "" }));
        assert_eq!((plain.capacity, plain.block, plain.access_modes), (10 << 30, true, vec![AccessMode::ReadWriteOnce]));
        assert_eq!((plain.attributes_class.as_deref(), plain.storage_class.as_deref()), (Some("gold"), Some("")));
        let old = json!({ "annotations": { "volume.beta.kubernetes.io/storage-class": "old" } });
        let old = volume_in("Available", old, &json!({ "storageClassName": "new" }));
        assert_eq!(old.storage_class.as_deref(), Some("old"));
    }

    #[test]
    fn who_may_take_a_volume() {
        let deleting = json!({ "deletionTimestamp": "2026-11-22T10:00:00Z" });
        let kept = json!({ "claimRef": { "namespace": "a", "name": "data" } });
        let data = ObjectName { namespace: "a".into(), name: "data".into() };
        for (phase, metadata, spec, available, claim, labels) in [
            ("Available", Value::Null, json!({}), true, None, 2),
            ("Available", deleting, json!({}), false, None, 1),
            ("Available", Value::Null, kept.clone(), true, Some(data.clone()), 2),
            ("Bound", Value::Null, kept.clone(), false, Some(data.clone()), 1),
            ("Released", Value::Null, kept, false, Some(data), 1),
        ] {
            let read = volume_in(phase, metadata, &spec);
            assert_eq!((read.available, read.claim, read.labels.len()), (available, claim, labels), "{phase} {spec}");
        }
    }

    #[test]
    fn volumes_say_where_they_are_and_who_serves_them() {
        let csi = volume(&json!({
            "csi": { "driver": "ebs.csi.aws.com", "volumeHandle": "vol-0abc" }, "storageClassName": "gp3",
            "nodeAffinity": { "required": { "nodeSelectorTerms": [{ "matchExpressions": [
                { "key": "topology.ebs.csi.aws.com/zone", "operator": "In", "values": ["us-west-2a"] }] }] } }
        }));
        assert_eq!((csi.driver.as_deref(), csi.handle.as_deref()), (Some("ebs.csi.aws.com"), Some("vol-0abc")));
        assert_eq!(
            csi.node_affinity.map(|terms| terms[0].match_expressions[0].values.clone()),
            Some(vec!["us-west-2a".into()])
        );
        assert!(csi.available);
        let in_tree = volume(&json!({ "awsElasticBlockStore": { "volumeID": "aws://us-west-2a/vol-0def" } }));
        assert_eq!((in_tree.driver.as_deref(), in_tree.handle.as_deref()), (Some("ebs.csi.aws.com"), Some("vol-0def")));
        let shared = volume(&json!({ "nfs": { "server": "s", "path": "/" } }));
        assert_eq!((shared.driver, shared.handle, shared.node_affinity), (None, None, None));
    }

    #[test]
    fn storage_classes() {
        let read = |manifest: Value| read_storage_class(&serde_json::from_value(manifest).expect("a manifest"));
        let plain = read(json!({ "metadata": { "name": "gp2" }, "provisioner": "ebs.csi.aws.com" })).expect("understood");
        assert_eq!((plain.binding_mode, plain.is_default), (BindingMode::Immediate, false));
        let zonal = read(json!({
            "metadata": { "name": "gp3", "annotations": { "storageclass.kubernetes.io/is-default-class": "true" } },
            "provisioner": "ebs.csi.aws.com", "volumeBindingMode": "WaitForFirstConsumer",
            "allowedTopologies": [{ "matchLabelExpressions": [{ "key": "zone", "values": ["a", "b"] }] }]
        }))
        .expect("understood");
        assert_eq!((zonal.binding_mode, zonal.is_default), (BindingMode::WaitForFirstConsumer, true));
        assert_eq!(
            zonal.allowed_topologies,
            [[TopologyRequirement { key: "zone".into(), values: vec!["a".into(), "b".into()] }]]
        );
    }

    #[test]
    fn a_driver_without_a_limit_has_none() {
        let node = serde_json::from_value(json!({ "metadata": { "name": "n" }, "spec": { "drivers": [
            { "name": "ebs.csi.aws.com", "nodeID": "i-0", "allocatable": { "count": 25 } },
            { "name": "efs.csi.aws.com", "nodeID": "i-0" }] } }));
        let read = read_csi_node(&node.expect("a manifest")).expect("understood");
        assert_eq!(read.limits, [("ebs.csi.aws.com".to_owned(), 25)].into_iter().collect());
    }
}
