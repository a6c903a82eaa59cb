//! `apply --until-needed`: one run that first waits for a pod that needs a node.

use std::io::Write as _;
use std::thread;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::cluster::{Running, TestCluster, WEST};
use super::world::job;
use crate::support::aws_stand_in::AwsStandIn;
use crate::support::kubernetes::objects::{Object as _, object, pod};
use crate::support::kubernetes::{Call, Fault, KubernetesServer, Rule};

/// Longer than any test waits, so that an early end shows.
const LONG: &str = "10m";
const PATIENCE: Duration = Duration::from_mins(2);

/// Makes a cluster with one empty group, over the stand-in for AWS.
fn cluster() -> TestCluster {
    let folder = tempfile::tempdir().expect("a directory can be made");
    let cluster = TestCluster { kubernetes: KubernetesServer::start(), aws: AwsStandIn::account(), folder };
    cluster.group("workers").launch_template("m5.large").max(50).create();
    cluster
}

/// Starts a run that waits, and returns once it watches.
fn waiting(cluster: &TestCluster, wait: &str) -> Running {
    let running = Running::start(cluster.command("apply", &["-o", "json", "--until-needed", wait]).env_remove("NO_PROXY"));
    until("it watches", || count(cluster, "watch") > 0);
    running
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let patience = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < patience, "in vain: {what}");
        thread::park_timeout(Duration::from_millis(5));
    }
}

/// Returns how often pods were listed or watched.
fn count(cluster: &TestCluster, verb: &str) -> usize {
    cluster.kubernetes.calls().iter().filter(|call| call.verb == verb && call.resource == "pods").count()
}

fn ago(seconds: i64) -> Timestamp {
    Timestamp::now() - SignedDuration::from_secs(seconds)
}

#[test]
fn a_pod_that_no_node_takes_ends_the_wait_and_is_helped_once() {
    let cluster = cluster();
    let running = waiting(&cluster, LONG);
    assert!(cluster.aws.calls().is_empty(), "{:?}", cluster.aws.calls());
    cluster.assert_untouched();
    // Which API groups there are is no resource.
    let only_pods = cluster.kubernetes.calls().iter().all(|call| call.verb.is_empty() || call.resource == "pods");
    assert!(only_pods, "{:?}", cluster.kubernetes.calls());

    // Neither of these is one that a run helps.
    cluster.kubernetes.add(pod("default", "unseen"));
    cluster.kubernetes.add(job("low", 100).priority(-50));
    cluster.kubernetes.add(job("train", 900));
    let run = running.end().exits(0);
    assert_eq!(run.steps(), ["set-desired: done"]);
    assert_eq!(cluster.desired(WEST, "workers"), 1);
    assert_eq!(cluster.kubernetes.calls().iter().filter(|call| call.verb == "list" && call.resource == "nodes").count(), 1);
}

/// Returns a request and a buffer for a pod that needs a node.
fn room() -> [Value; 2] {
    let class = "best-effort-atomic-scale-up.autoscaling.x-k8s.io";
    let sets = json!([{ "podTemplateRef": { "name": "large" }, "count": 1 }]);
    let request = object("autoscaling.x-k8s.io/v1", "ProvisioningRequest", "default", "train");
    let buffer = object("autoscaling.x-k8s.io/v1beta1", "CapacityBuffer", "default", "spare");
    [
        request.with("/spec/provisioningClassName", class).with("/spec/podSets", sets),
        buffer.with("/spec", json!({ "podTemplateRef": { "name": "large" }, "replicas": 1 })),
    ]
}

/// Makes a cluster in which a run has seen a request and a buffer for nothing.
fn cluster_with_room() -> TestCluster {
    let cluster = cluster();
    let container = json!({ "name": "c", "image": "i", "resources": { "requests": { "cpu": "900m" } } });
    let template = object("v1", "PodTemplate", "default", "large");
    cluster.kubernetes.add(template.with("/template/spec", json!({ "containers": [container] })));
    for object in room() {
        let over = json!([{ "type": "Failed", "status": "True", "reason": "Expired", "message": "", "observedGeneration": 1,
            "lastTransitionTime": "2026-11-22T10:00:00Z" }]);
        let object = object.with("/metadata/name", "old").with("/spec/replicas", 0);
        cluster.kubernetes.add(object.with("/status/conditions", over));
    }
    cluster
}

#[test]
fn a_new_request_and_a_new_buffer_end_the_wait() {
    for object in room() {
        let cluster = cluster_with_room();
        let running = waiting(&cluster, LONG);
        for resource in ["provisioningrequests", "capacitybuffers"] {
            let watches = |call: &Call| call.verb == "watch" && call.resource == resource;
            until(resource, || cluster.kubernetes.calls().iter().any(watches));
        }
        cluster.kubernetes.add(object);
        assert_eq!(running.end().exits(0).steps(), ["set-desired: done"]);
        assert_eq!(cluster.desired(WEST, "workers"), 1);
    }
}

#[test]
fn where_room_may_not_be_watched_pods_are_waited_for() {
    let cluster = cluster_with_room();
    let groups =
        ["", "apps", "policy", "storage.k8s.io", "resource.k8s.io", "node.k8s.io", "coordination.k8s.io", "events.k8s.io"];
    let rules: Vec<Rule> = groups.map(|group| Rule::allow(&["*"], group, "*")).into();
    let mut command = cluster.command("apply", &["-o", "json", "--until-needed", "2s"]);
    command.env("KUBECONFIG", cluster.kubernetes.token_limited_to(&rules));
    // That they cannot be read either is a finding.
    super::cluster::run(&mut command).exits(3);
    assert_eq!(count(&cluster, "watch"), 1);
}

