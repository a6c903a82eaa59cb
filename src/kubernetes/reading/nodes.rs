//! Nodes.

use k8s_openapi::api::core::v1 as core;

use super::specs::taint_effect;
use crate::kubernetes::conversion::{
    ConversionError, ConversionProblem, annotations, created_at, labels, moment, required, resources,
};
use crate::snapshot::{Labels, Node, Readiness, ReadyStatus, Taint};
use crate::well_known::annotations::{PREDECESSOR_CORDON, is_of_a_node};

/// Reads one node.
pub(crate) fn read_node(node: &core::Node) -> Result<Node, ConversionError> {
    convert(node).map_err(|problem| problem.in_object("Node", &node.metadata))
}

fn convert(node: &core::Node) -> Result<Node, ConversionProblem> {
    let metadata = &node.metadata;
    let spec = node.spec.as_ref();
    let status = node.status.as_ref();
    Ok(Node {
        name: required(metadata.name.as_ref(), "name")?,
        uid: required(metadata.uid.as_ref(), "uid")?,
        labels: labels(metadata),
        marks: marks(node),
        taints: spec.and_then(|spec| spec.taints.as_ref()).into_iter().flatten().map(taint).collect::<Result<_, _>>()?,
        unschedulable: spec.and_then(|spec| spec.unschedulable).unwrap_or(false),
        provider_id: spec.and_then(|spec| spec.provider_id.clone()).filter(|id| !id.is_empty()),
        allocatable: resources(status.and_then(|status| status.allocatable.as_ref()))?,
        ready: readiness(node),
        created_at: created_at(metadata)?,
        addresses: addresses(node),
    })
}

fn marks(node: &core::Node) -> Labels {
    let mut marks = annotations(&node.metadata, is_of_a_node);
    if let Some(value) = node.metadata.labels.as_ref().and_then(|labels| labels.get(PREDECESSOR_CORDON))
        && !marks.contains_key(PREDECESSOR_CORDON)
    {
        marks.insert(PREDECESSOR_CORDON.into(), value.into());
    }
    marks
}

fn taint(taint: &core::Taint) -> Result<Taint, ConversionProblem> {
    let value = taint.value.clone().unwrap_or_default();
    Ok(Taint { key: taint.key.clone(), value, effect: taint_effect(&taint.effect)? })
}

fn readiness(node: &core::Node) -> Readiness {
    let conditions = node.status.as_ref().and_then(|status| status.conditions.as_ref());
    let ready = conditions.into_iter().flatten().find(|condition| condition.type_ == "Ready");
    let status = match ready.map(|ready| ready.status.as_str()) {
        Some("True") => ReadyStatus::True,
        Some("False") => ReadyStatus::False,
        _ => ReadyStatus::Unknown,
    };
    Readiness { status, since: ready.and_then(|ready| ready.last_transition_time.as_ref()).map(moment) }
}

/// Returns each address once: a node often has its internal name as host name too.
fn addresses(node: &core::Node) -> Vec<String> {
    let mut addresses: Vec<String> = Vec::new();
    for entry in node.status.iter().flat_map(|status| status.addresses.iter().flatten()) {
        if !addresses.contains(&entry.address) {
            addresses.push(entry.address.clone());
        }
    }
    addresses
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::snapshot::{CPU, MEMORY, TaintEffect};
    use crate::well_known::annotations::PROTECTING;

    fn read(mut manifest: Value) -> Result<Node, ConversionError> {
        for (field, value) in [("uid", "u"), ("creationTimestamp", "2026-11-22T10:00:00Z")] {
            manifest["metadata"][field] = json!(value);
        }
        read_node(&serde_json::from_value(manifest).expect("a node manifest"))
    }

    #[test]
    fn a_node_as_eks_shows_it() {
        let node = read(json!({
            "metadata": { "name": "ip-10-0-1-7", "labels": { "node.kubernetes.io/instance-type": "p3.16xlarge" },
                "annotations": { "ec2-autoscale/cordoned-at": "2026-11-22T10:00:00Z", "csi.volume.kubernetes.io/nodeid": "{}" } },
            "spec": { "providerID": "aws:///us-west-2a/i-0abc", "unschedulable": true,
                "taints": [{ "key": "gpu", "value": "v100", "effect": "NoSchedule" }, { "key": "idle", "effect": "PreferNoSchedule" }] },
            "status": {
                "allocatable": { "cpu": "63770m", "memory": "490Gi", "nvidia.com/gpu": "8" },
                "addresses": [{ "type": "InternalIP", "address": "10.0.1.7" },
                    { "type": "InternalDNS", "address": "ip-10-0-1-7" }, { "type": "Hostname", "address": "ip-10-0-1-7" }],
                "conditions": [{ "type": "DiskPressure", "status": "False" },
                    { "type": "Ready", "status": "True", "lastTransitionTime": "2026-11-22T10:02:00Z" }]
            }
        }))
        .expect("an understood node");
        assert_eq!(node.allocatable, [(CPU, 63_770), (MEMORY, 490 << 30), ("nvidia.com/gpu", 8)].into_iter().collect());
        assert_eq!(node.marks.keys().collect::<Vec<_>>(), ["ec2-autoscale/cordoned-at"]);
        assert_eq!(node.taints[0], Taint { key: "gpu".into(), value: "v100".into(), effect: TaintEffect::NoSchedule });
        assert_eq!(node.taints[1].to_string(), "idle:PreferNoSchedule");
        assert_eq!((node.unschedulable, node.instance_id()), (true, Some("i-0abc")));
        assert_eq!(node.addresses, ["10.0.1.7", "ip-10-0-1-7"]);
        assert_eq!((node.is_ready(), node.ready.since.is_some()), (true, true));
    }

    #[test]
    fn a_node_that_has_just_been_made_is_of_unknown_readiness() {
        let node = read(json!({ "metadata": { "name": "n" } })).expect("an understood node");
        assert_eq!(node.ready, Readiness { status: ReadyStatus::Unknown, since: None });
        assert!(node.allocatable.is_empty() && node.taints.is_empty() && !node.unschedulable);
    }

    #[test]
    fn only_marks_are_kept_of_annotations() {
        for (name, metadata, marks) in [
            ("predecessor's label", json!({ "labels": { "openai/cordoned-by-autoscaler": "true" } }), vec![PREDECESSOR_CORDON]),
            (
                "the same as annotation",
                json!({ "annotations": { "openai/cordoned-by-autoscaler": "" } }),
                vec![PREDECESSOR_CORDON],
            ),
            ("Karpenter", json!({ "annotations": { "karpenter.sh/do-not-disrupt": "true" } }), vec![PROTECTING[1].0]),
            (
                "Cluster Autoscaler",
                json!({ "annotations": { "cluster-autoscaler.kubernetes.io/scale-down-disabled": "true" } }),
                vec![PROTECTING[0].0],
            ),
            ("anything else", json!({ "annotations": { "example.com/secret": "x", "ec2-autoscaler/x": "" } }), vec![]),
        ] {
            let mut manifest = json!({ "metadata": metadata });
            manifest["metadata"]["name"] = json!("n");
            let node = read(manifest).expect("an understood node");
            assert_eq!(node.marks.keys().collect::<Vec<_>>(), marks, "{name}");
        }
    }

    #[test]
    fn an_error_names_the_node() {
        let error = read(json!({ "metadata": { "name": "n" }, "status": { "allocatable": { "cpu": "many" } } }));
        assert_eq!(
            error.expect_err("many is no quantity").to_string(),
            r#"Node n is not understood: "many" is not a Kubernetes quantity (such as 500m, 2, 4Gi)"#
        );
    }
}
