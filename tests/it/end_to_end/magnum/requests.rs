//! Room that Kueue asks for, from a node group of Magnum.

use serde_json::json;

use super::super::kueue::{ATOMIC, Kueue};
use super::cloud::{MINUTE, MagnumWorld, WORKERS, group};
use crate::support::openstack::{DriverMode, GroupFault};

#[test]
fn a_job_is_admitted_when_the_machines_of_its_group_are_ready_nodes() {
    for mode in [DriverMode::Heat, DriverMode::CapiHelm] {
        let cluster = MagnumWorld::with_slow_updates(mode, [group(WORKERS, 0)]);
        // Two of these pods fit on a machine of four cores.
        let mut kueue = Kueue::asks(&cluster.kubernetes, ATOMIC, &json!({}), 5);
        let run = cluster.apply(&[]).exits(0);
        assert_eq!(cluster.resizes(), ["default-worker 3"], "{mode:?}: {}", run.stdout);
        let coming = kueue.look();
        assert!(coming.starts_with("Pending 0 of 5 pods have room on Ready nodes; "), "{mode:?}: {coming}");

        // Magnum still makes the machines, and takes no other request.
        cluster.pass(MINUTE);
        kueue.pass(MINUTE);
        cluster.apply(&[]).exits(0);
        assert_eq!(cluster.resizes().len(), 1, "{mode:?}: it is bought once");
        assert!(kueue.look().starts_with("Pending "), "{mode:?}");

        cluster.cluster().complete();
        assert_eq!(cluster.register_nodes(WORKERS).len(), 3, "{mode:?}");
        cluster.apply(&[]).exits(0);
        assert_eq!(kueue.holds("Provisioned").as_deref(), Some("CapacityIsProvisioned"), "{mode:?}");
        assert_eq!(kueue.look(), "Ready", "{mode:?}");

        // The nodes are empty, and are kept for the pods that have not come.
        cluster.pass(5 * MINUTE);
        kueue.pass(5 * MINUTE);
        cluster.apply(&["--idle-threshold", "1m", "--min-node-age", "0", "--max-scale-in-fraction", "1"]).exits(0);
        let nodes = cluster.kubernetes.all("nodes");
        assert!(nodes.iter().all(|node| node["spec"]["unschedulable"] != true), "{mode:?}: {nodes:?}");

        kueue.admit();
        let names: Vec<&str> = nodes.iter().filter_map(|node| node["metadata"]["name"].as_str()).collect();
        for number in 1..=5_usize {
            cluster.kubernetes.bind("default", &format!("train-{number}"), names[(number - 1) / 2]);
        }
        cluster.apply(&[]).exits(0);
        assert_eq!(kueue.holds("BookingExpired").as_deref(), Some("CapacityBookingConsumed"), "{mode:?}");
        assert_eq!(cluster.resizes().len(), 1, "{mode:?}");
    }
}

#[test]
fn half_of_a_job_buys_nothing_more_and_its_request_runs_out_of_time() {
    let small = group(WORKERS, 0).max(2);
    let cluster = MagnumWorld::start(DriverMode::Heat, [small, group("spare", 0)]);
    cluster.cluster().fault("spare", &GroupFault::room_for(0));
    let mut kueue = Kueue::asks(&cluster.kubernetes, ATOMIC, &json!({ "ValidUntilSeconds": "600" }), 12);
    cluster.apply(&[]).exits(0);
    // Both together have seven machines at most, which take fourteen pods.
    let resizes = cluster.resizes();
    assert_eq!(resizes.len(), 2, "{resizes:?}");
    cluster.cluster().settle();
    cluster.register_nodes(WORKERS);
    cluster.forget_calls();
    let run = cluster.apply(&[]).exits(0);
    let waits = kueue.look();
    assert!(waits.starts_with("Pending "), "{waits}: {}", run.stdout);
    assert_eq!(cluster.resizes(), [""; 0], "half of a job buys nothing: {}", run.stdout);
    kueue.pass(10 * MINUTE);
    cluster.apply(&[]).exits(0);
    assert_eq!((kueue.holds("Failed").as_deref(), kueue.look().as_str()), (Some("Expired"), "Retry"));
}
