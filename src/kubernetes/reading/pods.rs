//! Pods.

use std::sync::Arc;

use jiff::Timestamp;
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::containers::{pod_resized, resized};
use super::pod_volumes::volumes;
use super::resource_claims::claims_of;
use super::specs::{SpecTable, read_spec};
use crate::kubernetes::conversion::{
    ConversionError, ConversionProblem, annotation, annotations, created_at, labels, moment, required,
};
use crate::snapshot::{Labels, ObjectName, Owner, Phase, Pod, Scheduling};
use crate::well_known::annotations::OF_A_POD;

/// Excludes finished pods on the server: batch clusters hold hundreds of thousands of them.
pub(crate) const UNFINISHED: &str = "status.phase!=Succeeded,status.phase!=Failed";

/// The kubelet puts this on the API's copy of a static pod.
const MIRROR_ANNOTATION: &str = "kubernetes.io/config.mirror";

/// Reads one pod; its specification goes to the table.
pub(crate) fn read_pod(pod: &core::Pod, specs: &mut SpecTable) -> Result<Pod, ConversionError> {
    convert(pod, specs).map_err(|problem| problem.in_object("Pod", &pod.metadata))
}

/// Reads one pod as far as this version understands it, and returns what it does not understand.
///
/// A pod that waits for a node is left out then. One that has a node keeps it, and counts there
/// with the requests that are understood.
///
/// # Errors
/// When one that has a node cannot be read even so far.
pub(crate) fn read_as_far_as_understood(
    pod: &core::Pod,
    specs: &mut SpecTable,
) -> Result<(Option<Pod>, Option<ConversionError>), ConversionError> {
    match read_pod(pod, specs) {
        Ok(read) => Ok((Some(read), None)),
        Err(problem) if pod.spec.as_ref().and_then(bound_to).is_none() => Ok((None, Some(problem))),
        Err(problem) => read_pod(&immovable(pod), specs).map(|read| (Some(read), Some(problem))),
    }
}

/// Returns the pod as one that is never evicted, without the fields for a new placement.
fn immovable(pod: &core::Pod) -> core::Pod {
    let kept = |spec: &core::PodSpec| core::PodSpec {
        restart_policy: Some("Never".to_owned()),
        affinity: None,
        tolerations: None,
        topology_spread_constraints: None,
        ..spec.clone()
    };
    core::Pod { spec: pod.spec.as_ref().map(kept), ..pod.clone() }
}

/// Whether a pod has this name.
pub(crate) fn is_named(pod: &core::Pod, name: &ObjectName) -> bool {
    let ObjectMeta { namespace, name: own, .. } = &pod.metadata;
    own.as_deref() == Some(name.name.as_str()) && namespace.as_deref() == Some(name.namespace.as_str())
}

/// Whether the scheduler may evict others to make room for a pod. Admission writes the policy of
/// the pod's class into it.
pub(crate) fn may_preempt(pod: &core::Pod) -> bool {
    let policy = pod.spec.as_ref().and_then(|spec| spec.preemption_policy.as_deref());
    policy != Some("Never")
}

fn convert(pod: &core::Pod, specs: &mut SpecTable) -> Result<Pod, ConversionProblem> {
    let metadata = &pod.metadata;
    let spec = pod.spec.as_ref().ok_or(ConversionProblem::Missing("spec"))?;
    let status = pod.status.as_ref();
    let labels = specs.labels(metadata.labels.as_ref());
    let owner = owner(pod, specs);
    let mut asked = read_spec(spec, &labels)?;
    if owner.as_ref().is_some_and(|owner| owner.kind == "DaemonSet") {
        // The DaemonSet controller replaces it by the name of the pod's node: as many
        // specifications as nodes, and nothing new.
        asked.node_affinity = None;
    }
    let resized = resized(pod, &asked.containers)?;
    let pod_resized = pod_resized(pod, &asked.pod_requests)?;
    let name = required(metadata.name.as_ref(), "name")?;
    Ok(Pod {
        namespace: specs.name(&required(metadata.namespace.as_ref(), "namespace")?),
        uid: required(metadata.uid.as_ref(), "uid")?.into(),
        owner,
        phase: phase(status.and_then(|status| status.phase.as_deref())),
        scheduling: scheduling(pod, spec)?,
        node: bound_to(spec).map(|node| specs.name(node)),
        nominated_node: nominated_to(pod).map(|node| specs.name(node)),
        created_at: created_at(metadata)?,
        // For a pod this is the moment of the request plus its grace period.
        preempted: is_preempted(pod),
        deletion_deadline: metadata.deletion_timestamp.as_ref().map(moment),
        ready: condition(pod, "Ready").is_some_and(|ready| ready.status == "True"),
        mirror: annotation(metadata, MIRROR_ANNOTATION).is_some(),
        drain_annotations: annotations(metadata, |key| OF_A_POD.contains(&key)),
        volumes: volumes(spec, &name),
        resource_claims: claims_of(pod),
        resized,
        pod_resized,
        resize_infeasible: resize_infeasible(pod),
        scheduler_message: scheduler_message(pod),
        gang: None,
        spec: specs.intern(asked),
        labels,
        name: name.into(),
    })
}

