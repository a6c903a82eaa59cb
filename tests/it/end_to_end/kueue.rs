//! Kueue's admission check for ProvisioningRequests, as far as it goes to our conditions and back:
//! it reads AdmissionCheck, ProvisioningRequestConfig and Workload, makes PodTemplates and
//! requests, and writes the state of the check. The product reads none of Kueue's own objects.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::cluster::{TestCluster, WEST, verdicts};
use super::world::job;
use crate::support::kubernetes::KubernetesServer;
use crate::support::kubernetes::objects::{Object as _, object};

pub(super) const ATOMIC: &str = "best-effort-atomic-scale-up.autoscaling.x-k8s.io";
const CHECK: &str = "check-capacity.autoscaling.x-k8s.io";
const USES: &str = "autoscaling.x-k8s.io/consume-provisioning-request";
const API: &str = "kueue.x-k8s.io/v1beta2";
const WORKLOAD: &str = "job-train-1a2b3";

/// Kueue's controller of one check of one workload.
pub(super) struct Kueue<'s> {
    kubernetes: &'s KubernetesServer,
    attempt: u32,
}

impl<'s> Kueue<'s> {
    /// Makes a check whose requests are of a class, and a workload of so many pods that waits for
    /// it; then the first request.
    pub(super) fn asks(kubernetes: &'s KubernetesServer, class: &str, parameters: &Value, pods: u32) -> Self {
        let config = object(API, "ProvisioningRequestConfig", "", "gpu").with("/spec/provisioningClassName", class);
        let retry = json!({ "backoffLimitCount": 3, "backoffBaseSeconds": 60, "backoffMaxSeconds": 1800 });
        kubernetes.add(config.with("/spec/parameters", parameters.clone()).with("/spec/retryStrategy", retry));
        let named = json!({ "apiGroup": "kueue.x-k8s.io", "kind": "ProvisioningRequestConfig", "name": "gpu" });
        let check = object(API, "AdmissionCheck", "", "gpu").with("/spec/parameters", named);
        kubernetes.add(check.with("/spec/controllerName", "kueue.x-k8s.io/provisioning-request"));
        let container =
            json!({ "name": "main", "image": "train", "resources": { "requests": { "cpu": "1500m", "memory": "1Gi" } } });
        let template = json!({ "metadata": { "labels": { "app": "train" } },
            "spec": { "containers": [container], "restartPolicy": "Never" } });
        let workload = object(API, "Workload", "default", WORKLOAD);
        kubernetes.add(workload.with("/spec/podSets", json!([{ "name": "main", "count": pods, "template": template }])));
        let mut kueue = Self { kubernetes, attempt: 0 };
        kueue.ask();
        kueue
    }

    /// Returns the name of the request of the present attempt.
    pub(super) fn request(&self) -> String {
        format!("{WORKLOAD}-gpu-{}", self.attempt)
    }

    /// Makes the PodTemplates and the request of the next attempt.
    fn ask(&mut self) {
        self.attempt += 1;
        let name = self.request();
        let check = self.kubernetes.get("admissionchecks", "", "gpu");
        let config = check["spec"]["parameters"]["name"].as_str().expect("a name");
        let config = self.kubernetes.get("provisioningrequestconfigs", "", config)["spec"].clone();
        let workload = self.kubernetes.get("workloads", "default", WORKLOAD);
        let managed = ("kueue.x-k8s.io/managed", "true");
        let mut sets = Vec::new();
        for set in workload["spec"]["podSets"].as_array().expect("pod sets") {
            let template = format!("ppt-{name}-{}", set["name"].as_str().expect("a name"));
            let made = object("v1", "PodTemplate", "default", &template).label(managed.0, managed.1);
            self.kubernetes.add(made.with("/template", set["template"].clone()));
            sets.push(json!({ "podTemplateRef": { "name": template }, "count": set["count"] }));
        }
        let request = object("autoscaling.x-k8s.io/v1", "ProvisioningRequest", "default", &name).label(managed.0, managed.1);
        let owner = json!([{ "apiVersion": API, "kind": "Workload", "name": WORKLOAD, "uid": workload["metadata"]["uid"],
            "controller": true, "blockOwnerDeletion": true }]);
        let request = request.with("/spec/provisioningClassName", config["provisioningClassName"].clone());
        let request = request.with("/spec/parameters", config["parameters"].clone()).with("/spec/podSets", json!(sets));
        self.kubernetes.add(request.with("/metadata/ownerReferences", owner));
    }

