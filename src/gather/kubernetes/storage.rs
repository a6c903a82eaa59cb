//! Claims, volumes, storage classes, and how many volumes a node takes.

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::storage::v1 as storage;

use super::conversion::{ConversionError, Problem, annotation, labels, required};
use super::selectors::node_selector_terms;
use crate::snapshot::{BindingMode, Claim, ClaimPhase, CsiNode, Labels, StorageClass, TopologyRequirement, Volume};

/// The scheduler notes here for which node a claim's volume is made.
const SELECTED_NODE: &str = "volume.kubernetes.io/selected-node";

/// What named a class before there was a field for it; it still outweighs the field.
const OLD_CLASS: &str = "volume.beta.kubernetes.io/storage-class";

/// What makes a class the default one, now and formerly.
const DEFAULT_CLASS: [&str; 2] =
    ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];

/// The labels of a volume that VolumeZone compares with a node's.
const PLACE_LABELS: [&str; 4] = [
    "topology.kubernetes.io/zone",
    "topology.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region",
];

/// The driver that serves EBS volumes of the old in-tree kind.
const EBS_DRIVER: &str = "ebs.csi.aws.com";

/// Reads one claim.
pub(crate) fn read_claim(claim: &core::PersistentVolumeClaim) -> Result<Claim, ConversionError> {
    convert_claim(claim).map_err(|problem| problem.of("PersistentVolumeClaim", &claim.metadata))
}

fn convert_claim(claim: &core::PersistentVolumeClaim) -> Result<Claim, Problem> {
    let metadata = &claim.metadata;
    let spec = claim.spec.as_ref();
    let mut modes = spec.into_iter().flat_map(|spec| spec.access_modes.iter().flatten());
    let class = spec.and_then(|spec| spec.storage_class_name.as_deref());
    Ok(Claim {
        namespace: required(metadata.namespace.as_ref(), "namespace")?,
        name: required(metadata.name.as_ref(), "name")?,
        phase: claim_phase(claim.status.as_ref().and_then(|status| status.phase.as_deref()))?,
        deleting: metadata.deletion_timestamp.is_some(),
        volume: spec.and_then(|spec| spec.volume_name.clone()).filter(|volume| !volume.is_empty()),
        // An empty name stays: it asks for no class, while an absent one asks for the default.
        storage_class: annotation(metadata, OLD_CLASS).or(class).map(str::to_owned),
        one_pod_only: modes.any(|mode| mode == "ReadWriteOncePod"),
        selected_node: annotation(metadata, SELECTED_NODE).filter(|node| !node.is_empty()).map(str::to_owned),
    })
}

fn claim_phase(phase: Option<&str>) -> Result<ClaimPhase, Problem> {
    match phase {
        None | Some("" | "Pending") => Ok(ClaimPhase::Pending),
        Some("Bound") => Ok(ClaimPhase::Bound),
        Some("Lost") => Ok(ClaimPhase::Lost),
        Some(other) => Err(Problem::unknown("status.phase", other)),
    }
}

/// Reads one volume.
pub(super) fn read_volume(volume: &core::PersistentVolume) -> Result<Volume, ConversionError> {
    convert_volume(volume).map_err(|problem| problem.of("PersistentVolume", &volume.metadata))
}

fn convert_volume(volume: &core::PersistentVolume) -> Result<Volume, Problem> {
    let spec = volume.spec.as_ref().ok_or(Problem::Missing("spec"))?;
    let required_nodes = spec.node_affinity.as_ref().and_then(|affinity| affinity.required.as_ref());
    let phase = volume.status.as_ref().and_then(|status| status.phase.as_deref());
    let (driver, handle) = driver_and_handle(spec).unzip();
    Ok(Volume {
        name: required(volume.metadata.name.as_ref(), "name")?,
        // With a claimRef it waits for that one claim.
        available: phase == Some("Available") && spec.claim_ref.is_none(),
        storage_class: spec.storage_class_name.clone(),
        node_affinity: required_nodes.map(node_selector_terms).transpose()?,
        labels: place_labels(labels(&volume.metadata)),
        driver,
        handle,
    })
}

