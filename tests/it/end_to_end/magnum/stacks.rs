//! Where Heat is in the catalog, its stacks decide which servers are of which group.

use serde_json::json;

use super::super::cluster::item;
use super::super::world::job;
use super::cloud::{MagnumWorld, WORKERS, group};
use crate::support::openstack::{DriverMode, OpenStackFault};

const ALL: [&str; 2] = ["--max-scale-in-fraction", "1"];

/// Makes three nodes, of which the last has a job.
fn three_nodes(cluster: MagnumWorld) -> (MagnumWorld, Vec<String>, Vec<String>) {
    cluster.project.add_heat();
    let nodes = cluster.register_nodes(WORKERS);
    cluster.kubernetes.add(job("train", 1000).node(&nodes[2]));
    let ids = cluster.ids();
    (cluster, nodes, ids)
}

/// Has the idle nodes cordoned and then removed; returns the requests.
fn removals(cluster: &MagnumWorld) -> Vec<String> {
    cluster.cordon_idle();
    let run = cluster.apply(&ALL).exits(0);
    cluster.cluster().settle();
    assert!(!run.stdout.contains("failed"), "{}", run.stdout);
    cluster.resizes()
}

#[test]
fn members_of_the_stack_go_by_name() {
    let (cluster, _, ids) = three_nodes(MagnumWorld::start(DriverMode::Heat, [group(WORKERS, 3)]));
    assert_eq!(removals(&cluster), ["default-worker 1 without 2"]);
    assert_eq!(cluster.ids(), [ids[2].clone()]);
    let of_heat = cluster.project.calls().into_iter().filter(|call| call.service == "orchestration");
    assert!(of_heat.count() > 0, "Heat was not read");
}

/// The name of a server that the stack does not know makes Heat end another one.
#[test]
fn a_node_that_the_stack_of_its_group_lacks_is_never_named() {
    let (cluster, _, ids) = three_nodes(MagnumWorld::start(DriverMode::Heat, [group(WORKERS, 3)]));
    cluster.cluster().orphan(WORKERS, &ids[0]);
    assert_eq!(removals(&cluster), ["default-worker 2 without 1"]);
    let left: Vec<String> = cluster.project.machines().into_iter().map(|machine| machine.id).collect();
    assert_eq!([0, 1, 2].map(|place| left.contains(&ids[place])), [true, false, true], "the idle one that it knows");
}

#[test]
fn a_node_whose_label_states_another_group_is_never_named() {
    let groups = [group(WORKERS, 3), group("spare", 1)];
    let (cluster, nodes, ids) = three_nodes(MagnumWorld::start(DriverMode::Heat, groups));
    cluster.kubernetes.edit("nodes", "", &nodes[0], |node| {
        node["metadata"]["labels"]["magnum.openstack.org/nodegroup"] = json!("spare");
    });
    assert_eq!(removals(&cluster), ["default-worker 2 without 1"]);
    assert_eq!(cluster.ids(), [ids[0].clone(), ids[2].clone()]);
}

/// The names of two clusters may make their servers be called alike.
#[test]
fn servers_that_are_no_nodes_yet_are_known_by_the_stack() {
    let cluster = MagnumWorld::start(DriverMode::Heat, [group(WORKERS, 2)]);
    cluster.project.cluster("Test").group(group(WORKERS, 1)).create();
    let live = || item(&cluster.plan(&[]).exits(0).json(), "groups", "name", WORKERS)["live"].clone();
    assert_eq!(live(), 0, "their names alone show nothing");
    cluster.project.add_heat();
    assert_eq!(live(), 2);
}

#[test]
fn a_heat_that_does_not_answer_leaves_the_labels() {
    let (cluster, _, ids) = three_nodes(MagnumWorld::start(DriverMode::Heat, [group(WORKERS, 3)]));
    for path in ["stacks$", "kube_minions$"] {
        cluster.project.fault(&OpenStackFault::on("orchestration", "GET").path(path).status(403));
        cluster.plan(&[]).exits(0);
        cluster.project.clear_faults();
    }
    cluster.project.fault(&OpenStackFault::on("orchestration", "GET").status(403));
    assert_eq!(removals(&cluster), ["default-worker 1 without 2"]);
    assert_eq!(cluster.ids(), [ids[2].clone()]);
}