    fn conditions(&self) -> Vec<Value> {
        let request = self.kubernetes.get("provisioningrequests", "default", &self.request());
        request["status"]["conditions"].as_array().cloned().unwrap_or_default()
    }

    /// Returns the reason of a condition that holds.
    pub(super) fn holds(&self, kind: &str) -> Option<String> {
        let condition = self.conditions().into_iter().find(|it| it["type"] == kind && it["status"] == "True")?;
        condition["reason"].as_str().map(str::to_owned)
    }

    /// Writes the state of the check by the conditions, and returns it: `Ready`, or `Pending` with
    /// the message that people see. A request that failed or whose booking ended before the
    /// workload was admitted is made again; one whose room was taken away deactivates the workload.
    pub(super) fn look(&mut self) -> String {
        let workload = self.kubernetes.get("workloads", "default", WORKLOAD);
        let is_admitted = workload["status"]["admitted"] == true;
        let state = if self.holds("CapacityRevoked").is_some() {
            self.kubernetes.edit("workloads", "default", WORKLOAD, |it| it["spec"]["active"] = json!(false));
            "Rejected".to_owned()
        } else if self.holds("Failed").is_some() || (self.holds("BookingExpired").is_some() && !is_admitted) {
            if self.attempt > 3 {
                "Rejected".to_owned()
            } else {
                self.ask();
                "Retry".to_owned()
            }
        } else if self.holds("Provisioned").is_some() {
            "Ready".to_owned()
        } else {
            let provisioned = self.conditions().into_iter().find(|it| it["type"] == "Provisioned");
            let message = provisioned.and_then(|it| it["message"].as_str().map(str::to_owned)).unwrap_or_default();
            format!("Pending {message}")
        };
        let (name, message) = state.split_once(' ').unwrap_or((&state, ""));
        let written = json!([{ "name": "gpu", "state": name, "message": message }]);
        self.kubernetes.edit("workloads", "default", WORKLOAD, |it| it["status"]["admissionChecks"] = written);
        state
    }

    /// Admits the workload: its pods come, and name the request.
    pub(super) fn admit(&self) {
        self.kubernetes.edit("workloads", "default", WORKLOAD, |it| it["status"]["admitted"] = json!(true));
        let workload = self.kubernetes.get("workloads", "default", WORKLOAD);
        let count = workload["spec"]["podSets"][0]["count"].as_u64().expect("a count");
        let pod = |number: u64| job(&format!("train-{number}"), 1500).annotation(USES, &self.request());
        self.kubernetes.seed((1..=count).map(pod));
    }

    /// Lets time pass for the request.
    pub(super) fn pass(&self, time: Duration) {
        let by = SignedDuration::try_from(time).expect("a short time");
        let earlier = |value: &mut Value| {
            if let Some(at) = value.as_str().and_then(|text| text.parse::<Timestamp>().ok()) {
                *value = json!((at - by).strftime("%FT%TZ").to_string());
            }
        };
        self.kubernetes.edit("provisioningrequests", "default", &self.request(), |request| {
            earlier(&mut request["metadata"]["creationTimestamp"]);
            for condition in request["status"]["conditions"].as_array_mut().into_iter().flatten() {
                earlier(&mut condition["lastTransitionTime"]);
            }
        });
    }

    /// Has somebody take the room of the request away.
    fn revoke(&self) {
        let now = Timestamp::now().strftime("%FT%TZ").to_string();
        let revoked = json!({ "type": "CapacityRevoked", "status": "True", "reason": "NodesTakenBack",
            "message": "the nodes were taken back", "lastTransitionTime": now });
        self.kubernetes.edit("provisioningrequests", "default", &self.request(), |request| {
            request["status"]["conditions"].as_array_mut().expect("conditions").push(revoked);
        });
    }
}

/// Makes a cluster with a group of which each node has room for one pod.
fn cluster() -> TestCluster {
    let cluster = TestCluster::start();
    cluster.group("workers").launch_template("m5.large").max(4).create();
    cluster
}

/// Lets ten minutes pass for everything.
fn ten_minutes(cluster: &TestCluster, kueue: &Kueue<'_>) {
    cluster.pass(Duration::from_mins(10));
    kueue.pass(Duration::from_mins(10));
}