fn place_labels(mut labels: Labels) -> Labels {
    labels.retain(|key, _| PLACE_LABELS.contains(&key.as_str()));
    labels
}

/// Who serves the volume, and its id there. In-tree EBS volumes are served by the CSI driver since 1.25; their id may carry the
/// zone (`aws://us-west-2a/vol-0abc`).
fn driver_and_handle(spec: &core::PersistentVolumeSpec) -> Option<(String, String)> {
    if let Some(csi) = &spec.csi {
        return Some((csi.driver.clone(), csi.volume_handle.clone()));
    }
    let id = &spec.aws_elastic_block_store.as_ref()?.volume_id;
    let id = id.rsplit_once('/').map_or(id.as_str(), |(_, id)| id);
    Some((EBS_DRIVER.to_owned(), id.to_owned()))
}

/// Reads one storage class.
pub(super) fn read_storage_class(class: &storage::StorageClass) -> Result<StorageClass, ConversionError> {
    convert_class(class).map_err(|problem| problem.of("StorageClass", &class.metadata))
}

fn convert_class(class: &storage::StorageClass) -> Result<StorageClass, Problem> {
    let binding_mode = match class.volume_binding_mode.as_deref() {
        None | Some("Immediate") => BindingMode::Immediate,
        Some("WaitForFirstConsumer") => BindingMode::WaitForFirstConsumer,
        Some(other) => return Err(Problem::unknown("volumeBindingMode", other)),
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
pub(super) fn read_csi_node(node: &storage::CSINode) -> Result<CsiNode, ConversionError> {
    let name = required(node.metadata.name.as_ref(), "name").map_err(|problem| problem.of("CSINode", &node.metadata))?;
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
            "spec": { "accessModes": ["ReadWriteOncePod"], "storageClassName": "gp3" },
            "status": { "phase": "Pending" }
        }));
        assert_eq!((claim.phase, claim.one_pod_only, claim.deleting), (ClaimPhase::Pending, true, false));
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

    fn volume(spec: &Value) -> Volume {
        let metadata = json!({ "name": "pv", "labels": { "topology.kubernetes.io/zone": "us-west-2a", "team": "x" } });
        let manifest = json!({ "metadata": metadata, "spec": spec, "status": { "phase": "Available" } });
        read_volume(&serde_json::from_value(manifest).expect("a manifest")).expect("understood")
    }

    #[test]
    fn volumes_say_where_they_are_and_who_serves_them() {
        let csi = volume(&json!({
            "csi": { "driver": "ebs.csi.aws.com", "volumeHandle": "vol-0abc" }, "storageClassName": "gp3",
            "nodeAffinity": { "required": { "nodeSelectorTerms": [{ "matchExpressions": [
                { "key": "topology.ebs.csi.aws.com/zone", "operator": "In", "values": ["us-west-2a"] }] }] } }
        }));
        assert_eq!((csi.driver.as_deref(), csi.handle.as_deref()), (Some("ebs.csi.aws.com"), Some("vol-0abc")));
        assert_eq!(csi.labels.keys().collect::<Vec<_>>(), ["topology.kubernetes.io/zone"]);
        assert_eq!(
            csi.node_affinity.map(|terms| terms[0].match_expressions[0].values.clone()),
            Some(vec!["us-west-2a".into()])
        );
        assert!(csi.available);
        let in_tree = volume(&json!({ "awsElasticBlockStore": { "volumeID": "aws://us-west-2a/vol-0def" } }));
        assert_eq!((in_tree.driver.as_deref(), in_tree.handle.as_deref()), (Some("ebs.csi.aws.com"), Some("vol-0def")));
        let taken = volume(&json!({ "nfs": { "server": "s", "path": "/" }, "claimRef": { "name": "data" } }));
        assert_eq!((taken.available, taken.driver, taken.node_affinity), (false, None, None));
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
