//! Runs that must leave no trace but their status.

use std::time::Duration;

use super::cluster::{BOTH, EAST, TestCluster, WEST};
use super::world::job;
use crate::support::aws::{Fault, LaunchDelay, LaunchFailure};
use crate::support::kubernetes::objects::{Object as _, pod};

#[test]
fn nothing_to_do_writes_the_status_and_changes_nothing() {
    let cluster = TestCluster::start();
    cluster.group("workers").launch_template("m5.large").max(5).desired(1).create();
    let nodes = cluster.register_nodes(WEST, "workers");
    cluster.kubernetes.add(job("train", 1000).node(&nodes[0]));
    cluster.kubernetes.add(pod("default", "new"));
    let run = cluster.apply(&[]).exits(0);
    assert_eq!(run.steps(), [""; 0]);
    cluster.assert_untouched();
    assert_eq!(cluster.notices(), ["create configmaps kube-system"], "its status, and nothing else");
    assert_eq!(cluster.kubernetes.all("leases").len(), 0);
    assert_eq!(cluster.desired(WEST, "workers"), 1);

    let table = super::cluster::run(&mut cluster.command("apply", &[])).exits(0);
    assert!(table.stdout.starts_with("nothing to change; no pod is pending"), "{}", table.stdout);
    assert_eq!(table.stderr, "");
    cluster.assert_untouched();
    assert_eq!(cluster.notices()[1..], ["update configmaps kube-system/ec2-autoscale-status"]);

    cluster.forget_calls();
    cluster.apply(&["--no-status"]).exits(0);
    assert_eq!(cluster.notices(), [""; 0]);
}

#[test]
fn pods_that_nothing_can_help_are_named_and_change_nothing() {
    let cluster = TestCluster::start();
    cluster.group("workers").launch_template("m5.large").create();
    cluster.kubernetes.add(job("huge", 64_000));
    let run = super::cluster::run(&mut cluster.command("apply", &[])).exits(0);
    assert!(run.stdout.contains("huge") && run.stdout.contains("cpu"), "{}", run.stdout);
    cluster.assert_untouched();
}

/// `TestCluster::plan` fails when a plan changed anything; here are the situations in which `apply`
/// would.
#[test]
fn plan_changes_nothing_whatever_it_finds() {
    let cluster = TestCluster::start();
    cluster.group("workers").region(WEST).launch_template("m5.large").max(5).desired(3).create();
    cluster.group("workers").region(EAST).zones(["us-east-1a"]).launch_template("m5.large").create();
    let nodes = cluster.register_nodes(WEST, "workers");
    cluster.kubernetes.add(job("train", 1000).node(&nodes[0]));
    cluster.pass(Duration::from_hours(1));
    let plan = |arguments: &[&str]| cluster.plan(&[&BOTH[..], arguments].concat());
    let count = |arguments: &[&str], action: &str| {
        let plan = plan(arguments).exits(0).json();
        let actions = plan["actions"].as_array().expect("actions");
        actions.iter().filter(|one| one["action"] == action).count()
    };
    assert_eq!(count(&[], "mark-idle"), 2, "idle nodes to mark");
    assert_eq!(count(&["--idle-threshold", "0"], "cordon"), 1, "a node to cordon, of the three");

    cluster.kubernetes.edit("nodes", "", &nodes[1], |node| {
        node["spec"]["unschedulable"] = serde_json::json!(true);
        node["metadata"]["annotations"]["ec2-autoscale/cordoned-at"] = serde_json::json!("2026-01-01T00:00:00Z");
    });
    assert_eq!(count(&[], "terminate"), 1, "a node to terminate");
    cluster.kubernetes.add(job("small", 1500));
    cluster.kubernetes.add(job("large", 1900));
    cluster.kubernetes.add(job("larger", 1910).label("why", "no room left"));
    assert_eq!(count(&[], "uncordon"), 1, "a node to take back");
    assert_eq!(count(&[], "set-desired"), 1, "a node to buy");

    cluster.aws.fail_launches(&LaunchFailure::code("VcpuLimitExceeded"));
    cluster.aws.launch_delay(LaunchDelay::OnlyRequested);
    plan(&["--detailed-exitcode"]).exits(2);
    cluster.aws.fault(&Fault::on("DescribeAutoScalingGroups").region(EAST).code("AccessDenied").status(403));
    plan(&[]).exits(3);
    super::cluster::run(cluster.command("apply", &BOTH).arg("--dry-run")).exits(3);
    super::cluster::run(&mut cluster.command("snapshot", &BOTH)).exits(3);
    cluster.assert_untouched();
}
