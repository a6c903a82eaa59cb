//! The status ConfigMap after runs that succeed, fail, meet each other, or may not write it.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::cluster::{TestCluster, WEST, run};
use super::world::job;
use crate::support::aws::LaunchFailure;
use crate::support::kubernetes::objects::{lease, node};
use crate::support::kubernetes::{CallPattern, Fault};

const NAME: &str = "ec2-autoscale-status";

fn data(cluster: &TestCluster, key: &str) -> String {
    let map = cluster.kubernetes.get("configmaps", "kube-system", NAME);
    map["data"][key].as_str().unwrap_or_default().to_owned()
}

fn status(cluster: &TestCluster) -> Value {
    serde_saphyr::from_str(&data(cluster, "status")).expect("YAML")
}

fn with_a_pending_pod() -> TestCluster {
    let cluster = TestCluster::start();
    cluster.group("workers").launch_template("m5.large").max(10).create();
    cluster.kubernetes.add(job("job", 900));
    cluster
}

#[test]
fn it_says_how_the_last_run_ended_and_what_it_saw() {
    let cluster = with_a_pending_pod();
    cluster.kubernetes.seed([job("huge", 64_000)]);
    cluster.kubernetes.add(node("stranger").ready(false).cordoned());
    let before = Timestamp::now();
    cluster.apply(&[]).exits(0);
    let time = |key: &str| data(&cluster, key).parse::<Timestamp>().expect("a time");
    assert!(time("last-run") >= before - Duration::from_secs(1) && time("last-run") <= Timestamp::now());
    assert_eq!((time("last-success"), data(&cluster, "exit-code").as_str()), (time("last-run"), "0"));
    assert_eq!(data(&cluster, "last-error"), "");
    let status = status(&cluster);
    assert_eq!(status["cluster"], "test");
    assert_eq!(status["steps"], "1 step done");
    assert_eq!(status["pods"], json!({"cannot-help": 1, "fits-new": 1}));
    assert_eq!(status["nodes"], json!({"unmanaged": 1}));
    let group = &status["groups"][0];
    assert_eq!((&group["name"], &group["region"]), (&json!("workers"), &json!(WEST)));
    assert_eq!((&group["desired"], &group["desiredAfter"], &group["max"]), (&json!(0), &json!(1), &json!(10)));
    assert_eq!(status["findings"][0]["code"], "unmanaged-nodes");
    assert_eq!(status["backoffs"], json!([]));
}

#[test]
fn backoffs_have_their_end() {
    let cluster = with_a_pending_pod();
    cluster.aws.fail_launches(&LaunchFailure::code("InsufficientInstanceCapacity"));
    cluster.apply(&[]).exits(0);
    cluster.apply(&[]).exits(0);
    let backoff = &status(&cluster)["backoffs"][0];
    assert_eq!(backoff["group"], "workers (us-west-2)");
    assert!(
        backoff["until"].as_str().is_some_and(|until| until.parse::<Timestamp>().is_ok_and(|until| until > Timestamp::now()))
    );
    assert!(backoff["message"].as_str().is_some_and(|words| words.contains("sufficient m5.large capacity")), "{backoff}");
}

#[test]
fn a_run_that_fails_says_why_and_keeps_what_is_known() {
    let cluster = with_a_pending_pod();
    cluster.apply(&[]).exits(0);
    let (success, known) = (data(&cluster, "last-success"), data(&cluster, "status"));
    cluster.kubernetes.fault(Fault::on("list", "pods").status(403).message("pods is forbidden"));
    let run = run(&mut cluster.command("apply", &[])).fails(1, &["pods"]);
    assert_eq!(run.stderr.lines().filter(|line| line.starts_with("note")).count(), 0, "{}", run.stderr);
    assert_eq!(data(&cluster, "exit-code"), "1");
    assert_eq!((data(&cluster, "last-success"), data(&cluster, "status")), (success, known));
    let error = data(&cluster, "last-error");
    assert!(error.contains(" exit code 1: ") && error.contains("list pods"), "{error}");

    // The next success leaves the last error to be read.
    cluster.kubernetes.clear_faults();
    cluster.apply(&[]).exits(0);
    assert_eq!((data(&cluster, "exit-code").as_str(), data(&cluster, "last-error")), ("0", error));
    assert_eq!(data(&cluster, "last-success"), data(&cluster, "last-run"));
}

#[test]
fn an_incomplete_run_is_no_success() {
    let cluster = with_a_pending_pod();
    cluster.kubernetes.fault(Fault::on("list", "poddisruptionbudgets").status(403));
    cluster.apply(&[]).exits(3);
    assert_eq!((data(&cluster, "exit-code").as_str(), data(&cluster, "last-success").as_str()), ("3", ""));
    assert!(data(&cluster, "last-error").contains("poddisruptionbudgets"), "{}", data(&cluster, "last-error"));
    assert_eq!(status(&cluster)["complete"], false);
}

#[test]
fn what_somebody_writes_meanwhile_is_kept() {
    let cluster = with_a_pending_pod();
    cluster.apply(&[]).exits(0);
    cluster.forget_calls();
    cluster.kubernetes.before(CallPattern::on("update", "configmaps"), |kubernetes| {
        kubernetes.edit("configmaps", "kube-system", NAME, |map| {
            map["data"]["said"] = json!("{\"channel x\":\"2026-11-22T12:00:00Z\"}");
            map["metadata"]["labels"]["team"] = json!("ml");
        });
    });
    assert_eq!(cluster.apply(&[]).exits(0).stderr, "");
    let writes = cluster.kubernetes.mutations().into_iter().filter(|call| call.resource == "configmaps");
    assert_eq!(writes.map(|call| call.status).collect::<Vec<_>>(), [Some(409), Some(200)]);
    assert!(data(&cluster, "said").contains("channel x"));
    assert_eq!(cluster.kubernetes.get("configmaps", "kube-system", NAME)["metadata"]["labels"]["team"], "ml");
}

#[test]
fn a_run_that_another_keeps_out_says_nothing() {
    let cluster = with_a_pending_pod();
    cluster.kubernetes.add(lease("kube-system", "ec2-autoscale", "other", Timestamp::now()));
    run(&mut cluster.command("apply", &[])).fails(75, &["another apply holds the lease"]);
    assert_eq!(cluster.notices(), [""; 0]);
}

#[test]
fn it_lives_beside_the_lease() {
    let cluster = with_a_pending_pod();
    cluster.kubernetes.add(crate::support::kubernetes::objects::namespace("ops"));
    cluster.apply(&["--lease-namespace", "ops"]).exits(0);
    let map = cluster.kubernetes.get("configmaps", "ops", NAME);
    assert_eq!(map["data"]["exit-code"], "0");
    assert_eq!(map["metadata"]["labels"]["app.kubernetes.io/name"], "ec2-autoscale");
    assert!(cluster.kubernetes.find("configmaps", "kube-system", NAME).is_none());
}
