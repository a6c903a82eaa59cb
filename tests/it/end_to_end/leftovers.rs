//! Node objects that their instances have left behind, from the first run that knows to the one
//! that deletes them.

use std::time::Duration;

use serde_json::{Value, json};

use super::cluster::{BOTH, TestCluster, WEST, item};
use super::world::job;
use crate::support::aws::Fault;
use crate::support::kubernetes::objects::node;

const MINUTE: Duration = Duration::from_mins(1);
const MARK: &str = "ec2-autoscale/gone-since";

/// Makes a group of two nodes with a job each, two hours old; the instance of one of them has been
/// lost, and nobody removed its Node object. Returns its name and the instance.
fn one_left_behind(cluster: &TestCluster) -> (String, String) {
    cluster.group("workers").launch_template("m5.large").max(5).desired(2).create();
    let mut nodes = cluster.register_nodes(WEST, "workers");
    let (gone, stays) = (nodes.pop().expect("two nodes"), nodes.pop().expect("two nodes"));
    cluster.kubernetes.add(job("train", 1000).node(&stays));
    cluster.kubernetes.add(job("lost", 1000).node(&gone));
    let instance = cluster.instance_of(&gone);
    cluster.aws.suspend(WEST, "workers", &["Launch"]);
    cluster.aws.lose_instance(&instance);
    fall_silent(cluster, &gone);
    cluster.pass(120 * MINUTE);
    cluster.forget_calls();
    (gone, instance)
}

fn fall_silent(cluster: &TestCluster, name: &str) {
    cluster.kubernetes.edit("nodes", "", name, |node| node["status"]["conditions"][0]["status"] = json!("Unknown"));
}

fn is_there(cluster: &TestCluster, name: &str) -> bool {
    cluster.kubernetes.find("nodes", "", name).is_some()
}

fn mark_of(cluster: &TestCluster, name: &str) -> Value {
    cluster.kubernetes.get("nodes", "", name)["metadata"]["annotations"][MARK].clone()
}

#[test]
fn a_leftover_node_is_marked_by_one_run_and_deleted_by_the_next() {
    let cluster = TestCluster::start();
    let (gone, instance) = one_left_behind(&cluster);
    let first = cluster.apply(&[]).exits(0);
    assert_eq!(first.steps(), ["mark-gone: done"]);
    let told = first.json();
    let state = item(&told["plan"], "nodes", "node", &gone);
    assert_eq!((&state["state"], &state["leftover"]["machine"]), (&json!("instance-terminated"), &json!("terminated")));
    assert!(is_there(&cluster, &gone) && mark_of(&cluster, &gone).is_string());

    // An hour later EC2 has forgotten it, and with it the tag that named its group.
    cluster.aws.forget_instance(&instance);
    cluster.pass(60 * MINUTE);
    assert_eq!(cluster.apply(&[]).exits(0).steps(), ["delete-node: done"]);
    assert!(!is_there(&cluster, &gone));
    assert_eq!(cluster.aws_changes(), [""; 0]);
    cluster.forget_calls();
    cluster.apply(&[]).exits(0);
    cluster.assert_untouched();
}

#[test]
fn an_instance_that_comes_back_has_the_mark_taken_off() {
    let cluster = TestCluster::start();
    let (gone, instance) = one_left_behind(&cluster);
    assert_eq!(cluster.apply(&[]).exits(0).steps(), ["mark-gone: done"]);
    cluster.aws.set_machine_state(&instance, "running");
    cluster.pass(MINUTE);
    assert_eq!(cluster.apply(&[]).exits(0).steps(), ["clear-gone: done"]);
    assert!(is_there(&cluster, &gone));
    assert_eq!(mark_of(&cluster, &gone), Value::Null);
    // It is gone once more: two looks begin anew.
    cluster.aws.set_machine_state(&instance, "terminated");
    cluster.pass(MINUTE);
    assert_eq!(cluster.apply(&[]).exits(0).steps(), ["mark-gone: done"]);
}

#[test]
fn in_a_region_that_cannot_be_read_no_node_is_touched() {
    let cluster = TestCluster::start();
    let (gone, _) = one_left_behind(&cluster);
    assert_eq!(cluster.apply(&BOTH).exits(0).steps(), ["mark-gone: done"]);
    cluster.pass(MINUTE);
    cluster.forget_calls();
    cluster.aws.fault(&Fault::on("DescribeAutoScalingGroups").region(WEST).status(403).code("AccessDenied"));
    cluster.apply(&BOTH).exits(3);
    cluster.assert_untouched();
    assert!(is_there(&cluster, &gone) && mark_of(&cluster, &gone).is_string());
}

#[test]
fn a_permission_that_is_missing_is_a_finding_and_deletes_nothing() {
    let cluster = TestCluster::start();
    let (gone, _) = one_left_behind(&cluster);
    assert_eq!(cluster.apply(&[]).exits(0).steps(), ["mark-gone: done"]);
    cluster.pass(MINUTE);
    cluster.forget_calls();
    // The instances of the groups are read first.
    cluster.aws.fault(&Fault::on("DescribeInstances").after(1).status(403).code("UnauthorizedOperation"));
    let plan = cluster.plan(&[]).exits(3).json();
    let finding = item(&plan, "findings", "code", "missing-fact");
    assert_eq!(finding["fact"]["code"], "machine-checks");
    assert_eq!(plan["actions"], json!([]));
    assert!(is_there(&cluster, &gone));
}

#[test]
fn a_node_made_again_under_the_same_name_is_left_alone() {
    let cluster = TestCluster::start();
    let (gone, _) = one_left_behind(&cluster);
    assert_eq!(cluster.apply(&[]).exits(0).steps(), ["mark-gone: done"]);
    cluster.kubernetes.remove("nodes", "", &gone);
    let stranger = node(&gone).provider_id("aws:///us-west-2a/i-0feed");
    cluster.kubernetes.add(stranger);
    cluster.pass(60 * MINUTE);
    cluster.forget_calls();
    cluster.apply(&[]).exits(0);
    cluster.assert_untouched();
    assert!(is_there(&cluster, &gone));
}
