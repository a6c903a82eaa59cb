//! ProvisioningRequests as Kueue makes them, and their conditions over several runs.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::cluster::{TestCluster, WEST, run, verdicts};
use super::world::job;
use crate::support::kubernetes::Fault;
use crate::support::kubernetes::objects::{Object as _, object};

const ATOMIC: &str = "best-effort-atomic-scale-up.autoscaling.x-k8s.io";
const CHECK: &str = "check-capacity.autoscaling.x-k8s.io";
const USES: &str = "autoscaling.x-k8s.io/consume-provisioning-request";

/// Makes a cluster with a group of which each node has room for one of these pods.
fn cluster() -> TestCluster {
    let cluster = TestCluster::start();
    cluster.group("workers").launch_template("m5.large").max(4).create();
    cluster
}

/// Makes what Kueue makes for an attempt to admit a workload: a PodTemplate for its pod set, and
/// the request `WORKLOAD-CHECK-ATTEMPT`.
fn ask(cluster: &TestCluster, class: &str, attempt: u32, pods: u32) -> String {
    let name = format!("job-train-1a2b3-gpu-{attempt}");
    let managed = ("kueue.x-k8s.io/managed", "true");
    let template = object("v1", "PodTemplate", "default", &format!("ppt-{name}-main")).label(managed.0, managed.1);
    let container =
        json!({ "name": "main", "image": "train", "resources": { "requests": { "cpu": "1500m", "memory": "1Gi" } } });
    let metadata = json!({ "labels": { "app": "train" } });
    let spec = json!({ "containers": [container], "restartPolicy": "Never" });
    cluster.kubernetes.add(template.with("/template/spec", spec).with("/template/metadata", metadata));
    let request = object("autoscaling.x-k8s.io/v1", "ProvisioningRequest", "default", &name).label(managed.0, managed.1);
    let sets = json!([{ "podTemplateRef": { "name": format!("ppt-{name}-main") }, "count": pods }]);
    let owner = json!([{ "apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "Workload", "name": "job-train-1a2b3",
        "uid": "w", "controller": true, "blockOwnerDeletion": true }]);
    let request = request.with("/spec/provisioningClassName", class).with("/spec/podSets", sets);
    cluster.kubernetes.add(request.with("/metadata/ownerReferences", owner));
    name
}

/// Returns the conditions of a request: `Provisioned=False CapacityIsNotFound`.
fn conditions(cluster: &TestCluster, name: &str) -> Vec<String> {
    let request = cluster.kubernetes.get("provisioningrequests", "default", name);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let all = request["status"]["conditions"].as_array().cloned().unwrap_or_default();
    all.iter().map(|it| format!("{}={} {}", text(&it["type"]), text(&it["status"]), text(&it["reason"]))).collect()
}

fn message(cluster: &TestCluster, name: &str, kind: &str) -> String {
    let request = cluster.kubernetes.get("provisioningrequests", "default", name);
    let all = request["status"]["conditions"].as_array().cloned().unwrap_or_default();
    all.iter().find(|it| it["type"] == kind).and_then(|it| it["message"].as_str()).unwrap_or_default().to_owned()
}

/// Lets time pass for the conditions of a request as well.
fn pass(cluster: &TestCluster, name: &str, time: Duration) {
    cluster.pass(time);
    let earlier = |value: &mut Value| {
        if let Some(at) = value.as_str().and_then(|text| text.parse::<Timestamp>().ok()) {
            let by = SignedDuration::try_from(time).expect("a short time");
            *value = json!((at - by).strftime("%FT%TZ").to_string());
        }
    };
    cluster.kubernetes.edit("provisioningrequests", "default", name, |request| {
        earlier(&mut request["metadata"]["creationTimestamp"]);
        for condition in request["status"]["conditions"].as_array_mut().into_iter().flatten() {
            earlier(&mut condition["lastTransitionTime"]);
        }
    });
}

/// Returns the writes to requests.
fn status_writes(cluster: &TestCluster) -> usize {
    cluster.kubernetes.mutations().iter().filter(|call| call.resource.starts_with("provisioningrequests")).count()
}

