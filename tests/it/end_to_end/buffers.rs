//! Room kept ahead: nodes are bought and kept for CapacityBuffers, whose status is written.

use serde_json::{Value, json};

use super::cluster::{TestCluster, WEST, item};
use super::world::job;
use crate::support::kubernetes::objects::{Object as _, lease, object, pod};
use crate::support::kubernetes::{Fault, Rule};

const API: &str = "autoscaling.x-k8s.io/v1beta1";

/// Makes a cluster with a group of which each node has room for one pod of 1500 millicores.
fn cluster() -> TestCluster {
    let cluster = TestCluster::start();
    cluster.group("workers").launch_template("m5.large").max(4).create();
    cluster.kubernetes.add(template("large", 1500));
    cluster
}

fn containers(millicores: u32) -> Value {
    json!({ "containers": [{ "name": "c", "image": "i", "resources": { "requests": { "cpu": format!("{millicores}m") } } }] })
}

fn template(name: &str, millicores: u32) -> Value {
    object("v1", "PodTemplate", "default", name).with("/template/spec", containers(millicores))
}

fn buffer(name: &str, spec: Value) -> Value {
    object(API, "CapacityBuffer", "default", name).with("/spec", spec)
}

fn of_template(name: &str, replicas: u32) -> Value {
    buffer(name, json!({ "podTemplateRef": { "name": "large" }, "replicas": replicas }))
}

/// Returns the conditions of a buffer: `Provisioning=True FitsExistingCapacity`.
fn conditions(cluster: &TestCluster, name: &str) -> Vec<String> {
    let buffer = cluster.kubernetes.get("capacitybuffers", "default", name);
    let text = |condition: &Value, field: &str| condition[field].as_str().unwrap_or_default().to_owned();
    let conditions = buffer["status"]["conditions"].as_array().cloned().unwrap_or_default();
    let line = |it: &Value| format!("{}={} {}", text(it, "type"), text(it, "status"), text(it, "reason"));
    conditions.iter().map(line).collect()
}

const RESOLVED: &str = "ReadyForProvisioning=True Resolved";

/// Returns how often a status was written since the calls were forgotten.
fn writes(cluster: &TestCluster) -> usize {
    cluster.kubernetes.mutations().iter().filter(|call| call.resource == "capacitybuffers/status").count()
}

#[test]
fn room_is_bought_and_kept_and_the_status_follows_the_nodes() {
    let cluster = cluster();
    cluster.kubernetes.add(of_template("spare", 2));
    let plan = cluster.apply(&[]).exits(0).json()["plan"].clone();
    assert_eq!(cluster.desired(WEST, "workers"), 2);
    let report = item(&plan, "buffers", "name", "spare");
    assert_eq!(
        (&report["outcome"], &report["wanted"], &report["missing"]),
        (&json!("filling"), &json!(2), &json!(0)),
        "{report}"
    );
    assert_eq!((&plan["pods"], &plan["summary"]["pods_helped"]), (&json!([]), &json!(0)));
    assert_eq!(conditions(&cluster, "spare"), [RESOLVED, "Provisioning=False RequiresNewCapacity"]);

    cluster.register_nodes(WEST, "workers");
    cluster.apply(&[]).exits(0);
    assert_eq!(conditions(&cluster, "spare"), [RESOLVED, "Provisioning=True FitsExistingCapacity"]);
    let status = cluster.kubernetes.get("capacitybuffers", "default", "spare")["status"].clone();
    assert_eq!((&status["replicas"], &status["podTemplateRef"]["name"]), (&json!(2), &json!("large")));
    assert_eq!(status["provisioningStrategy"], "buffer.x-k8s.io/active-capacity");

    // Nothing changes, so that nothing is written, and the idle nodes stay.
    cluster.forget_calls();
    let plan = cluster.apply(&["--min-node-age", "0", "--idle-threshold", "0"]).exits(0).json()["plan"].clone();
    assert_eq!((writes(&cluster), cluster.aws_changes()), (0, vec![]));
    let states: Vec<&Value> = plan["nodes"].as_array().expect("nodes").iter().map(|node| &node["state"]).collect();
    assert_eq!(states, ["room-kept", "room-kept"]);

    // A pod takes the room of one, which is bought again.
    cluster.kubernetes.add(job("train", 1500));
    let plan = cluster.apply(&[]).exits(0).json()["plan"].clone();
    assert_eq!((&plan["summary"]["pods_helped"], &plan["summary"]["nodes_added"]), (&json!(1), &json!(1)), "{plan}");
    assert_eq!(conditions(&cluster, "spare")[1], "Provisioning=False RequiresNewCapacity");
}

#[test]
fn the_replicas_of_a_deployment_count_and_a_live_pod_comes_before_the_template() {
    let cluster = cluster();
    let spec = json!({ "replicas": 5, "template": { "spec": containers(100) } });
    cluster.kubernetes.add(object("apps/v1", "Deployment", "default", "web").with("/spec", spec));
    let web = json!({ "apiGroup": "apps", "kind": "Deployment", "name": "web" });
    cluster.kubernetes.add(buffer("share", json!({ "scalableRef": web, "percentage": 30 })));
    let plan = cluster.plan(&[]).exits(0).json();
    assert_eq!(item(&plan, "buffers", "name", "share")["wanted"], 2);
    assert_eq!(plan["summary"]["nodes_added"], 1);

    let live = pod("default", "web-5d9c7b-x").requests(&[("cpu", "1500m"), ("memory", "1Gi")]).unschedulable();
    cluster.kubernetes.add(live.owned_by("ReplicaSet", "web-5d9c7b").label("pod-template-hash", "5d9c7b"));
    let plan = cluster.plan(&[]).exits(0).json();
    assert_eq!(plan["summary"]["nodes_added"], 3, "one for the pod, and one for each pod of the buffer: {plan}");
}

