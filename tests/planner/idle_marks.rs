//! Where the mark of the time since which a node is idle is written, and where it would have no
//! meaning.

use ec2_autoscale_core::plan::{Action, plan};

use crate::support::scenario::situation;

/// Returns the nodes that a plan marks as idle.
fn marked(script: &str) -> Vec<String> {
    let (world, policy) = situation(script);
    let plan = plan(&world.snapshot, &policy);
    let marked = |action| if let Action::MarkIdle { node, .. } = action { Some(node.name) } else { None };
    plan.actions.into_iter().filter_map(marked).collect()
}

#[test]
fn a_node_that_ends_or_gets_a_pod_in_this_plan_is_not_marked() {
    let nodes = "group web zones=a cpu=4 desired=4 max=9\nnode busy group=web\nnode idle group=web\nnode goes group=web cordoned=5m\n\
                 node meant group=web\npods full cpu=4 on=busy\n";
    assert_eq!(marked(nodes), ["idle", "meant"]);
    let waiting = "pods soon x2 cpu=4\n";
    assert_eq!(marked(&format!("{nodes}{waiting}")), [""; 0], "both are expected to get a pod");
    let held = format!("policy cordon-settle=10m\n{nodes}");
    assert_eq!(marked(&held), ["goes", "idle", "meant"], "a node that stays for now is marked");
}