#[test]
fn a_job_is_admitted_when_its_nodes_are_ready_and_its_booking_ends_with_its_pods() {
    let cluster = cluster();
    let name = ask(&cluster, ATOMIC, 1, 2);
    let first = cluster.apply(&[]).exits(0).json();
    assert_eq!(first["plan"]["requests"][0]["state"], "coming", "{}", first["plan"]["requests"]);
    assert_eq!(first["plan"]["pods"], json!([]), "they are no pods");
    assert_eq!(first["report"]["statuses"][0]["status"], "written", "{}", first["report"]);
    assert_eq!(cluster.desired(WEST, "workers"), 2);
    assert_eq!(conditions(&cluster, &name), ["Accepted=True Accepted", "Provisioned=False CapacityIsNotFound"]);
    let eta = message(&cluster, &name, "Provisioned");
    assert!(eta.starts_with("0 of 2 pods have room on Ready nodes; ") && eta.contains("Ready by 2"), "{eta}");

    pass(&cluster, &name, Duration::from_mins(1));
    cluster.apply(&[]).exits(0);
    assert_eq!(cluster.desired(WEST, "workers"), 2, "it is bought once");
    assert_eq!(conditions(&cluster, &name)[1], "Provisioned=False CapacityIsNotFound");

    cluster.register_nodes(WEST, "workers");
    pass(&cluster, &name, Duration::from_mins(1));
    cluster.apply(&[]).exits(0);
    let provisioned = ["Accepted=True Accepted", "Provisioned=True CapacityIsProvisioned"];
    assert_eq!(conditions(&cluster, &name), provisioned);

    // Now Kueue admits the job. Its pods name the request, and one of them has a node.
    pass(&cluster, &name, Duration::from_mins(4));
    cluster.kubernetes.seed((1..=2).map(|number| job(&format!("train-{number}"), 1500).annotation(USES, &name)));
    let node = cluster.kubernetes.all("nodes")[0]["metadata"]["name"].as_str().expect("a name").to_owned();
    cluster.kubernetes.bind("default", "train-1", &node);
    cluster.forget_calls();
    let plan = cluster.apply(&["--idle-threshold", "1m", "--min-node-age", "0"]).exits(0).json()["plan"].clone();
    assert_eq!(verdicts(&plan), ["train-2: room-requested"]);
    assert_eq!((&plan["requests"][0]["state"], &plan["requests"][0]["bound"]), (&json!("booked"), &json!(1)));
    assert_eq!((cluster.desired(WEST, "workers"), status_writes(&cluster)), (2, 0));
    assert_eq!(conditions(&cluster, &name), provisioned);

    assert_eq!(cluster.schedule().len(), 1);
    cluster.apply(&[]).exits(0);
    assert_eq!(conditions(&cluster, &name)[2], "BookingExpired=True CapacityBookingConsumed");
    cluster.forget_calls();
    let plan = cluster.apply(&[]).exits(0).json()["plan"].clone();
    assert_eq!((plan.get("requests"), status_writes(&cluster)), (None, 0));
}

#[test]
fn a_booking_ends_after_ten_minutes_and_the_second_attempt_has_the_nodes() {
    let cluster = cluster();
    let first = ask(&cluster, ATOMIC, 1, 2);
    cluster.apply(&[]).exits(0);
    cluster.register_nodes(WEST, "workers");
    cluster.apply(&[]).exits(0);
    assert_eq!(conditions(&cluster, &first)[1], "Provisioned=True CapacityIsProvisioned");
    pass(&cluster, &first, Duration::from_mins(10));
    cluster.apply(&[]).exits(0);
    assert_eq!(conditions(&cluster, &first)[2], "BookingExpired=True CapacityReservationTimeExpired");

    // Kueue asks again.
    let second = ask(&cluster, ATOMIC, 2, 2);
    cluster.apply(&[]).exits(0);
    assert_eq!(conditions(&cluster, &second)[1], "Provisioned=True CapacityIsProvisioned");
    assert_eq!(cluster.desired(WEST, "workers"), 2);
}