/// The parameters of the config come with the request, so that a run has nothing of Kueue to read.
#[test]
fn a_failed_check_is_made_again_and_one_that_nobody_used_in_time_as_well() {
    let cluster = cluster();
    let mut kueue = Kueue::asks(&cluster.kubernetes, CHECK, &json!({ "noRetry": "true" }), 2);
    cluster.apply(&[]).exits(0);
    assert_eq!(kueue.holds("Failed").as_deref(), Some("CapacityIsNotFound"));
    assert_eq!(kueue.look(), "Retry");

    // Before the second attempt is looked at, nodes have come.
    cluster.aws.set_desired(WEST, "workers", 2);
    cluster.register_nodes(WEST, "workers");
    cluster.apply(&[]).exits(0);
    assert_eq!((kueue.holds("Provisioned").as_deref(), kueue.look().as_str()), (Some("CapacityIsFound"), "Ready"));

    // Another check of the workload is not ready for ten minutes.
    ten_minutes(&cluster, &kueue);
    cluster.apply(&[]).exits(0);
    assert_eq!(kueue.holds("BookingExpired").as_deref(), Some("CapacityReservationTimeExpired"));
    assert_eq!(kueue.look(), "Retry");
    cluster.apply(&[]).exits(0);
    assert_eq!((kueue.look().as_str(), kueue.request().ends_with("-3")), ("Ready", true));

    kueue.admit();
    assert_eq!(cluster.schedule().len(), 2);
    cluster.apply(&[]).exits(0);
    assert_eq!(kueue.holds("BookingExpired").as_deref(), Some("CapacityBookingConsumed"));
    assert_eq!(kueue.look(), "Ready", "an admitted workload stays");
    assert_eq!(cluster.desired(WEST, "workers"), 2);
    let is_kueues = |path: &str| path.contains("kueue.x-k8s.io");
    let of_kueue = cluster.kubernetes.calls().into_iter().filter(|call| is_kueues(&call.path)).count();
    assert_eq!(of_kueue, 0, "a run needs no right to Kueue's own objects");
}

#[test]
fn a_request_that_runs_out_of_time_fails_and_the_next_attempt_buys_once_there_is_room() {
    let cluster = cluster();
    let mut kueue = Kueue::asks(&cluster.kubernetes, ATOMIC, &json!({ "ValidUntilSeconds": "600" }), 2);
    let busy = ["--max-nodes-total", "1"];
    cluster.apply(&busy).exits(0);
    let waits = kueue.look();
    assert!(waits.starts_with("Pending ") && waits.contains("needs room for 2 pods at once and has it for 1"), "{waits}");
    ten_minutes(&cluster, &kueue);
    cluster.apply(&busy).exits(0);
    assert_eq!((kueue.holds("Failed").as_deref(), kueue.look().as_str()), (Some("Expired"), "Retry"));
    assert_eq!(cluster.desired(WEST, "workers"), 0);

    cluster.apply(&[]).exits(0);
    assert_eq!(cluster.desired(WEST, "workers"), 2);
    let coming = kueue.look();
    assert!(coming.starts_with("Pending 0 of 2 pods have room on Ready nodes; "), "{coming}");
    cluster.register_nodes(WEST, "workers");
    cluster.apply(&[]).exits(0);
    assert_eq!((kueue.look().as_str(), kueue.holds("Provisioned").as_deref()), ("Ready", Some("CapacityIsProvisioned")));
}

/// Nobody writes this condition today; whoever does takes the room, and it is held no longer.
#[test]
fn the_room_of_a_request_that_was_revoked_is_not_held() {
    let cluster = cluster();
    let mut kueue = Kueue::asks(&cluster.kubernetes, ATOMIC, &json!({}), 2);
    cluster.apply(&[]).exits(0);
    cluster.register_nodes(WEST, "workers");
    cluster.apply(&[]).exits(0);
    assert_eq!(kueue.look(), "Ready");
    let idle = ["--idle-threshold", "1m", "--min-node-age", "0"];
    cluster.pass(Duration::from_mins(5));
    let held = cluster.plan(&idle).exits(0).json();
    assert_eq!(held["requests"][0]["state"], "booked", "{held}");

    kueue.revoke();
    let plan = cluster.plan(&idle).exits(0).json();
    assert_eq!((plan.get("requests"), verdicts(&plan)), (None, Vec::new()), "{plan}");
    assert_eq!(kueue.look(), "Rejected");
    assert_eq!(cluster.kubernetes.get("workloads", "default", WORKLOAD)["spec"]["active"], false);
}