#[test]
fn when_no_pod_comes_it_looks_once_when_time_is_up() {
    let cluster = cluster();
    let begun = Instant::now();
    let run = cluster.apply(&["--until-needed", "2s"]).exits(0);
    assert!(begun.elapsed() >= Duration::from_secs(2));
    assert_eq!(run.steps(), [""; 0]);
    assert_eq!(cluster.kubernetes.all("leases").len(), 0);
}

/// Whatever nothing can help would otherwise end every wait at once.
#[test]
fn a_pod_that_an_earlier_run_has_seen_does_not_end_the_wait() {
    let cluster = cluster();
    cluster.kubernetes.add(job("huge", 64_000).unschedulable_since(ago(600)));
    let begun = Instant::now();
    cluster.apply(&["--until-needed", "3s"]).exits(0);
    assert!(begun.elapsed() >= Duration::from_secs(3));
}

#[test]
fn a_pod_that_came_between_two_runs_is_not_waited_for() {
    let cluster = cluster();
    cluster.kubernetes.add(job("train", 900).unschedulable_since(ago(90)));
    let begun = Instant::now();
    assert_eq!(cluster.apply(&["--until-needed", "50s"]).exits(0).steps(), ["set-desired: done"]);
    assert!(begun.elapsed() < Duration::from_secs(40));
}

#[test]
fn a_watch_that_ends_goes_on_and_one_that_has_expired_begins_anew() {
    let cluster = cluster();
    cluster.kubernetes.add(job("huge", 64_000).unschedulable_since(ago(3600)));
    let running = waiting(&cluster, LONG);
    cluster.kubernetes.end_watches();
    until("it watches again", || count(&cluster, "watch") == 2);
    assert_eq!(count(&cluster, "list"), 1);

    cluster.kubernetes.fault(Fault::on("watch", "pods").status(500).times(1));
    cluster.kubernetes.fault(Fault::on("watch", "pods").cut_before().times(1));
    cluster.kubernetes.add(pod("default", "other"));
    cluster.kubernetes.expire_continue_tokens();
    cluster.kubernetes.end_watches();
    until("it lists again", || count(&cluster, "list") >= 2);
    let watches = count(&cluster, "watch");
    until("it watches that", || count(&cluster, "watch") > watches);

    cluster.kubernetes.add(job("train", 900));
    assert_eq!(running.end().exits(0).steps(), ["set-desired: done"]);
}

#[test]
fn a_signal_ends_the_wait_and_leaves_nothing() {
    let cluster = cluster();
    let running = waiting(&cluster, LONG);
    running.handle().terminate();
    let run = running.end().exits(0);
    assert!(run.stderr.contains("stopped while waiting for a pod; nothing was looked at or changed"), "{}", run.stderr);
    assert_eq!((run.stdout.as_str(), cluster.aws.calls().len(), cluster.notices().len()), ("", 0, 0));
    cluster.assert_untouched();
}

#[test]
fn without_the_right_to_watch_it_names_it() {
    let cluster = cluster();
    let rules = [Rule::allow(&["list"], "", "pods")];
    let mut command = cluster.command("apply", &["--until-needed", LONG, "--no-status", "--no-events"]);
    command.env("KUBECONFIG", cluster.kubernetes.token_limited_to(&rules));
    super::cluster::run(&mut command).fails(1, &["watch pods (cluster-wide)", "ClusterRole"]);
}

#[test]
fn where_there_is_nothing_to_wait_for_it_is_refused() {
    let cluster = cluster();
    let run = |arguments: &[&str]| super::cluster::run(&mut cluster.command("apply", arguments));
    run(&["plan.json", "--until-needed", "50s"]).fails(64, &["--until-needed", "PLAN"]);
    run(&["--dry-run", "--until-needed", "50s"]).fails(64, &["--until-needed", "--dry-run"]);
    run(&["--until-needed", "soon"]).fails(64, &["--until-needed", "is not a duration", "10m"]);
    super::cluster::run(&mut cluster.command("plan", &["--until-needed", "50s"])).fails(64, &["--until-needed"]);
    assert!(cluster.kubernetes.calls().is_empty() && cluster.aws.calls().is_empty());
}

/// From the first pod of a burst to the larger desired capacity. The limits are loose, as other
/// tests share the machine; the figures are printed.
#[test]
fn a_burst_is_answered_in_seconds() {
    const BURSTS: usize = 20;
    let mut taken: Vec<Duration> = (0..BURSTS).map(|number| answer_to_a_burst(20 + number)).collect();
    taken.sort();
    let (median, late) = (taken[BURSTS / 2], taken[BURSTS * 95 / 100 - 1]);
    let line = format!("{BURSTS} bursts: median {median:.2?}, p95 {late:.2?}, all {taken:.2?}\n");
    let _ = std::io::stderr().write_all(line.as_bytes());
    assert!(median <= Duration::from_secs(5) && late <= Duration::from_secs(15), "{line}");
}

/// Returns how long it took until a burst of pods, which come within 300 ms, had its nodes asked
/// for.
fn answer_to_a_burst(pods: usize) -> Duration {
    let cluster = cluster();
    let running = waiting(&cluster, LONG);
    let begun = Instant::now();
    for number in 0..pods {
        cluster.kubernetes.add(job(&format!("job-{number}"), 900));
        thread::park_timeout(Duration::from_millis(300) / u32::try_from(pods).expect("a few"));
    }
    until("nodes are asked for", || cluster.desired(WEST, "workers") > 0);
    let taken = begun.elapsed();
    assert_eq!(running.end().exits(0).steps(), ["set-desired: done"]);
    let fit_on_a_node = 2;
    assert_eq!(cluster.desired(WEST, "workers") as usize, pods.div_ceil(fit_on_a_node));
    taken
}