#[test]
fn a_request_that_is_too_large_buys_nothing_and_a_check_never_does() {
    let cluster = cluster();
    let large = ask(&cluster, ATOMIC, 1, 5);
    let check = ask(&cluster, CHECK, 2, 1);
    cluster.apply(&[]).exits(0);
    assert_eq!(cluster.aws_changes(), [""; 0]);
    for name in [&large, &check] {
        assert_eq!(conditions(&cluster, name), ["Accepted=True Accepted", "Provisioned=False CapacityIsNotFound"]);
    }
    assert!(message(&cluster, &large, "Provisioned").contains("needs room for 5 pods at once and has it for 4"));
    assert_eq!(message(&cluster, &check, "Provisioned"), "The request finds room for 0 of 1 pod on Ready nodes.");
    cluster.forget_calls();
    cluster.apply(&[]).exits(0);
    assert_eq!(status_writes(&cluster), 0, "nothing is written that stands there");
}

#[test]
fn a_status_that_cannot_be_written_is_reported_and_ends_nothing() {
    let cluster = cluster();
    let name = ask(&cluster, ATOMIC, 1, 2);
    cluster.kubernetes.fault(Fault::on("patch", "provisioningrequests/status").status(403));
    let refused = cluster.apply(&[]).exits(3).json();
    assert_eq!(refused["report"]["statuses"][0]["status"], "failed", "{}", refused["report"]);
    assert_eq!(cluster.desired(WEST, "workers"), 2);
    cluster.kubernetes.clear_faults();

    // Somebody writes between the look and the write.
    let changed = name.clone();
    let pattern = crate::support::kubernetes::CallPattern::on("get", "provisioningrequests");
    cluster.kubernetes.before(pattern, move |server| {
        server.edit("provisioningrequests", "default", &changed, |request| request["metadata"]["labels"]["a"] = json!("b"));
    });
    let conflict = cluster.apply(&[]).exits(0).json();
    assert_eq!(conflict["report"]["statuses"][0]["status"], "changed", "{}", conflict["report"]);
    assert_eq!(conditions(&cluster, &name), [""; 0]);
    cluster.apply(&[]).exits(0);
    assert_eq!(conditions(&cluster, &name).len(), 2);
}

#[test]
fn requests_are_left_to_cluster_autoscaler_where_it_is_active() {
    let cluster = cluster();
    let name = ask(&cluster, ATOMIC, 1, 2);
    let now = Timestamp::now().strftime("%FT%T.000000Z").to_string();
    let lease = object("coordination.k8s.io/v1", "Lease", "kube-system", "cluster-autoscaler");
    cluster.kubernetes.add(lease.with("/spec", json!({ "holderIdentity": "ca-0", "renewTime": now })));
    let plan = cluster.apply(&["--beside-cluster-autoscaler"]).exits(0).json()["plan"].clone();
    assert_eq!(plan["requests"][0]["state"], "left-to-another", "{}", plan["requests"]);
    assert_eq!((cluster.desired(WEST, "workers"), conditions(&cluster, &name)), (0, Vec::new()));
}

#[test]
fn a_cluster_without_the_kind_costs_no_call_and_others_cost_few() {
    let cluster = cluster();
    let paths = |cluster: &TestCluster| {
        let calls = cluster.kubernetes.calls().into_iter().map(|call| call.path);
        let is_ours = |path: &String| ["requests", "podtemplates", "priorityclasses"].iter().any(|word| path.contains(word));
        calls.filter(is_ours).collect::<Vec<_>>()
    };
    cluster.plan(&[]).exits(0);
    assert_eq!(paths(&cluster), [""; 0]);

    let other = ask(&cluster, "queued-provisioning.gke.io", 1, 2);
    cluster.forget_calls();
    let plan = cluster.plan(&[]).exits(0).json();
    assert_eq!(plan.get("requests"), None);
    assert_eq!(paths(&cluster), ["/apis/autoscaling.x-k8s.io/v1/provisioningrequests"]);
    assert_eq!(conditions(&cluster, &other), [""; 0]);

    ask(&cluster, CHECK, 2, 1);
    cluster.forget_calls();
    let table = run(&mut cluster.command("plan", &[])).exits(0).stdout;
    assert!(table.contains("REQUESTS"), "{table}");
    assert_eq!(paths(&cluster).len(), 3, "{:?}", paths(&cluster));
}
