//! Devices that are free in pieces, as many as whole nodes have.

use ec2_autoscale_core::plan::{Action, Plan, plan};

use crate::support::scenario::situation;

/// Four nodes of eight devices each, and the pods on them.
fn planned(policy: &str, pods: &str) -> Plan {
    let (world, policy) = situation(&format!(
        "policy {policy}\n\
         group gpu cpu=64 gpu=8 desired=4 max=9\n\
         node a group=gpu\nnode b group=gpu\nnode c group=gpu\nnode d group=gpu\n{pods}"
    ));
    plan(&world.snapshot, &policy)
}

/// Returns what is found of pieces.
fn found(plan: &Plan) -> Vec<&str> {
    let messages = plan.findings.iter().map(|finding| finding.message.as_str());
    messages.filter(|message| message.contains("in pieces")).collect()
}

/// Seven of `a`, six of `b`, five of `c` and all of `d` are in use.
const BUSY: &str = "pods a cpu=1 gpu=7 on=a owner=Job\npods d cpu=1 gpu=8 on=d owner=Job";

#[test]
fn the_pods_whose_move_frees_a_node_are_named() {
    let plan = planned("", &format!("{BUSY}\npods b x3 cpu=1 gpu=2 on=b owner=Job\npods c x5 cpu=1 gpu=1 on=c owner=Job"));
    assert_eq!(found(&plan), [""; 0], "six are free, less than a node has");

    let services = "pods b x2 cpu=1 gpu=2 on=b owner=ReplicaSet\npods c x4 cpu=1 gpu=1 on=c owner=Job";
    let plan = planned("", &format!("{BUSY}\n{services}"));
    assert_eq!(
        found(&plan),
        [
            "9 nvidia.com/gpu are free in pieces on 3 nodes, as many as 1 whole node has; once batch/b-0, batch/b-1 had moved to the \
          others, b would have all of its own"
        ]
    );
    assert!(!plan.actions.iter().any(|action| matches!(action, Action::StartDrain { .. } | Action::Evict { .. })));
}

#[test]
fn pods_that_stay_and_pods_without_another_place_free_no_node() {
    let jobs = "pods b x2 cpu=1 gpu=2 on=b owner=Job\npods c x4 cpu=1 gpu=1 on=c owner=Job";
    assert_eq!(found(&planned("", &format!("{BUSY}\n{jobs}"))), [""; 0]);
    let large = "pods b cpu=1 gpu=5 on=b owner=ReplicaSet\npods c cpu=1 gpu=4 on=c owner=ReplicaSet";
    assert_eq!(
        found(&planned("", &format!("pods a cpu=1 gpu=7 on=a owner=Job\n{large}"))),
        [""; 0],
        "neither has room for the other"
    );
}

#[test]
fn a_node_that_is_free_as_a_whole_is_no_piece_and_takes_no_pod() {
    let on_three = "pods a cpu=1 gpu=4 on=a owner=ReplicaSet\npods b cpu=1 gpu=5 on=b owner=ReplicaSet";
    assert_eq!(found(&planned("", on_three)), [""; 0]);
}

#[test]
fn what_goes_anyway_is_not_said() {
    let light = "pods a cpu=1 gpu=4 on=a owner=ReplicaSet\npods b cpu=1 gpu=4 on=b owner=ReplicaSet\n\
                 pods c cpu=1 gpu=8 on=c owner=Job\npods d cpu=1 gpu=8 on=d owner=Job";
    assert_eq!(found(&planned("", light)).len(), 1);
    assert_eq!(found(&planned("consolidate", light)), [""; 0], "it is emptied");
}
