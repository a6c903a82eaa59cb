//! Idle nodes go in three looks, and come back when they are needed.

use std::time::Duration;

use serde_json::Value;

use super::cluster::{TestCluster, WEST, item, verdicts};
use super::world::job;
use crate::support::kubernetes::CallPattern;

const MINUTE: Duration = Duration::from_mins(1);

/// Makes two nodes, an hour old, with a job on the first. Returns both names.
fn one_idle_of_two(cluster: &TestCluster) -> (String, String) {
    cluster.group("workers").launch_template("m5.large").max(5).desired(2).create();
    let mut nodes = cluster.register_nodes(WEST, "workers");
    let (idle, busy) = (nodes.pop().expect("two nodes"), nodes.pop().expect("two nodes"));
    cluster.kubernetes.add(job("train", 1000).node(&busy));
    cluster.pass(60 * MINUTE);
    (busy, idle)
}

/// Whether the instance lives.
fn lives(cluster: &TestCluster, instance: &str) -> bool {
    let state = cluster.aws.group_state(WEST, "workers");
    state.instances.iter().any(|one| one.id == instance && one.lifecycle_state == "InService")
}

/// Makes two nodes of which we cordoned the idle one a minute ago. Nothing of that is in the record
/// of calls.
fn one_cordoned_of_two(cluster: &TestCluster) -> (String, String) {
    let (busy, idle) = one_idle_of_two(cluster);
    cluster.apply(&["--idle-threshold", "0"]).exits(0);
    assert!(cluster.is_cordoned(&idle) && !cluster.is_cordoned(&busy));
    cluster.kubernetes.run_controllers();
    cluster.pass(MINUTE);
    cluster.forget_calls();
    (busy, idle)
}

#[test]
fn an_idle_node_is_marked_then_cordoned_then_terminated() {
    let cluster = TestCluster::start();
    let (busy, idle) = one_idle_of_two(&cluster);
    let instance = cluster.instance_of(&idle);

    // Idle since this moment, as far as anybody knows.
    assert_eq!(cluster.apply(&[]).exits(0).steps(), ["mark-idle: done"]);
    assert_eq!(cluster.kubernetes_changes(), ["create the Lease", &format!("mark {idle}"), "release the Lease"]);
    assert_eq!((cluster.taints(&idle), cluster.taints(&busy)), (vec!["ec2-autoscale/idle-since".to_owned()], vec![]));
    cluster.pass(9 * MINUTE);
    cluster.forget_calls();
    cluster.apply(&[]).exits(0);
    cluster.assert_untouched();

    cluster.pass(2 * MINUTE);
    assert_eq!(cluster.apply(&[]).exits(0).steps(), ["cordon: done"]);
    assert_eq!(cluster.kubernetes_changes(), ["write the Lease", &format!("cordon {idle}"), "release the Lease"]);
    assert!(cluster.is_cordoned(&idle) && !cluster.is_cordoned(&busy));
    assert!(lives(&cluster, &instance), "never in the run that cordons");
    cluster.kubernetes.run_controllers();

    // Too soon: a pod may be on its way, since binding ignores the cordon.
    cluster.forget_calls();
    let early = cluster.apply(&["--cordon-settle", "10m"]).exits(0).json();
    assert_eq!(item(&early["plan"], "nodes", "node", &idle)["held_by"]["code"], "cordon-settles");
    cluster.assert_untouched();

    cluster.pass(MINUTE);
    assert_eq!(cluster.apply(&[]).exits(0).steps(), ["terminate: done"]);
    assert_eq!(cluster.kubernetes_changes(), ["write the Lease", "release the Lease"]);
    assert_eq!(cluster.aws_changes(), [format!("us-west-2 TerminateInstanceInAutoScalingGroup {instance} true")]);
    assert!(!lives(&cluster, &instance));
    assert_eq!(cluster.desired(WEST, "workers"), 1);
    assert!(lives(&cluster, &cluster.instance_of(&busy)));

    cluster.forget_calls();
    assert_eq!(cluster.plan(&["--detailed-exitcode"]).exits(0).json()["actions"], serde_json::json!([]));
    cluster.kubernetes.remove("nodes", "", &idle);
    cluster.apply(&[]).exits(0);
    cluster.assert_untouched();
}