#[test]
fn what_is_missing_or_not_served_is_named_in_the_status() {
    let cluster = cluster();
    cluster.kubernetes.add(buffer("lost", json!({ "podTemplateRef": { "name": "none" }, "replicas": 1 })));
    let set = json!({ "apiGroup": "apps", "kind": "DaemonSet", "name": "agent" });
    cluster.kubernetes.add(buffer("odd", json!({ "scalableRef": set, "replicas": 1 })));
    cluster.kubernetes.add(buffer("gone", json!({ "scalableRef": { "kind": "Job", "name": "none" }, "replicas": 1 })));
    let other = json!({ "podTemplateRef": { "name": "large" }, "replicas": 1, "provisioningStrategy": "buffer.x-k8s.io/ephemeral-capacity" });
    cluster.kubernetes.add(buffer("other", other));
    cluster.apply(&[]).exits(0);
    assert_eq!(cluster.desired(WEST, "workers"), 0);
    let not_ready = "Provisioning=False NotReadyForProvisioning".to_owned();
    for (name, reason) in [("lost", "PodTemplateNotFound"), ("odd", "ResolutionFailed"), ("gone", "ScalableRefNotFound")] {
        assert_eq!(conditions(&cluster, name), [format!("ReadyForProvisioning=False {reason}"), not_ready.clone()]);
    }
    assert_eq!(conditions(&cluster, "other"), [""; 0]);
}

#[test]
fn another_autoscaler_keeps_its_statuses() {
    let cluster = cluster();
    cluster.kubernetes.add(of_template("spare", 1));
    cluster.kubernetes.add(lease("kube-system", "karpenter-leader-election", "karpenter", jiff::Timestamp::now()));
    cluster.apply(&[]).exits(0);
    assert_eq!((cluster.desired(WEST, "workers"), conditions(&cluster, "spare")), (1, vec![]));
}

#[test]
fn a_status_that_cannot_be_written_is_reported_and_ends_nothing() {
    for (code, exit, status) in [(409, 0, "changed"), (404, 0, "gone"), (403, 3, "failed")] {
        let cluster = cluster();
        cluster.kubernetes.add(of_template("spare", 1));
        cluster.kubernetes.fault(Fault::on("patch", "capacitybuffers/status").status(code));
        let run = cluster.apply(&[]).exits(exit).json();
        assert_eq!(run["report"]["statuses"][0]["status"], status, "{run}");
        assert_eq!(cluster.desired(WEST, "workers"), 1);
    }
}

#[test]
fn a_cluster_without_the_kind_costs_no_call() {
    let cluster = cluster();
    cluster.plan(&[]).exits(0);
    let calls = cluster.kubernetes.calls();
    assert!(calls.iter().all(|call| call.resource != "capacitybuffers" && call.resource != "podtemplates"));
}

#[test]
fn buffers_that_may_not_be_read_are_a_finding() {
    let cluster = cluster();
    cluster.kubernetes.add(of_template("spare", 1));
    let groups = ["", "apps", "policy", "storage.k8s.io", "resource.k8s.io", "node.k8s.io", "coordination.k8s.io"];
    let rules: Vec<Rule> = groups.map(|group| Rule::allow(&["*"], group, "*")).into();
    let mut command = cluster.command("plan", &["-o", "json"]);
    command.env("KUBECONFIG", cluster.kubernetes.token_limited_to(&rules));
    let plan = super::cluster::run(&mut command).exits(3).json();
    let findings = plan["findings"].to_string();
    assert!(findings.contains("lacks the permission list capacitybuffers.autoscaling.x-k8s.io"), "{findings}");
}

#[test]
fn a_file_keeps_room_without_an_object() {
    let cluster = cluster();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("room.yaml");
    let text = "apiVersion: v1\nkind: PodTemplate\nmetadata: {name: large}\ntemplate: {spec: {containers: [{name: c, resources: \
                {requests: {cpu: 1500m}}}]}}\n---\napiVersion: autoscaling.x-k8s.io/v1beta1\nkind: CapacityBuffer\nmetadata: \
                {name: spare}\nspec: {podTemplateRef: {name: large}, replicas: 2}\n";
    std::fs::write(&file, text).expect("a file");
    let path = file.to_str().expect("UTF-8");
    cluster.apply(&["--buffer", path]).exits(0);
    assert_eq!(cluster.desired(WEST, "workers"), 2);
    assert_eq!(writes(&cluster), 0);
    std::fs::write(&file, text.replace("name: large}, replicas", "name: other}, replicas")).expect("a file");
    let run = cluster.command("plan", &["--buffer", path]);
    super::cluster::run(&mut { run }).fails(1, &["CapacityBuffer default/spare", "names PodTemplate other"]);
}