fn bound_to(spec: &core::PodSpec) -> Option<&str> {
    spec.node_name.as_deref().filter(|node| !node.is_empty())
}

fn nominated_to(pod: &core::Pod) -> Option<&str> {
    pod.status.as_ref()?.nominated_node_name.as_deref().filter(|node| !node.is_empty())
}

fn condition<'a>(pod: &'a core::Pod, kind: &str) -> Option<&'a core::PodCondition> {
    pod.status.as_ref()?.conditions.iter().flatten().find(|condition| condition.type_ == kind)
}

fn owner(pod: &core::Pod, specs: &mut SpecTable) -> Option<Arc<Owner>> {
    let references = pod.metadata.owner_references.iter().flatten();
    let controller = references.into_iter().find(|owner| owner.controller == Some(true))?;
    Some(specs.owner(controller))
}

fn phase(text: Option<&str>) -> Phase {
    match text {
        None | Some("" | "Pending") => Phase::Pending,
        Some("Running") => Phase::Running,
        Some("Succeeded") => Phase::Succeeded,
        Some("Failed") => Phase::Failed,
        Some(_) => Phase::Unknown,
    }
}

/// Returns the last result of the scheduler. A node name outweighs the condition, written later.
fn scheduling(pod: &core::Pod, spec: &core::PodSpec) -> Result<Scheduling, ConversionProblem> {
    let condition = condition(pod, "PodScheduled");
    let since = condition.and_then(|condition| condition.last_transition_time.as_ref()).map(moment);
    if bound_to(spec).is_some() {
        let at = condition.filter(|condition| condition.status == "True").and(since);
        return Ok(Scheduling::Scheduled { at });
    }
    if spec.scheduling_gates.as_ref().is_some_and(|gates| !gates.is_empty()) {
        return Ok(Scheduling::Gated);
    }
    match condition.map(|condition| (condition.status.as_str(), condition.reason.as_deref())) {
        Some(("False", Some("Unschedulable"))) => {
            let since = since.map_or_else(|| created_at(&pod.metadata), Ok)?;
            Ok(Scheduling::Unschedulable { since })
        }
        Some(("False", Some("SchedulingGated"))) => Ok(Scheduling::Gated),
        // A scheduler that failed for a reason of its own tries again; only "Unschedulable" means
        // that no node was found.
        _ => Ok(Scheduling::Unseen),
    }
}

/// Returns since when the scheduler has called a pod unschedulable, if it does.
pub(crate) fn unschedulable_since(pod: &core::Pod) -> Option<Timestamp> {
    match scheduling(pod, pod.spec.as_ref()?) {
        Ok(Scheduling::Unschedulable { since }) => Some(since),
        _ => None,
    }
}

/// Returns the scheduler's words on why it found no node.
fn scheduler_message(pod: &core::Pod) -> Option<Box<str>> {
    let said_no = condition(pod, "PodScheduled").filter(|condition| condition.status == "False")?;
    said_no.message.as_deref().filter(|message| !message.is_empty()).map(Box::from)
}

/// Whether the scheduler ends the pod to make room
/// (<https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions>).
fn is_preempted(pod: &core::Pod) -> bool {
    let target = condition(pod, "DisruptionTarget").filter(|condition| condition.status == "True");
    target.is_some_and(|target| target.reason.as_deref() == Some("PreemptionByScheduler"))
}

/// Whether the node refused a resize for good: a condition from 1.33 on, `status.resize` before.
fn resize_infeasible(pod: &core::Pod) -> bool {
    let by_condition = condition(pod, "PodResizePending").and_then(|pending| pending.reason.as_deref());
    let by_field = pod.status.as_ref().and_then(|status| status.resize.as_deref());
    by_condition.or(by_field) == Some("Infeasible")
}

