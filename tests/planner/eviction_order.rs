//! The order of evictions: an evicted pod is created again at once, and the scheduler places it
//! before the next one comes.

use ec2_autoscale_core::plan::{Action, Plan, plan};

use crate::support::scenario::situation;

/// Returns the evictions of a plan in their order, each as the pod and where it is expected.
fn evicted(script: &str) -> Vec<String> {
    let (world, policy) = situation(script);
    let Plan { actions, .. } = plan(&world.snapshot, &policy);
    let pods = actions.iter().filter_map(|action| match action {
        Action::Evict { pods, .. } => Some(pods),
        _ => None,
    });
    pods.flatten().map(|eviction| format!("{} to {}", eviction.pod.name, eviction.room_on)).collect()
}

/// Two nodes with a room of 3 and one of 1, and what is to move there.
fn rooms_of_3_and_1(moving: &str) -> Vec<String> {
    evicted(&format!(
        "policy consolidate max-scale-in-fraction=1
         group web cpu=4 mem=16Gi desired=4
         node m group=web
         node n group=web
         node x group=web
         node y group=web
         pods keep-x cpu=1 mem=4Gi on=x owner=Job
         pods keep-y cpu=3 mem=12Gi on=y owner=Job
         {moving}"
    ))
}

#[test]
fn of_pods_that_cost_the_same_the_largest_goes_first_whatever_it_is_called() {
    for (small, big) in [("a", "b"), ("b", "a")] {
        let moving = |home, more| {
            rooms_of_3_and_1(&format!(
                "pods {small} cpu=1 mem=4Gi on={home} owner=ReplicaSet
                 pods {big} cpu=3 mem=12Gi on=n owner=ReplicaSet
                 {more}"
            ))
        };
        let expected = [format!("{big}-0 to x"), format!("{small}-0 to y")];
        assert_eq!(moving("n", "pods stays cpu=4 on=m owner=Job"), expected);
        assert_eq!(moving("m", ""), expected, "on two nodes that go together");
    }
}

#[test]
fn the_cheapest_goes_first_all_the_same() {
    let moving = |room: &str| {
        rooms_of_3_and_1(&format!(
            "pods small cpu=1 mem=4Gi on=n owner=ReplicaSet
             pods big cpu=3 mem=12Gi on=n owner=ReplicaSet annotation=controller.kubernetes.io/pod-deletion-cost=9
             {room}"
        ))
    };
    let names = |evicted: Vec<String>| evicted.iter().map(|one| one[..3].to_owned()).collect::<Vec<_>>();
    let third = "group more cpu=4 mem=16Gi desired=1\nnode z group=more\npods keep-z cpu=1 mem=4Gi on=z owner=Job";
    assert_eq!(names(moving(&format!("{third}\npods stays cpu=4 on=m owner=Job"))), ["sma", "big"]);
    assert_eq!(moving("pods stays cpu=4 on=m owner=Job"), [""; 0], "the small one would take the only place of the large one");
}

/// The scheduler prefers the emptier node. Largest first, the pod of 5 takes the room of 6, and of
/// those of 3 only one finds a place. A pod of 3 that goes first leaves the pod of 5 only the other
/// node.
#[test]
fn where_the_largest_first_leaves_one_without_a_place_another_order_is_found() {
    let script = "policy consolidate max-scale-in-fraction=1
         group web cpu=12 mem=48Gi desired=3
         node n group=web
         node x group=web
         node y group=web
         pods keep-x cpu=6 mem=24Gi on=x owner=Job
         pods keep-y cpu=7 mem=28Gi on=y owner=Job
         pods five cpu=5 mem=20Gi on=n owner=ReplicaSet
         pods three x2 cpu=3 mem=12Gi on=n owner=ReplicaSet";
    let order: Vec<String> = evicted(script).into_iter().map(|pod| pod[..pod.len() - 7].to_owned()).collect();
    assert_eq!(order, ["three", "five", "three"]);
}
