//! The builders make what a real client can read.

use k8s_openapi::api::apps::v1::DaemonSet;
use k8s_openapi::api::core::v1::{Node, PersistentVolumeClaim, Pod};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::api::storage::v1::StorageClass;
use k8s_openapi::jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::started;
use crate::support::kubernetes::objects::{
    Object, budget, claim, config_map, daemon_set, namespace, node, object, pod, storage_class,
};

fn typed<T: DeserializeOwned>(object: Value) -> T {
    serde_json::from_value(object).expect("an object of its type")
}

fn then() -> Timestamp {
    "2026-11-22T00:00:00Z".parse().expect("a time")
}

#[test]
fn a_node_is_as_described() {
    let (server, _) = started();
    let made = server.add(
        node("n1")
            .label("zone", "a")
            .annotation("note", "x")
            .uid("uid-1")
            .created_at(then())
            .allocatable("nvidia.com/gpu", "8")
            .provider_id("aws:///us-west-2a/i-1")
            .taint("gpu", "true", "NoSchedule")
            .cordoned()
            .address("InternalIP", "10.0.0.1")
            .ready(false),
    );
    let node: Node = typed(made);
    let spec = node.spec.expect("a spec");
    assert_eq!(spec.provider_id.as_deref(), Some("aws:///us-west-2a/i-1"));
    assert_eq!((spec.unschedulable, spec.taints.expect("taints").len()), (Some(true), 2));
    let status = node.status.expect("a status");
    assert_eq!(status.allocatable.expect("amounts")["nvidia.com/gpu"].0, "8");
    assert_eq!(status.conditions.expect("conditions")[0].status, "False");
    assert_eq!(status.addresses.expect("addresses")[0].address, "10.0.0.1");
    assert_eq!(node.metadata.uid.as_deref(), Some("uid-1"));
    assert_eq!(node.metadata.creation_timestamp.expect("a time").0, then());
}

#[test]
fn a_running_pod_is_as_described() {
    let (server, _) = started();
    let made = server.add(
        pod("batch", "train-1")
            .limits(&[("cpu", "2"), ("nvidia.com/gpu", "1")])
            .owned_by("Job", "train")
            .node_since("n1", then())
            .node_selector("zone", "a")
            .tolerates("gpu", "NoSchedule")
            .priority(5)
            .grace(90)
            .volume("scratch", json!({"emptyDir": {}}))
            .claim("data")
            .not_ready()
            .terminating(then(), 90),
    );
    // The namespace is there as well.
    assert_eq!(server.get("namespaces", "", "batch")["status"]["phase"], "Active");
    let pod: Pod = typed(made);
    let spec = pod.spec.expect("a spec");
    assert_eq!(spec.node_name.as_deref(), Some("n1"));
    assert_eq!(spec.restart_policy.as_deref(), Some("Never"));
    assert_eq!((spec.priority, spec.termination_grace_period_seconds), (Some(5), Some(90)));
    let requests = spec.containers[0].resources.clone().and_then(|amounts| amounts.requests).expect("requests");
    assert_eq!(requests["nvidia.com/gpu"].0, "1");
    assert_eq!(spec.volumes.expect("volumes").len(), 2);
    assert_eq!(spec.node_selector.expect("a selector")["zone"], "a");
    assert_eq!(spec.tolerations.expect("tolerations")[0].key.as_deref(), Some("gpu"));
    let status = pod.status.expect("a status");
    assert_eq!(status.phase.as_deref(), Some("Running"));
    assert_eq!(status.start_time.expect("a start").0, then());
    let ready = status.conditions.expect("conditions").into_iter().find(|known| known.type_ == "Ready");
    assert_eq!(ready.expect("a condition").status, "False");
    assert_eq!(pod.metadata.owner_references.expect("owners")[0].kind, "Job");
    assert_eq!(pod.metadata.deletion_timestamp.expect("a time").0, then());
}

#[test]
fn other_pods_are_as_described() {
    let (server, _) = started();
    let waiting = server.add(pod("default", "waiting").unschedulable().nominated_to("n1"));
    assert_eq!(waiting["status"]["conditions"][0]["reason"], "Unschedulable");
    assert_eq!(waiting["status"]["nominatedNodeName"], "n1");
    let done = server.add(pod("default", "done").node("n1").phase("Succeeded"));
    assert_eq!(done["status"]["phase"], "Succeeded");
    let mirror = server.add(pod("kube-system", "proxy-n1").node("n1").mirror());
    assert!(mirror["metadata"]["annotations"]["kubernetes.io/config.mirror"].is_string());
    let asked = server.add(pod("default", "asked").requests(&[("cpu", "1")]).with("/spec/schedulerName", "other"));
    assert_eq!(asked["spec"]["schedulerName"], "other");
}

#[test]
fn the_rest_is_as_described() {
    let (server, _) = started();
    let set = daemon_set("kube-system", "logs")
        .requests(&[("cpu", "100m")])
        .node_selector("kubernetes.io/os", "linux")
        .tolerates_everything();
    let set: DaemonSet = typed(server.add(set));
    let template = set.spec.template.spec.expect("a template");
    assert!(template.containers[0].resources.is_some() && template.tolerations.is_some());
    let web = budget("default", "web").selecting("app", "web").allowing(1).healthy(3, 2).always_allowing_unready();
    let web: PodDisruptionBudget = typed(server.add(web));
    let status = web.status.expect("a status");
    assert_eq!((status.disruptions_allowed, status.current_healthy, status.desired_healthy), (Some(1), Some(3), Some(2)));
    let data: PersistentVolumeClaim = typed(server.add(claim("default", "data", "gp3")));
    assert_eq!(data.spec.and_then(|spec| spec.storage_class_name).as_deref(), Some("gp3"));
    let class: StorageClass = typed(server.add(storage_class("gp3", "ebs.csi.aws.com")));
    assert_eq!(class.volume_binding_mode.as_deref(), Some("WaitForFirstConsumer"));
    let map = server.add(config_map("default", "state", &[("key", "value")]));
    assert_eq!(map["data"]["key"], "value");
    let driver = object("storage.k8s.io/v1", "CSINode", "", "n1").with("/spec/drivers", json!([]));
    assert_eq!(server.add(driver)["metadata"]["name"], "n1");
    assert_eq!(server.add(namespace("batch"))["status"]["phase"], "Active");
}

#[test]
#[should_panic(expected = "is not among the resources this server knows")]
fn a_misspelt_resource_is_no_empty_list() {
    let (server, _) = started();
    server.all("podz");
}
