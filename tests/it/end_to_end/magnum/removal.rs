//! Idle nodes go by name, all of a group in one request.

use super::super::world::job;
use super::cloud::{MINUTE, MagnumWorld, WORKERS, group};
use crate::support::openstack::{DriverMode, OpenStackFault};

const ALL: [&str; 2] = ["--max-scale-in-fraction", "1"];

/// Makes four nodes of which all but the last are idle, and has a run cordon those.
fn three_cordoned_of_four(cluster: MagnumWorld) -> (MagnumWorld, Vec<String>) {
    let nodes = cluster.register_nodes(WORKERS);
    cluster.kubernetes.add(job("train", 1000).node(&nodes[3]));
    cluster.cordon_idle();
    let ids = cluster.ids();
    (cluster, ids)
}

#[test]
fn three_nodes_go_by_name_in_one_request() {
    for mode in [DriverMode::Heat, DriverMode::Vexxhost] {
        let (cluster, ids) = three_cordoned_of_four(MagnumWorld::start(mode, [group(WORKERS, 4)]));
        let run = cluster.apply(&ALL).exits(0);
        assert_eq!(run.steps(), ["terminate: done"; 3], "{mode:?}: {}", run.stdout);
        assert_eq!(cluster.resizes(), ["default-worker 1 without 3"], "{mode:?}");
        cluster.cluster().settle();
        assert_eq!(cluster.ids(), [ids[3].clone()], "{mode:?}: the one with the job");
    }
}

#[test]
fn a_node_that_became_busy_is_left_out_and_the_others_go() {
    let (cluster, ids) = three_cordoned_of_four(MagnumWorld::start(DriverMode::Heat, [group(WORKERS, 4)]));
    let nodes = cluster.kubernetes.all("nodes");
    let second = nodes.iter().find(|node| node["spec"]["providerID"] == format!("openstack:///{}", ids[1])).expect("a node");
    let name = second["metadata"]["name"].as_str().expect("a name").to_owned();
    let planned = cluster.folder_file("plan.json");
    cluster.plan(&["--out", &planned, ALL[0], ALL[1]]).exits(0);
    cluster.kubernetes.add(job("late", 1000).node(&name));
    let run = cluster.apply_saved(&planned);
    assert_eq!(cluster.resizes(), ["default-worker 2 without 2"], "{}", run.stdout);
    cluster.cluster().settle();
    assert_eq!(cluster.ids(), [ids[1].clone(), ids[3].clone()]);
}

#[test]
fn a_driver_that_ignores_names_removes_nothing() {
    let cluster = MagnumWorld::start(DriverMode::CapiHelm, [group(WORKERS, 2)]);
    cluster.register_nodes(WORKERS);
    cluster.pass(60 * MINUTE);
    let run = cluster.apply(&["--idle-threshold", "0", ALL[0], ALL[1]]).exits(0);
    assert_eq!(cluster.resizes(), [""; 0]);
    assert!(!run.steps().iter().any(|step| step.starts_with("cordon") || step.starts_with("terminate")), "{:?}", run.steps());
    assert!(run.stdout.contains("k8s_capi_helm_v1 of the cluster ignores which node is to go"), "{}", run.stdout);
}

/// Two removals a second apart make Cluster Autoscaler kill a node that nobody named: Heat strikes
/// off the second's members in place of the first's.
#[test]
fn a_second_removal_waits_until_the_first_is_over() {
    let (cluster, ids) = three_cordoned_of_four(MagnumWorld::with_slow_updates(DriverMode::Heat, [group(WORKERS, 4)]));
    let first = cluster.apply(&["--max-scale-in-fraction", "0.25"]).exits(0);
    assert_eq!(cluster.resizes(), ["default-worker 3 without 1"], "{}", first.stdout);

    cluster.forget_calls();
    let second = cluster.apply(&ALL).exits(0);
    assert_eq!(cluster.resizes(), [""; 0], "{}", second.stdout);
    assert!(second.stdout.contains("busy with another update"), "{}", second.stdout);

    cluster.cluster().complete();
    cluster.forget_calls();
    cluster.apply(&ALL).exits(0);
    assert_eq!(cluster.resizes(), ["default-worker 1 without 2"]);
    cluster.cluster().complete();
    assert_eq!(cluster.ids(), [ids[3].clone()]);
}

/// The connection breaks before the request arrives, which a client cannot tell from a request that
/// lies in Magnum's queue.
#[test]
fn beside_a_removal_that_shows_nothing_none_of_others_is_sent() {
    let (cluster, ids) = three_cordoned_of_four(MagnumWorld::start(DriverMode::Heat, [group(WORKERS, 4)]));
    cluster.project.fault(&OpenStackFault::on("container-infra", "POST").path("actions/resize").times(1).cut_before_change());
    let first = cluster.apply(&["--max-scale-in-fraction", "0.25"]).exits(3);
    assert!(first.stdout.contains("Magnum's answer was lost"), "{}", first.stdout);

    cluster.forget_calls();
    let second = cluster.apply(&ALL).exits(0);
    assert_eq!(cluster.resizes(), ["default-worker 3 without 1"], "the very same request: {}", second.stdout);
    assert!(second.stdout.contains("the cloud may still have to remove others of its group"), "{}", second.stdout);

    cluster.cluster().settle();
    cluster.forget_calls();
    cluster.apply(&ALL).exits(0);
    assert_eq!(cluster.resizes(), ["default-worker 1 without 2"]);
    cluster.cluster().settle();
    assert_eq!(cluster.ids(), [ids[3].clone()]);
}

#[test]
fn a_count_that_a_person_changed_meanwhile_is_lowered_from_what_it_is() {
    let (cluster, ids) = three_cordoned_of_four(MagnumWorld::start(DriverMode::Heat, [group(WORKERS, 4)]));
    let planned = cluster.folder_file("plan.json");
    cluster.plan(&["--out", &planned, ALL[0], ALL[1]]).exits(0);
    cluster.resize_by_hand(5);
    cluster.forget_calls();
    let run = cluster.apply_saved(&planned);
    assert_eq!(cluster.resizes(), ["default-worker 2 without 3"], "{}", run.stdout);
    cluster.cluster().settle();
    let left = cluster.ids();
    assert!(left.contains(&ids[3]) && left.len() == 2, "{left:?}");
}
