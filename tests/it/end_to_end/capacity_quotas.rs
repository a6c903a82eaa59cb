//! CapacityQuotas limit what is bought.

use serde_json::json;

use super::cluster::{TestCluster, WEST};
use super::world::job;
use crate::support::kubernetes::objects::{Object as _, object};

/// Makes a cluster with a group of which each node has room for one of three pods that wait, and a
/// quota of so many nodes.
fn cluster(nodes: u32) -> TestCluster {
    let cluster = TestCluster::start();
    cluster.group("workers").launch_template("m5.large").max(4).create();
    let quota = object("autoscaling.x-k8s.io/v1beta1", "CapacityQuota", "", "few");
    cluster.kubernetes.add(quota.with("/spec", json!({ "limits": { "resources": { "nodes": nodes } } })));
    for name in ["a", "b", "c"] {
        cluster.kubernetes.add(job(name, 1500));
    }
    cluster
}

#[test]
fn nothing_is_bought_beyond_a_capacity_quota() {
    let cluster = cluster(2);
    let plan = cluster.apply(&[]).exits(0).json()["plan"].clone();
    assert_eq!(cluster.desired(WEST, "workers"), 2);
    let finding = plan["findings"].as_array().expect("findings").iter().find(|it| it["code"] == "named-limit-hit");
    let message = finding.expect("the quota is hit")["message"].as_str().expect("words").to_owned();
    assert!(message.starts_with("CapacityQuota few, nodes 2, leaves 1 pod pending"), "{message}");
}
