//! The reasons why `--consolidate` leaves a busy node, node by node and pod by pod.

use ec2_autoscale_core::plan::{Drainability, Hold, NotEmptied, explain, plan};
use ec2_autoscale_core::render::explain_node;

use crate::support::scenario::situation;

/// A node with one pod that would fit on another.
const FREE: &str = "group web cpu=4 desired=2 max=9\nnode n group=web\nnode o group=web\n\
                    pods web cpu=1 on=n owner=ReplicaSet\npods full cpu=3 on=o";

fn why(policy: &str, nodes_and_pods: &str) -> Option<NotEmptied> {
    let (world, policy) = situation(&format!("policy {policy}\n{nodes_and_pods}"));
    let plan = plan(&world.snapshot, &policy);
    plan.nodes.into_iter().find(|report| report.node == "n").expect("the node").not_emptied
}

fn with(from: &str, to: &str) -> Option<NotEmptied> {
    assert!(FREE.contains(from), "{from}");
    why("consolidate", &FREE.replace(from, to))
}

fn and(more: &str) -> Option<NotEmptied> {
    why("consolidate", &format!("{FREE}\n{more}"))
}

#[test]
fn a_node_that_goes_needs_no_reason_nor_does_one_that_nobody_wants_to_empty() {
    assert_eq!(why("consolidate", FREE), None);
    assert_eq!(why("drain-utilization=0", &FREE.replace("owner=ReplicaSet", "owner=Job")), None);
}

#[test]
fn what_forbids_to_empty_a_node_at_all_is_its_reason() {
    assert_eq!(with("node n group=web", "node n group=web not-ready=20m"), Some(NotEmptied::NotReady));
    assert!(matches!(with("node n group=web", "node n group=web age=5m"), Some(NotEmptied::TooYoung { .. })));
    assert_eq!(and("unread poddisruptionbudgets"), Some(NotEmptied::BudgetsUnread));
    assert_eq!(and("pods soon cpu=2"), Some(NotEmptied::PodsExpected { pods: 1 }));
    let hour = why("consolidate launch-hour-threshold=59m59s", FREE);
    assert!(matches!(hour, Some(NotEmptied::LaunchHour { .. })), "{hour:?}");
}

#[test]
fn the_first_pods_that_stay_are_named_and_the_others_counted() {
    let stays = with("pods web cpu=1 on=n owner=ReplicaSet", "pods job x7 cpu=500m on=n owner=Job").expect("a reason");
    let NotEmptied::PodsStay { pods, more } = &stays else { panic!("{stays}") };
    assert_eq!((pods.len(), pods[0].pod.to_string().as_str(), *more), (5, "batch/job-0", 2));
    assert_eq!(
        stays.to_string(),
        "is not emptied: batch/job-0 belongs to Job job, which would not simply replace it; 6 more pods stay"
    );
}

#[test]
fn a_budget_that_another_node_spends_and_a_want_of_room_are_reasons_too() {
    let shared = "group web cpu=4 desired=3 max=9\nnode m group=web\nnode n group=web\nnode o group=web\n\
                  pods a cpu=1 on=m owner=ReplicaSet\npods b cpu=1 on=n owner=ReplicaSet\npods full cpu=1 on=o\nbudget x allowed=1";
    let spent = why("consolidate max-scale-in-fraction=1", shared).expect("a reason").to_string();
    assert_eq!(
        spent,
        "is not emptied: batch/b-0 is covered by the PodDisruptionBudget x, which allows 0 disruptions, and 1 is needed"
    );
    let no_room = with("pods full cpu=3 on=o", "pods full cpu=4 on=o").expect("a reason").to_string();
    assert_eq!(no_room, "is not emptied: batch/web-0 no-place-to-move: no node that stays would take it");
}

#[test]
fn a_limit_of_the_run_and_the_minimum_of_the_group_are_reasons_too() {
    let three = "group web cpu=4 desired=3 max=9 min=MIN\nnode m group=web\nnode n group=web\nnode o group=web\n\
                 pods a cpu=1 on=m owner=ReplicaSet\npods b cpu=1 on=n owner=ReplicaSet\npods full cpu=1 on=o";
    let limited = why("consolidate max-scale-in-fraction=0.1", &three.replace("MIN", "0"));
    let Some(NotEmptied::NotTried { held_by }) = &limited else { panic!("{limited:?}") };
    assert!(matches!(held_by, Hold::ScaleInLimit { limit: 1 }), "{held_by}");
    let at_min = why("consolidate max-scale-in-fraction=1", &three.replace("MIN", "2"));
    assert_eq!(at_min, Some(NotEmptied::GroupAtMin { min: 2 }));
}

/// Returns the explanation of n in words, and its pods.
fn explained(script: &str) -> (String, Vec<explain::PodOnNode>) {
    let (world, policy) = situation(script);
    let explanation = explain::node(&world.snapshot, &policy, "n").expect("the node");
    (explain_node(&explanation, None, false), explanation.pods)
}

#[test]
fn the_explanation_of_a_node_has_the_reason_of_each_pod() {
    let (text, pods) = explained(&format!("policy consolidate\n{}", FREE.replace("full cpu=3", "full cpu=4")));
    assert!(text.contains("why       is not emptied: batch/web-0 no-place-to-move"), "{text}");
    assert!(matches!(pods[0].drainability, Drainability::Blocks { .. }), "{:?}", pods[0]);
    assert!(text.matches("no-place-to-move").count() >= 3, "headline, reason and pod\n{text}");
    let (text, pods) = explained(&format!("policy consolidate\n{FREE}"));
    assert!(!text.contains("is not emptied") && matches!(pods[0].drainability, Drainability::Movable { .. }), "{text}");
}

#[test]
fn the_explanation_of_a_silent_node_says_so_and_has_the_finding() {
    let silent = |seconds: &str| {
        explained(&format!("group web cpu=4 desired=1\nnode n group=web not-ready={seconds}\npods job cpu=1 on=n owner=Job")).0
    };
    let text = silent("2h");
    assert!(text.contains("kubelet   not Ready since"), "{text}");
    assert!(text.contains("FINDINGS") && text.contains("batch/job-0, which may still run there, keeps it"), "{text}");
    let text = silent("10m");
    assert!(text.contains("kubelet   not Ready since") && !text.contains("FINDINGS"), "{text}");
    assert!(!explained("group web cpu=4 desired=1\nnode n group=web\npods job cpu=1 on=n owner=Job").0.contains("kubelet"));
}