/// Returns the labels of a pod that a template would make.
pub(super) fn template_labels(template: &core::PodTemplateSpec) -> Labels {
    template.metadata.as_ref().map(labels).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::snapshot::{PodSpec, PodVolume};

    /// Returns a running pod, with these fields laid over it.
    fn manifest(over: Value) -> Value {
        let mut pod = json!({
            "metadata": { "namespace": "ml", "name": "train-0", "uid": "u", "creationTimestamp": "2026-11-22T10:00:00Z" },
            "spec": { "containers": [{ "name": "a", "resources": { "requests": { "cpu": "1" } } }] },
            "status": { "phase": "Running" }
        });
        lay_over(&mut pod, over);
        pod
    }

    fn lay_over(below: &mut Value, over: Value) {
        match (below, over) {
            (Value::Object(below), Value::Object(over)) => {
                for (key, value) in over {
                    lay_over(below.entry(key).or_insert(Value::Null), value);
                }
            }
            (below, over) => *below = over,
        }
    }

    fn read_with(specs: &mut SpecTable, over: Value) -> Pod {
        let pod = serde_json::from_value(manifest(over)).expect("a pod manifest");
        read_pod(&pod, specs).expect("an understood pod")
    }

    fn read(over: Value) -> Pod {
        read_with(&mut SpecTable::default(), over)
    }

    fn spec_of(over: Value) -> PodSpec {
        let mut specs = SpecTable::default();
        let pod = read_with(&mut specs, over);
        specs.into_map().remove(&pod.spec).expect("the table has what it gave an id")
    }

    fn at(text: &str) -> jiff::Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn what_the_scheduler_said_last() {
        let condition = |status: &str, reason: Option<&str>| json!([{ "type": "PodScheduled", "status": status, "reason": reason, "lastTransitionTime": "2026-11-22T10:05:00Z" }]);
        let moment = at("2026-11-22T10:05:00Z");
        for (name, spec, conditions, expected) in [
            ("nothing yet", json!({}), json!([]), Scheduling::Unseen),
            (
                "no node found",
                json!({}),
                condition("False", Some("Unschedulable")),
                Scheduling::Unschedulable { since: moment },
            ),
            ("the scheduler failed", json!({}), condition("False", Some("SchedulerError")), Scheduling::Unseen),
            ("gated", json!({}), condition("False", Some("SchedulingGated")), Scheduling::Gated),
            ("gates without a condition", json!({ "schedulingGates": [{ "name": "g" }] }), json!([]), Scheduling::Gated),
            ("bound", json!({ "nodeName": "n" }), condition("True", None), Scheduling::Scheduled { at: Some(moment) }),
            ("bound without a condition", json!({ "nodeName": "n" }), json!([]), Scheduling::Scheduled { at: None }),
            (
                "bound before the condition was written",
                json!({ "nodeName": "n" }),
                condition("False", Some("Unschedulable")),
                Scheduling::Scheduled { at: None },
            ),
        ] {
            let pod = read(json!({ "spec": spec, "status": { "conditions": conditions } }));
            assert_eq!(pod.scheduling, expected, "{name}");
        }
    }

    #[test]
    fn an_unschedulable_pod_without_a_time_has_been_so_since_it_was_created() {
        let conditions = json!([{ "type": "PodScheduled", "status": "False", "reason": "Unschedulable" }]);
        let pod = read(json!({ "status": { "conditions": conditions } }));
        assert_eq!(pod.scheduling, Scheduling::Unschedulable { since: at("2026-11-22T10:00:00Z") });
    }

    #[test]
    fn the_controller_is_the_owner() {
        let reference = |kind: &str, controller: Value| json!({ "apiVersion": "batch/v1", "kind": kind, "name": "train", "uid": "o", "controller": controller });
        let references = json!([reference("Queue", Value::Null), reference("Job", json!(true))]);
        let owner = read(json!({ "metadata": { "ownerReferences": references } })).owner;
        assert_eq!(owner.as_ref().map(|owner| owner.kind.as_str()), Some("Job"));
        assert_eq!(read(json!({ "metadata": { "ownerReferences": [reference("Queue", Value::Null)] } })).owner, None);
    }

    #[test]
    fn a_terminating_mirror_pod_with_its_annotations() {
        let pod = read(json!({ "metadata": {
            "deletionTimestamp": "2026-11-22T10:30:00Z",
            "annotations": {
                "kubernetes.io/config.mirror": "x", "example.com/token": "secret",
                "cluster-autoscaler.kubernetes.io/safe-to-evict": "false", "controller.kubernetes.io/pod-deletion-cost": "100"
            }
        }, "status": { "nominatedNodeName": "n", "conditions": [{ "type": "Ready", "status": "True" }] } }));
        assert_eq!(pod.deletion_deadline, Some(at("2026-11-22T10:30:00Z")));
        assert_eq!((pod.mirror, pod.ready, pod.nominated_node.as_deref()), (true, true, Some("n")));
        assert_eq!(
            pod.drain_annotations.keys().collect::<Vec<_>>(),
            ["cluster-autoscaler.kubernetes.io/safe-to-evict", "controller.kubernetes.io/pod-deletion-cost"]
        );
    }

    #[test]
    fn the_scheduler_s_victims_are_known_by_their_condition() {
        let target = |status: &str, reason: &str| {
            let condition =
                json!({ "type": "DisruptionTarget", "status": status, "reason": reason, "lastTransitionTime": null });
            read(
                json!({ "metadata": { "deletionTimestamp": "2026-11-22T10:30:00Z" }, "status": { "conditions": [condition] } }),
            )
        };
        assert!(target("True", "PreemptionByScheduler").makes_room());
        assert!(!target("False", "PreemptionByScheduler").makes_room());
        assert!(!target("True", "EvictionByEvictionAPI").makes_room());
    }

    #[test]
    fn volumes_that_tie_a_pod_down() {
        let class = json!({ "spec": { "accessModes": ["ReadWriteOnce"], "storageClassName": "gp3", "resources": {} } });
        let pod = read(json!({ "spec": { "volumes": [
            { "name": "data", "persistentVolumeClaim": { "claimName": "data-claim" } },
            { "name": "work", "ephemeral": { "volumeClaimTemplate": class } },
            { "name": "host", "hostPath": { "path": "/var" } },
            { "name": "tmp", "emptyDir": {} },
            { "name": "shm", "emptyDir": { "medium": "Memory" } },
            { "name": "config", "configMap": { "name": "c" } },
            { "name": "token", "projected": {} },
            { "name": "share", "nfs": { "server": "s", "path": "/" } }
        ] } }));
        assert_eq!(
            pod.volumes,
            [
                PodVolume::Claim { claim: "data-claim".into() },
                PodVolume::Ephemeral { claim: "train-0-work".into(), storage_class: Some("gp3".into()) },
                PodVolume::HostPath { volume: "host".into() },
                PodVolume::EmptyDir { volume: "tmp".into() },
            ]
        );
    }

    #[test]
    fn a_resize_that_can_never_be() {
        let pending =
            |reason: &str| json!({ "conditions": [{ "type": "PodResizePending", "status": "True", "reason": reason }] });
        for (status, infeasible) in [
            (json!({}), false),
            (pending("Deferred"), false),
            (pending("Infeasible"), true),
            (json!({ "resize": "Infeasible" }), true),
        ] {
            assert_eq!(read(json!({ "status": status.clone() })).resize_infeasible, infeasible, "{status}");
        }
    }

    #[test]
    fn pods_that_ask_the_same_share_one_specification() {
        let mut specs = SpecTable::default();
        let first = read_with(&mut specs, json!({}));
        let other = read_with(&mut specs, json!({ "spec": { "priority": 5 } }));
        let again = read_with(&mut specs, json!({ "metadata": { "name": "train-1" }, "spec": { "nodeName": "n" } }));
        assert_eq!((first.spec == again.spec, first.spec == other.spec), (true, false));
        assert_eq!(specs.into_map().len(), 2);
    }

    #[test]
    fn daemon_pods_share_one_specification_although_each_is_pinned_to_its_node() {
        let pinned = |node: &str| {
            json!({
                "metadata": { "ownerReferences": [
                    { "apiVersion": "apps/v1", "kind": "DaemonSet", "name": "d", "uid": "o", "controller": true }] },
                "spec": { "affinity": { "nodeAffinity": { "requiredDuringSchedulingIgnoredDuringExecution": {
                    "nodeSelectorTerms": [{ "matchFields": [
                        { "key": "metadata.name", "operator": "In", "values": [node] }] }] } } } }
            })
        };
        let mut specs = SpecTable::default();
        let (a, b) = (read_with(&mut specs, pinned("a")), read_with(&mut specs, pinned("b")));
        assert_eq!(a.spec, b.spec);
        assert_eq!(specs.into_map()[&a.spec].node_affinity, None);
    }

    #[test]
    fn a_pod_without_status_is_pending() {
        let pod = read(json!({ "status": null }));
        assert_eq!((pod.phase, pod.ready, pod.resized.len()), (Phase::Pending, false, 0));
    }

    #[test]
    fn fields_with_a_default_have_it() {
        let spec = spec_of(json!({}));
        assert_eq!((spec.scheduler_name.as_str(), spec.priority, spec.host_network), ("default-scheduler", 0, false));
        assert_eq!((spec.node_affinity, spec.pod_requests.is_empty(), spec.overhead.is_empty()), (None, true, true));
    }

    #[test]
    fn an_error_names_the_pod() {
        let bad = manifest(json!({ "spec": { "overhead": { "cpu": "lots" } } }));
        let pod = serde_json::from_value(bad).expect("a pod manifest");
        let error = read_pod(&pod, &mut SpecTable::default()).expect_err("lots is no quantity").to_string();
        assert_eq!(error, r#"Pod ml/train-0 is not understood: "lots" is not a Kubernetes quantity (such as 500m, 2, 4Gi)"#);
    }
}
