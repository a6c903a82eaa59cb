//! Marks, cordons and what undoes them.

use ec2_autoscale::apply::{SkipReason, StepOutcome, StopCause};
use ec2_autoscale::plan::{Action, NodeRef};
use serde_json::{Value, json};

use super::{NODE, World};
use crate::support::kubernetes::objects::{node, pod};
use crate::support::kubernetes::{CallPattern, Fault};

async fn one_node() -> World {
    let world = World::new().await;
    world.kubernetes.add(node(NODE).taint("gpu", "v100", "NoSchedule"));
    world
}

fn mark_idle(world: &World) -> Action {
    Action::MarkIdle { node: world.node_ref(), since: world.now() }
}

fn taints(world: &World) -> Vec<String> {
    let taints = world.node()["spec"]["taints"].as_array().cloned().unwrap_or_default();
    taints.iter().filter_map(|taint| taint["key"].as_str()).map(str::to_owned).collect()
}

#[tokio::test]
async fn an_idle_mark_is_written_once_and_cleared_again() {
    let world = one_node().await;
    let report = world.apply(vec![mark_idle(&world), mark_idle(&world)]).await;
    assert_eq!(report.steps[0].outcome, StepOutcome::Done);
    assert_eq!(report.steps[1].message, "it was so already");
    assert_eq!(taints(&world), ["gpu", "ec2-autoscale/idle-since"]);
    let clear = Action::ClearIdle { node: world.node_ref(), since: world.now() };
    assert_eq!(world.outcome(clear).await, StepOutcome::Done);
    assert_eq!(taints(&world), ["gpu"]);
}

#[tokio::test]
async fn a_silent_node_is_marked_once_and_the_mark_goes_when_it_is_ready_again() {
    let world = World::new().await;
    world.kubernetes.add(node(NODE).ready(false));
    let mark = Action::MarkNotReady { node: world.node_ref(), since: world.now() };
    let clear = Action::ClearNotReady { node: world.node_ref() };
    let report = world.apply(vec![mark.clone(), mark.clone()]).await;
    assert_eq!(report.steps[0].outcome, StepOutcome::Done);
    assert_eq!(report.steps[1].message, "it was so already");
    assert_eq!(world.marks()["ec2-autoscale/not-ready-since"], json!(world.now().to_string()));
    assert_eq!(world.outcome(clear.clone()).await, StepOutcome::Skipped { why: SkipReason::NotReady }, "its silence goes on");
    world.kubernetes.edit("nodes", "", NODE, |node| {
        let conditions = node["status"]["conditions"].as_array_mut().expect("conditions");
        conditions.iter_mut().filter(|it| it["type"] == "Ready").for_each(|it| it["status"] = json!("True"));
    });
    assert_eq!(world.outcome(clear).await, StepOutcome::Done);
    assert_eq!(world.marks()["ec2-autoscale/not-ready-since"], Value::Null);
    assert_eq!(world.outcome(mark).await, StepOutcome::Skipped { why: SkipReason::Recovered });
    assert_eq!(world.marks()["ec2-autoscale/not-ready-since"], Value::Null);
}

#[tokio::test]
async fn a_node_that_cannot_be_read_is_not_taken_for_one_that_is_gone() {
    let world = one_node().await;
    world.kubernetes.fault(Fault::on("get", "nodes").status(403));
    let outcome = world.outcome(mark_idle(&world)).await;
    assert!(matches!(&outcome, StepOutcome::Failed { error } if error.starts_with("reading the node: ")), "{outcome}");
}

#[tokio::test]
async fn a_taint_that_somebody_adds_meanwhile_survives() {
    let world = one_node().await;
    world.kubernetes.before(CallPattern::on("patch", "nodes"), |cluster| {
        cluster.edit("nodes", "", NODE, |node| {
            let maintenance = json!({ "key": "maintenance", "effect": "NoExecute" });
            node["spec"]["taints"].as_array_mut().expect("taints").push(maintenance);
        });
    });
    assert_eq!(world.outcome(mark_idle(&world)).await, StepOutcome::Done);
    assert_eq!(taints(&world), ["gpu", "maintenance", "ec2-autoscale/idle-since"]);
}

