//! What-ifs without a node or a group.

use ec2_autoscale_core::plan::{Plan, plan};
use ec2_autoscale_core::snapshot::Snapshot;

use crate::support::scenario::situation;

/// A full node of services, a Job's node, and one with room for a service.
const SCRIPT: &str = "group web cpu=4 max=9 desired=3
    node a group=web
    node b group=web
    node c group=web
    pods service x2 cpu=2 on=a owner=ReplicaSet
    pods bare cpu=1 on=b
    pods train cpu=3 on=b owner=Job
    pods other cpu=2 on=c owner=ReplicaSet";

fn planned(take: impl FnOnce(&mut Snapshot) -> bool) -> Plan {
    let (mut world, policy) = situation(SCRIPT);
    for pod in world.snapshot.pods.iter_mut().filter(|pod| pod.name.starts_with("bare")) {
        pod.owner = None;
    }
    assert!(take(&mut world.snapshot), "there is such a thing");
    plan(&world.snapshot, &policy)
}

#[test]
fn pods_of_a_controller_come_again_and_others_end() {
    let without = |name: &str| planned(|snapshot| snapshot.take_node_away(name)).without.remove(0).message;
    assert_eq!(
        without("a"),
        "without node a: 2 pods made again – 1 needs 1 more node of web (us-west-2), 1 fits on nodes that are there"
    );
    assert_eq!(
        without("b"),
        "without node b: 1 pod made again – 1 needs 1 more node of web (us-west-2); batch/bare-0 ends with it, and nobody \
         makes it again"
    );
}

#[test]
fn the_group_has_the_place_of_a_node_that_is_gone() {
    let (mut world, policy) = situation(&SCRIPT.replace("max=9", "max=3"));
    assert!(world.snapshot.take_node_away("a"));
    let plan = plan(&world.snapshot, &policy);
    assert_eq!((plan.summary.nodes_added, plan.without[0].not_placed.len()), (1, 0), "{:?}", plan.without);
}

#[test]
fn nothing_is_bought_in_a_group_that_is_gone() {
    let plan = planned(|snapshot| snapshot.take_group_away("web"));
    assert_eq!((plan.groups.len(), plan.nodes.len(), plan.without[0].pods), (0, 0, 4));
    let words = &plan.without[0].message;
    assert!(words.starts_with("without group web: 4 pods made again – 4 can't be placed: "), "{words}");
}

#[test]
fn what_is_not_there_cannot_be_taken_away() {
    let (mut world, _) = situation(SCRIPT);
    let before = world.snapshot.clone();
    assert!(!world.snapshot.take_node_away("z") && !world.snapshot.take_group_away("z"));
    assert_eq!(world.snapshot, before);
}
