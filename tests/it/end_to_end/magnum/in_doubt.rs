//! Answers that are lost, and requests that lie in a queue: nothing is bought or removed twice.

use super::super::world::job;
use super::cloud::{MINUTE, MagnumWorld, WORKERS, group};
use crate::support::openstack::{DriverMode, OpenStackFault};

/// Returns a fault of the next request that changes a group.
fn of_a_resize() -> OpenStackFault {
    OpenStackFault::on("container-infra", "POST").path("actions/resize").times(1)
}

#[test]
fn a_growth_whose_answer_is_lost_is_made_once() {
    let cluster = MagnumWorld::start(DriverMode::Heat, [group(WORKERS, 0)]);
    cluster.kubernetes.add(job("job", 3000));
    cluster.project.fault(&of_a_resize().cut_after_change());
    let run = cluster.apply(&[]).exits(0);
    assert_eq!(run.steps(), ["set-desired: done"], "{}", run.stdout);
    assert!(run.stdout.contains("Magnum's answer was lost"), "{}", run.stdout);
    cluster.cluster().settle();
    assert_eq!(cluster.ids().len(), 1);
}

#[test]
fn a_growth_that_never_arrived_is_sent_once_more_with_the_same_count() {
    let cluster = MagnumWorld::start(DriverMode::Heat, [group(WORKERS, 0)]);
    cluster.kubernetes.add(job("job", 3000));
    cluster.project.fault(&of_a_resize().cut_before_change());
    let run = cluster.apply(&[]).exits(0);
    assert_eq!(run.steps(), ["set-desired: done"], "{}", run.stdout);
    assert_eq!(cluster.resizes(), ["default-worker 1"; 2]);
    cluster.cluster().settle();
    assert_eq!(cluster.ids().len(), 1);
}

#[test]
fn a_removal_whose_answer_is_lost_removes_nobody_else() {
    for is_done in [false, true] {
        let cluster = MagnumWorld::start(DriverMode::Heat, [group(WORKERS, 3)]);
        let nodes = cluster.register_nodes(WORKERS);
        cluster.kubernetes.add(job("train", 1000).node(&nodes[2]));
        cluster.cordon_idle();
        let ids = cluster.ids();
        let fault = if is_done { of_a_resize().cut_after_change() } else { of_a_resize().cut_before_change() };
        cluster.project.fault(&fault);
        let _ = cluster.apply(&["--max-scale-in-fraction", "1"]);
        cluster.cluster().settle();
        cluster.kubernetes_follows();
        cluster.pass(MINUTE);
        cluster.apply(&["--max-scale-in-fraction", "1"]).exits(0);
        cluster.cluster().settle();
        assert_eq!(cluster.ids(), [ids[2].clone()], "whether the change was made: {is_done}");
    }
}
