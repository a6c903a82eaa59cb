//! A region that dies while it is read: what was read of it by then is not enough to act on.

use std::time::Duration;

use super::cluster::{BOTH, EAST, TestCluster, WEST, item, verdicts};
use super::world::job;
use crate::support::aws::Fault;

const REGION: &str = "topology.kubernetes.io/region";

/// Makes two groups in the west with a node each that would be terminated now, one group in the
/// east, and a pod for either region.
fn two_regions() -> (TestCluster, Vec<String>) {
    let cluster = TestCluster::start();
    for name in ["workers-a", "workers-b"] {
        cluster.group(name).region(WEST).launch_template("m5.large").max(5).desired(1).create();
    }
    cluster.group("workers").region(EAST).zones(["us-east-1a"]).launch_template("m5.large").max(5).create();
    let west: Vec<String> = ["workers-a", "workers-b"].map(|group| cluster.register_nodes(WEST, group)).concat();
    for node in &west {
        cluster.kubernetes.edit("nodes", "", node, |node| {
            node["spec"]["unschedulable"] = serde_json::json!(true);
            node["metadata"]["annotations"]["ec2-autoscale/cordoned-at"] = serde_json::json!("2026-01-01T00:00:00Z");
        });
    }
    cluster.pass(Duration::from_hours(1));
    cluster.kubernetes.seed([job("east", 900).node_selector(REGION, EAST), job("fresh", 1800)]);
    (cluster, west)
}

/// Asserts that the plan reports it, that the other region scales for what the dead one would not
/// have served, and that no node of it is touched.
fn leaves_the_west_alone(fault: &Fault, most_on_a_page: Option<u32>) {
    let (cluster, west) = two_regions();
    if let Some(most) = most_on_a_page {
        cluster.aws.short_pages(most);
    }
    cluster.aws.fault(fault);
    let run = cluster.apply(&BOTH).exits(3);
    let plan = &run.json()["plan"];
    assert_eq!(item(plan, "findings", "code", "region-unreadable")["region"], WEST);
    assert_eq!(verdicts(plan), ["east: fits-new", "fresh: waits-for-region"], "{}", plan["findings"]);
    assert_eq!(run.steps(), ["set-desired: done"]);
    assert_eq!(cluster.aws_changes(), ["us-east-1 SetDesiredCapacity workers 1"]);
    for node in &west {
        assert_eq!(item(plan, "nodes", "node", node)["state"], "region-unreadable");
        assert!(cluster.is_cordoned(node));
    }
    assert_eq!(["workers-a", "workers-b"].map(|group| cluster.desired(WEST, group)), [1, 1]);
}

#[test]
fn a_region_without_connection_is_left_alone() {
    leaves_the_west_alone(&Fault::on("*").region(WEST).cut_before_change(), None);
}

#[test]
fn a_region_that_dies_after_its_groups_is_left_alone() {
    leaves_the_west_alone(&Fault::on("DescribeInstances").region(WEST).status(503).code("Unavailable"), None);
}

#[test]
fn a_region_whose_list_of_groups_breaks_off_is_left_alone() {
    let fault = Fault::on("DescribeAutoScalingGroups").region(WEST).on_later_pages();
    leaves_the_west_alone(&fault.status(500).code("InternalFailure"), Some(1));
}