#[test]
fn a_marked_node_that_is_busy_again_loses_its_mark() {
    let cluster = TestCluster::start();
    let (_, idle) = one_idle_of_two(&cluster);
    cluster.apply(&[]).exits(0);
    cluster.kubernetes.add(job("late", 500));
    cluster.kubernetes.bind("default", "late", &idle);
    cluster.pass(60 * MINUTE);
    cluster.forget_calls();
    assert_eq!(cluster.apply(&[]).exits(0).steps(), ["clear-idle: done"]);
    assert_eq!(cluster.kubernetes_changes(), ["write the Lease", &format!("unmark {idle}"), "release the Lease"]);
    assert_eq!(cluster.aws_changes(), [""; 0]);
    assert_eq!(cluster.taints(&idle), [""; 0]);
}

#[test]
fn a_group_at_its_minimum_keeps_its_idle_nodes() {
    let cluster = TestCluster::start();
    let (_, idle) = one_idle_of_two(&cluster);
    cluster.aws.set_bounds(WEST, "workers", 2, 5);
    let run = cluster.apply(&["--idle-threshold", "0"]).exits(0);
    assert_eq!(item(&run.json()["plan"], "nodes", "node", &idle)["state"], "group-min-size");
    assert_eq!(cluster.aws_changes(), [""; 0]);
    assert!(!cluster.is_cordoned(&idle));
}

#[test]
fn a_node_we_cordoned_is_taken_back_before_anything_is_bought() {
    let cluster = TestCluster::start();
    let (_, idle) = one_cordoned_of_two(&cluster);
    cluster.kubernetes.add(job("late", 1500));
    let run = cluster.apply(&[]).exits(0);
    assert_eq!(run.steps(), ["uncordon: done"]);
    assert_eq!(verdicts(&run.json()["plan"]), ["late: fits-uncordoned"]);
    assert_eq!(cluster.kubernetes_changes(), ["write the Lease", &format!("uncordon {idle}"), "release the Lease"]);
    assert_eq!(cluster.aws_changes(), [""; 0]);
    let node = cluster.node(&idle);
    assert_eq!(node["metadata"]["annotations"]["ec2-autoscale/cordoned-at"], Value::Null);
    cluster.kubernetes.run_controllers();
    assert_eq!(cluster.schedule().get("late"), Some(&idle));
}

#[test]
fn a_pod_bound_after_the_plan_saves_its_node() {
    let cluster = TestCluster::start();
    let (_, idle) = one_cordoned_of_two(&cluster);
    let instance = cluster.instance_of(&idle);
    let node = idle.clone();
    let look = CallPattern::on("list", "pods").with_query(&format!("spec.nodeName={idle}"));
    cluster.kubernetes.before(look, move |kubernetes| {
        kubernetes.add(job("late", 500));
        kubernetes.bind("default", "late", &node);
    });
    let run = cluster.apply(&[]).exits(0);
    assert_eq!(run.steps(), ["terminate: skipped"]);
    assert!(run.stdout.contains("became-busy"), "{}", run.stdout);
    assert_eq!(cluster.kubernetes.waiting_moments(), 0);
    assert_eq!(cluster.kubernetes_changes(), ["write the Lease", &format!("uncordon {idle}"), "release the Lease"]);
    assert_eq!(cluster.aws_changes(), [""; 0]);
    assert!(!cluster.is_cordoned(&idle) && lives(&cluster, &instance));
    assert_eq!(cluster.desired(WEST, "workers"), 2);
}

#[test]
fn a_node_that_a_person_cordoned_is_left_alone() {
    let cluster = TestCluster::start();
    let (_, idle) = one_idle_of_two(&cluster);
    cluster.kubernetes.edit("nodes", "", &idle, |node| node["spec"]["unschedulable"] = serde_json::json!(true));
    cluster.kubernetes.add(job("late", 1500));
    let run = cluster.apply(&["--idle-threshold", "0", "--cordon-settle", "0"]).exits(0);
    assert_eq!(item(&run.json()["plan"], "nodes", "node", &idle)["state"], "cordoned-by-person");
    assert_eq!(run.steps(), ["set-desired: done"], "it is no room either");
    assert!(cluster.is_cordoned(&idle));
    assert_eq!(cluster.aws_changes(), ["us-west-2 SetDesiredCapacity workers 3"]);
}
