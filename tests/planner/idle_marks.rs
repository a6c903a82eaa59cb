//! Where the mark of the time since which a node is idle is written, and where it would have no
//! meaning.

use ec2_autoscale_core::plan::{Action, plan};
use ec2_autoscale_core::snapshot::PodEnd;
use jiff::SignedDuration;

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

/// Returns the changes of marks, and the state of the node `idle`, when the last pod that ran there
/// ended so many seconds ago. Its mark is 20 minutes old.
fn when_a_pod_ended(seconds: &[i64], script: &str) -> (Vec<String>, String) {
    let (mut world, policy) = situation(script);
    let now = world.now();
    let ends = seconds.iter().map(|ago| PodEnd { node: "idle".into(), at: now - SignedDuration::from_secs(*ago) });
    world.snapshot.pod_ends = ends.collect();
    let plan = plan(&world.snapshot, &policy);
    let marks = plan.actions.iter().filter_map(|action| match action {
        Action::ClearIdle { since, .. } => {
            Some(format!("clear {}", (now - *since).get_seconds() + (now - *since).get_minutes() * 60))
        }
        Action::MarkIdle { since, .. } => {
            Some(format!("mark {}", (now - *since).get_seconds() + (now - *since).get_minutes() * 60))
        }
        _ => None,
    });
    let state = plan.nodes.iter().find(|report| report.node == "idle").expect("the node").state.code().to_owned();
    (marks.collect(), state)
}

const IDLE: &str = "group web cpu=4 desired=2 max=9\nnode idle group=web idle=20m\nnode other group=web\npods p cpu=1 on=other";

#[test]
fn a_pod_that_came_and_went_between_two_runs_begins_the_idle_time_anew() {
    assert_eq!(when_a_pod_ended(&[], IDLE).1, "idle-schedulable");
    let (marks, state) = when_a_pod_ended(&[300, 60, 900], IDLE);
    assert_eq!((marks, state.as_str()), (vec!["clear 1200".to_owned(), "mark 60".to_owned()], "grace-period"));
    let (marks, state) = when_a_pod_ended(&[601], IDLE);
    assert_eq!((marks, state.as_str()), (vec!["clear 1200".to_owned(), "mark 601".to_owned()], "idle-schedulable"));
    let (marks, state) = when_a_pod_ended(&[-300], IDLE);
    assert_eq!((marks, state.as_str()), (vec!["clear 1200".to_owned(), "mark 0".to_owned()], "grace-period"), "a clock ahead");
    assert_eq!(when_a_pod_ended(&[1500], IDLE), (vec![], "idle-schedulable".to_owned()), "it ended before the mark");
}

#[test]
fn without_scale_in_no_mark_is_written_anew() {
    let off = format!("policy no-scale-in\n{IDLE}");
    assert_eq!(when_a_pod_ended(&[60], &off).0, [""; 0]);
}
