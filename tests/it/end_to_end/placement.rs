//! A placement group that takes no more machines: the plan says so, and the rest goes elsewhere.

use serde_json::{Value, json};

use super::cluster::{TestCluster, WEST, item};
use super::world::job;

#[test]
fn the_eighth_node_of_a_spread_group_goes_to_the_next_group() {
    let cluster = TestCluster::start();
    cluster.aws.placement_group(WEST, "far", "spread");
    let placed = json!({"Placement": {"GroupName": "far"}});
    let first = cluster.group("first").launch_template("m5.large").template_data(placed.clone()).zones(["us-west-2a"]);
    first.tag("ec2-autoscale/priority", "5").max(20).create();
    cluster.group("second").launch_template("m5.large").zones(["us-west-2a"]).max(20).create();
    cluster.kubernetes.seed((1..=9).map(|number| job(&format!("job-{number}"), 1800)));
    cluster.apply(&[]).exits(0);
    let changes = cluster.aws_changes();
    assert_eq!(changes, ["us-west-2 SetDesiredCapacity first 7", "us-west-2 SetDesiredCapacity second 2"]);
    assert_eq!(cluster.register_nodes(WEST, "first").len() + cluster.register_nodes(WEST, "second").len(), 9);
    cluster.schedule();
    assert_eq!(cluster.pending(), [""; 0]);

    // It is full now, and the plan says so.
    cluster.kubernetes.seed([job("job-10", 1800)]);
    let plan = cluster.plan(&[]).exits(0).json();
    let group = item(&plan, "groups", "name", "first").clone();
    assert_eq!(group["blocked"]["code"], "placement-full", "{group}");
    assert_eq!(item(&plan, "groups", "name", "second")["added"], Value::from(1));
    let explained = super::cluster::run(&mut cluster.command("explain", &["group", "first"]));
    assert!(
        explained.stdout.contains("far: each on hardware of its own, at most 7 in a zone; 0 more in us-west-2a"),
        "{}",
        explained.stdout
    );
}