#[tokio::test]
async fn a_write_that_has_begun_is_not_tried_again_after_the_wish_to_stop() {
    for (is_stopped, tries) in [(false, 4), (true, 1)] {
        let world = one_node().await;
        let stop = world.stop.clone();
        world.kubernetes.fault(Fault::on("patch", "nodes").status(500));
        world.kubernetes.before(CallPattern::on("get", "nodes"), move |_| {
            if is_stopped {
                stop.stop(StopCause::Interrupted);
            }
        });
        let outcome = world.outcome(mark_idle(&world)).await;
        assert!(matches!(outcome, StepOutcome::Failed { .. }), "{outcome}");
        let patches = world.kubernetes.calls().into_iter().filter(|call| call.verb == "patch" && call.resource == "nodes");
        assert_eq!(patches.count(), tries);
    }
}

#[tokio::test]
async fn a_patch_whose_answer_is_lost_is_looked_up_and_not_repeated() {
    let world = one_node().await;
    world.kubernetes.fault(Fault::on("patch", "nodes").cut_after().times(1));
    assert_eq!(world.outcome(mark_idle(&world)).await, StepOutcome::Done);
    let patches = world.kubernetes.mutations().into_iter().filter(|call| call.resource == "nodes").count();
    assert_eq!(patches, 1);
}

#[tokio::test]
async fn another_node_of_the_same_name_is_not_touched() {
    let world = one_node().await;
    let (mut before, gone) = (world.node_ref(), NodeRef { name: "gone".into(), uid: "u".into() });
    before.uid.push('x');
    let since = world.now();
    let outcome = world.outcome(Action::MarkIdle { node: before, since }).await;
    assert_eq!(outcome, StepOutcome::Skipped { why: SkipReason::NodeReplaced });
    let outcome = world.outcome(Action::MarkIdle { node: gone, since }).await;
    assert_eq!(outcome, StepOutcome::Skipped { why: SkipReason::NodeGone });
    assert_eq!(taints(&world), ["gpu"]);
}

#[tokio::test]
async fn an_idle_node_is_cordoned_with_our_mark_and_uncordoned_without_a_trace() {
    let world = one_node().await;
    world.kubernetes.add(pod("kube-system", "agent").node(NODE).owned_by("DaemonSet", "agent"));
    world.kubernetes.add(pod("default", "finished").node(NODE).phase("Succeeded"));
    world.outcome(mark_idle(&world)).await;
    assert_eq!(world.outcome(world.cordon()).await, StepOutcome::Done);
    assert_eq!(world.node()["spec"]["unschedulable"], json!(true));
    let mark = world.node()["metadata"]["annotations"]["ec2-autoscale/cordoned-at"].clone();
    assert_eq!(mark, json!(world.now().to_string()));

    assert_eq!(world.outcome(world.uncordon()).await, StepOutcome::Done);
    assert_eq!(world.node()["spec"]["unschedulable"], Value::Null);
    assert_eq!(world.node()["metadata"]["annotations"]["ec2-autoscale/cordoned-at"], Value::Null);
    assert_eq!(taints(&world), ["gpu"]);
}

#[tokio::test]
async fn a_node_that_a_pod_was_bound_to_meanwhile_is_not_cordoned() {
    let world = one_node().await;
    world.kubernetes.add(pod("default", "train").owned_by("Job", "train"));
    let list = CallPattern::on("list", "pods").with_query("spec.nodeName=node-a");
    world.kubernetes.before(list, |cluster| {
        cluster.bind("default", "train", NODE);
    });
    let why = SkipReason::BecameBusy { pods: 1 };
    assert_eq!(world.outcome(world.cordon()).await, StepOutcome::Skipped { why });
    assert_eq!(world.node()["spec"]["unschedulable"], Value::Null);
}

#[tokio::test]
async fn the_node_of_this_very_run_is_not_cordoned() {
    let world = one_node().await;
    world.kubernetes.add(pod("kube-system", "this-run").node(NODE).owned_by("Job", "ec2-autoscale"));
    assert_eq!(world.outcome(world.cordon()).await, StepOutcome::Skipped { why: SkipReason::OwnNode });
}

#[tokio::test]
async fn a_persons_cordon_is_neither_taken_over_nor_undone() {
    let world = World::new().await;
    world.kubernetes.add(node(NODE).cordoned());
    for action in [world.cordon(), world.uncordon()] {
        assert_eq!(world.outcome(action).await, StepOutcome::Skipped { why: SkipReason::CordonedByPerson });
    }
    assert_eq!(world.node()["spec"]["unschedulable"], json!(true));
}
