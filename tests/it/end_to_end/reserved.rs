//! Groups whose machines are in reservations.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::cluster::{TestCluster, WEST, run};
use super::world::job;
use crate::support::aws::NewReservation;

const A: &str = "us-west-2a";

/// A group that launches into a Capacity Block alone, which begins and ends so many minutes from
/// now.
fn with_block(begins: i64, ends: i64, desired: u32) -> TestCluster {
    let cluster = TestCluster::start();
    let at = |minutes| Timestamp::now() + SignedDuration::from_mins(minutes);
    cluster.aws.reservation(&NewReservation::of("cr-block", "m5.large", A, 4).block(at(begins), at(ends)));
    let data = json!({
        "InstanceMarketOptions": {"MarketType": "capacity-block"},
        "CapacityReservationSpecification": {"CapacityReservationTarget": {"CapacityReservationId": "cr-block"}}
    });
    cluster.group("gpu").zones([A]).launch_template("m5.large").template_data(data).max(4).desired(desired).create();
    cluster
}

fn snapshot(cluster: &TestCluster) -> Value {
    serde_json::from_str(&run(&mut cluster.command("snapshot", &[])).exits(0).stdout).expect("JSON")
}

#[test]
fn a_snapshot_holds_the_block_and_the_group_that_it_serves() {
    let cluster = with_block(60, 300, 0);
    cluster.kubernetes.add(job("train", 1000));
    let before = snapshot(&cluster);
    let reservation = &before["reservations"][0];
    assert_eq!(
        (&reservation["id"], &reservation["kind"], &reservation["stage"], &reservation["state"], &reservation["free"]),
        (&json!("cr-block"), &json!("block"), &json!("to-come"), &json!("scheduled"), &json!(0))
    );
    assert_eq!(before["groups"][0]["reserved"], json!({"reservations": ["cr-block"], "only": true}));
    assert_eq!(before["groups"][0]["zone_choice"], json!({"kind": "not-possible", "because": "reserved"}));

    cluster.pass(Duration::from_mins(61));
    cluster.aws.set_desired(WEST, "gpu", 1);
    let within = snapshot(&cluster);
    let (reservation, group) = (&within["reservations"][0], &within["groups"][0]);
    assert_eq!((&reservation["stage"], &reservation["total"], &reservation["free"]), (&json!("active"), &json!(4), &json!(3)));
    assert_eq!(group["instances"][0]["reservation"], "cr-block");
}

#[test]
fn a_group_of_a_block_is_not_tried_before_it_begins_and_grows_from_then_on() {
    let cluster = with_block(60, 300, 0);
    cluster.kubernetes.add(job("train", 1000));
    let plan = cluster.plan(&[]).exits(0).json();
    assert_eq!(plan["groups"][0]["blocked"]["code"], "reserved-from", "{}", plan["groups"][0]);
    cluster.apply(&[]).exits(0);
    assert_eq!(cluster.aws.group_state(WEST, "gpu").desired, 0);

    cluster.pass(Duration::from_mins(61));
    cluster.apply(&[]).exits(0);
    assert_eq!(cluster.aws.group_state(WEST, "gpu").desired, 1);
}

/// The end of its machines is known only with the reservation.
#[test]
fn a_run_with_nothing_to_do_reads_reservations_while_a_machine_ends_with_its_own() {
    for (minutes_to_the_end, calls) in [(240, 1), (20, 0)] {
        // In its last half hour the block holds no machine any more, and the group has none.
        let cluster = with_block(-60, minutes_to_the_end, 0);
        if calls > 0 {
            cluster.aws.set_desired(WEST, "gpu", 1);
            let nodes = cluster.register_nodes(WEST, "gpu");
            cluster.kubernetes.add(job("train", 1000).node(&nodes[0]));
        }
        cluster.forget_calls();
        cluster.apply(&[]).exits(0);
        let made = cluster.aws.calls().iter().filter(|call| call.action == "DescribeCapacityReservations").count();
        assert_eq!(made, calls, "{minutes_to_the_end} minutes before the end");
    }
}
