//! What `simulate` reads of others, and the trouble that a trace makes, through the program.

use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};

use crate::cli::ec2_autoscale;

fn run(arguments: &[&str]) -> Output {
    ec2_autoscale(arguments).output().expect("the binary starts")
}

fn report(arguments: &[&str]) -> (Value, String) {
    let output = run(&[&["simulate"], arguments, &["-o", "json"]].concat());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    (serde_json::from_slice(&output.stdout).expect("JSON"), said)
}

fn written(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("written");
    path.to_str().expect("plain characters").to_owned()
}

/// A pod of Alibaba's list runs for two hours on the only node, which is taken back after one.
#[test]
fn a_list_of_others_is_lived_through_with_an_instance_that_goes() {
    let folder = tempfile::tempdir().expect("a directory");
    let list = "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time\n\
                p-0,4000,4096,0,0,,LS,Succeeded,0,7210,10\np-1,4000,4096,1,1000,,LS,Pending,0,7210,\n";
    written(folder.path(), "pods.csv", list);
    let lines = [r#"{"at":0,"openb":"pods.csv"}"#, r#"{"at":"1h","reclaim":{"group":"cpu-west","notice":"2m"}}"#];
    let path = written(folder.path(), "t.jsonl", &lines.join("\n"));
    let (report, said) = report(&["--demo", "--trace", &path]);
    let pods = &report["pods"];
    assert_eq!((&pods["came"], &pods["ended"], &pods["losses"]), (&json!(1), &json!(1), &json!(1)), "{report}");
    assert_eq!(pods["lost_work"], 3600 + 120 - 180);
    assert!(said.contains("1 of 2 pods were never bound"), "{said}");
}

#[test]
fn the_bundled_week_has_work_of_every_kind() {
    let (report, _) = report(&["--demo-week", "--interval", "30m", "--longest", "1d"]);
    assert!(report["pods"]["came"].as_u64().is_some_and(|came| came > 100), "{}", report["pods"]);
    assert_eq!(report["pods"]["never_bound"], 0, "{}", report["pods"]);
}

#[test]
fn snapshots_of_several_moments_are_one_past() {
    let folder = tempfile::tempdir().expect("a directory");
    let output = run(&["snapshot", "--demo"]);
    let mut snapshot: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    snapshot["pods"] = json!([]);
    let finished = json!({
        "namespace": "etl", "name": "b", "spec": 2, "created_at": "2026-11-22T10:00:00Z", "outcome": "succeeded",
        "bound_at": "2026-11-22T10:05:00Z", "finished_at": "2026-11-22T10:25:00Z",
    });
    let running = json!({
        "namespace": "etl", "name": "gone", "uid": "gone", "spec": 2, "phase": "running", "created_at": "2026-11-22T09:00:00Z",
        "scheduling": {"state": "scheduled", "at": "2026-11-22T09:00:00Z"}, "node": "n",
    });
    for (name, taken_at, pods, finished) in [
        ("1.json", "2026-11-22T09:30:00Z", json!([running]), json!([])),
        ("2.json", "2026-11-22T10:30:00Z", json!([]), json!([finished])),
    ] {
        snapshot["taken_at"] = json!(taken_at);
        (snapshot["pods"], snapshot["finished_pods"]) = (pods, finished);
        written(folder.path(), name, &snapshot.to_string());
    }
    let (report, said) = report(&["--from-snapshot", folder.path().to_str().expect("plain characters")]);
    assert_eq!((&report["pods"]["came"], &report["started_at"]), (&json!(2), &json!("2026-11-22T09:30:00Z")), "{report}");
    assert!(said.contains("1 pod ended at a time that is about right"), "{said}");
    snapshot["cluster"]["name"] = json!("another");
    written(folder.path(), "3.json", &snapshot.to_string());
    let output = run(&["simulate", "--from-snapshot", folder.path().to_str().expect("plain characters")]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(64) && said.contains("of cluster another"), "{said}");
}

#[test]
fn parts_of_the_world_are_left_out_by_name() {
    let (report, _) = report(&["--demo", "--longest", "1h", "--world-without", "grace,az-rebalance"]);
    assert_eq!(report["settings"]["without"], json!(["grace", "az-rebalance"]));
    let output = run(&["simulate", "--demo", "--world-without", "rain"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(64) && said.contains("preemption"), "{said}");
}
