//! A snapshot of the live cluster, and the plan made from it.

use std::io::Write as _;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};

use super::cluster::{BOTH, EAST, Run, TestCluster, WEST, run};
use super::world::job;
use crate::support::kubernetes::objects::{Object as _, budget, daemon_set};

const SECRET: &str = "hunter2";

/// Makes something of everything: busy and idle nodes, two regions, pods that can be helped and one
/// that cannot.
fn lively_cluster() -> TestCluster {
    let cluster = TestCluster::start();
    cluster.group("workers").region(WEST).launch_template("m5.large").max(3).desired(2).create();
    cluster.group("workers").region(EAST).zones(["us-east-1a"]).launch_template("m5.xlarge").create();
    let nodes = cluster.register_nodes(WEST, "workers");
    cluster.kubernetes.add(job("train", 1000).node(&nodes[0]));
    cluster.kubernetes.add(daemon_set("kube-system", "agent").requests(&[("cpu", "100m")]));
    cluster.kubernetes.add(budget("default", "guard"));
    cluster.pass(Duration::from_hours(1));
    cluster.kubernetes.seed((1..=3).map(|number| job(&format!("job-{number}"), 1500)));
    cluster.kubernetes.add(job("huge", 90_000));
    cluster
}

/// Replaces every moment by the same word; a plan with no moment in its sentences is then the same
/// at any time.
fn without_moments(mut value: Value) -> Value {
    blur(&mut value);
    value
}

fn blur(value: &mut Value) {
    match value {
        Value::String(text) if text.parse::<jiff::Timestamp>().is_ok() => *value = json!("a moment"),
        Value::Array(items) => items.iter_mut().for_each(blur),
        Value::Object(fields) => fields.values_mut().for_each(blur),
        _ => {}
    }
}

#[test]
fn a_plan_from_a_snapshot_is_the_plan_of_the_live_cluster() {
    let cluster = lively_cluster();
    let live = without_moments(cluster.plan(&BOTH).exits(0).json());
    assert_eq!(live["summary"]["nodes_added"], 2, "{live}");
    for file in ["s.json", "s.json.gz"] {
        run(cluster.command("snapshot", &BOTH).args(["--out", file])).exits(0);
        let replayed = run(&mut cluster.bare_command(&["plan", "-o", "json", "--snapshot", file])).exits(0);
        assert_eq!(without_moments(replayed.json()), live, "{file}");
    }
    cluster.assert_untouched();
}

#[test]
fn a_replay_needs_neither_cluster_nor_account_and_says_the_same_each_time() {
    let cluster = lively_cluster();
    let snapshot = run(&mut cluster.command("snapshot", &BOTH)).exits(0).stdout;
    std::fs::write(cluster.folder.path().join("s.json"), &snapshot).expect("a file can be written");
    cluster.forget_calls();
    cluster.kubernetes.forget_calls();
    let mut alone = cluster.bare_command(&["plan", "-o", "json", "--snapshot", "s.json"]);
    let first = run(alone.env_clear().env("EC2_AUTOSCALE_LAUNCH", "set-desired")).exits(0).stdout;
    let piped = plan_from_stdin(&cluster, snapshot.as_bytes()).exits(0);
    assert_eq!(piped.stdout, first);
    assert_eq!((cluster.kubernetes.calls().len(), cluster.aws.calls().len()), (0, 0));
    // The lists in another order are the same snapshot.
    let mut shuffled: Value = serde_json::from_str(&snapshot).expect("JSON");
    for list in shuffled.as_object_mut().expect("an object").values_mut().filter_map(Value::as_array_mut) {
        list.reverse();
    }
    assert_eq!(plan_from_stdin(&cluster, shuffled.to_string().as_bytes()).exits(0).stdout, first);
}

fn plan_from_stdin(cluster: &TestCluster, bytes: &[u8]) -> Run {
    let mut command = cluster.bare_command(&["plan", "-o", "json", "--snapshot", "-"]);
    let mut child = command.stdin(Stdio::piped()).spawn().expect("the binary starts");
    child.stdin.take().expect("a pipe").write_all(bytes).expect("it reads");
    Run::of(child.wait_with_output().expect("it ends"))
}

#[test]
fn a_snapshot_holds_no_secrets() {
    let cluster = lively_cluster();
    let container = json!([{
        "name": "main", "image": format!("registry/{SECRET}"), "command": ["run", SECRET], "args": ["--password", SECRET],
        "env": [{"name": "PASSWORD", "value": SECRET}], "resources": {"requests": {"cpu": "100m"}},
    }]);
    cluster
        .kubernetes
        .add(job("confidential", 100).with("/spec/containers", container).annotation("example.com/token", SECRET));
    cluster.kubernetes.edit(
        "nodes",
        "",
        cluster.kubernetes.all("nodes")[0]["metadata"]["name"].as_str().expect("a name"),
        |node| {
            node["metadata"]["annotations"]["example.com/token"] = json!(SECRET);
        },
    );
    let snapshot = run(&mut cluster.command("snapshot", &BOTH)).exits(0).stdout;
    let session = cluster.aws.credentials();
    assert!(snapshot.contains("confidential"), "the pod is in it");
    for secret in
        [SECRET, "PASSWORD", &session.secret_access_key, &session.session_token, &session.access_key_id, "admin-token"]
    {
        assert!(!snapshot.contains(secret), "{secret} is in the snapshot");
    }
    let plan = cluster.plan(&[&BOTH[..], &["-vvv"]].concat()).exits(0);
    for secret in [SECRET, &session.secret_access_key, &session.session_token, "admin-token"] {
        assert!(!plan.stdout.contains(secret) && !plan.stderr.contains(secret), "{secret} is in the plan or the log");
    }
}
