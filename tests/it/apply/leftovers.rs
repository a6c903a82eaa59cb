//! Node objects that their instances have left behind: the mark, and the deletion on proof.

use ec2_autoscale::apply::{SkipReason, StepOutcome};
use ec2_autoscale::plan::Action;
use ec2_autoscale::snapshot::MachineHealth;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{GROUP, NODE, REGION, World};
use crate::support::aws::Fault;
use crate::support::kubernetes::objects::{Object as _, node};
use crate::support::kubernetes::{CallPattern, Fault as ApiFault};

const MARK: &str = "ec2-autoscale/gone-since";

impl World {
    /// Makes a node whose instance is gone, as a run noted an hour ago. Returns the instance.
    fn left_behind(&self) -> String {
        self.aws.group(GROUP).max(5).desired(2).create();
        let instance = self.aws.group_state(REGION, GROUP).instances.swap_remove(0);
        self.aws.lose_instance(&instance.id);
        let silent = node(NODE).provider_id(&instance.provider_id()).ready_since("Unknown", self.known_since());
        self.kubernetes.add(silent.annotation(MARK, &self.known_since().to_string()));
        instance.id
    }

    fn known_since(&self) -> Timestamp {
        self.now() - SignedDuration::from_hours(1)
    }

    fn delete(&self, instance: &str) -> Action {
        let (node, region, since) = (self.node_ref(), REGION.to_owned(), self.known_since());
        Action::DeleteNode { node, region, instance: instance.to_owned(), since }
    }

    fn is_there(&self) -> bool {
        self.kubernetes.find("nodes", "", NODE).is_some()
    }
}

#[tokio::test]
async fn a_node_whose_instance_is_no_more_is_deleted() {
    for is_forgotten in [false, true] {
        let world = World::new().await;
        let gone = world.left_behind();
        if is_forgotten {
            world.aws.forget_instance(&gone);
        }
        assert_eq!(world.outcome(world.delete(&gone)).await, StepOutcome::Done);
        assert!(!world.is_there());
        assert_eq!(world.aws_changes(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn an_instance_that_turns_up_at_the_last_moment_keeps_its_node() {
    for (state, health) in [("running", MachineHealth::Running), ("stopped", MachineHealth::Stopped)] {
        let world = World::new().await;
        let gone = world.left_behind();
        world.aws.set_machine_state(&gone, state);
        let there = StepOutcome::Skipped { why: SkipReason::MachineThere { health } };
        assert_eq!(world.outcome(world.delete(&gone)).await, there);
        assert!(world.is_there());
    }
}

#[tokio::test]
async fn what_ec2_does_not_tell_forbids_the_deletion() {
    let world = World::new().await;
    let gone = world.left_behind();
    world.aws.fault(&Fault::on("DescribeInstances").status(403).code("UnauthorizedOperation"));
    let outcome = world.outcome(world.delete(&gone)).await;
    assert!(matches!(&outcome, StepOutcome::Failed { error } if error.contains("ec2:DescribeInstances")), "{outcome}");
    assert!(world.is_there());
}

/// The node of that name is another one by the time of the request, and stays.
#[tokio::test]
async fn a_node_made_again_under_the_same_name_stays() {
    let world = World::new().await;
    let gone = world.left_behind();
    let action = world.delete(&gone);
    world.kubernetes.before(CallPattern::on("delete", "nodes"), |cluster| {
        cluster.remove("nodes", "", NODE);
        cluster.add(node(NODE).provider_id("aws:///us-west-2a/i-0feed"));
    });
    assert_eq!(world.outcome(action.clone()).await, StepOutcome::Skipped { why: SkipReason::NodeReplaced });
    assert!(world.is_there());
    assert_eq!(world.outcome(action).await, StepOutcome::Skipped { why: SkipReason::NodeReplaced }, "and before the request");
}

#[tokio::test]
async fn a_node_that_somebody_spoke_for_or_marked_anew_stays() {
    let world = World::new().await;
    let gone = world.left_behind();
    let action = world.delete(&gone);
    let annotate = |key: &'static str, value: Value| {
        world.kubernetes.edit("nodes", "", NODE, |node| node["metadata"]["annotations"][key] = value);
    };
    annotate(MARK, json!("2026-01-01T00:00:00Z"));
    assert_eq!(world.outcome(action.clone()).await, StepOutcome::Skipped { why: SkipReason::NotMarkedGone });
    annotate(MARK, json!(world.known_since().to_string()));
    let keep = "karpenter.sh/do-not-disrupt";
    annotate(keep, json!("true"));
    assert_eq!(world.outcome(action.clone()).await, StepOutcome::Skipped { why: SkipReason::Kept { mark: keep.into() } });
    annotate(keep, Value::Null);
    world.kubernetes.edit("nodes", "", NODE, |node| node["status"]["conditions"][0]["status"] = json!("True"));
    assert_eq!(world.outcome(action).await, StepOutcome::Skipped { why: SkipReason::Recovered });
    assert!(world.is_there());
}

#[tokio::test]
async fn a_mark_that_is_too_young_keeps_the_node() {
    let world = World::new().await;
    let gone = world.left_behind();
    let action = world.delete(&gone);
    let until = world.known_since() + SignedDuration::from_mins(5);
    world.pass(-55 * 60 - 1);
    assert_eq!(world.outcome(action.clone()).await, StepOutcome::Skipped { why: SkipReason::MarkTooYoung { until } });
    world.pass(1);
    assert_eq!(world.outcome(action).await, StepOutcome::Done);
}

/// The kubelet reports again between the look and the request.
#[tokio::test]
async fn a_node_that_is_written_at_the_last_moment_is_looked_at_again() {
    let world = World::new().await;
    let gone = world.left_behind();
    let action = world.delete(&gone);
    world.kubernetes.before(CallPattern::on("delete", "nodes"), |cluster| {
        cluster.edit("nodes", "", NODE, |node| node["status"]["conditions"][0]["status"] = json!("True"));
    });
    assert_eq!(world.outcome(action).await, StepOutcome::Skipped { why: SkipReason::Recovered });
    assert!(world.is_there());
}

#[tokio::test]
async fn a_deletion_that_is_refused_is_told() {
    let world = World::new().await;
    let gone = world.left_behind();
    world.kubernetes.fault(ApiFault::on("delete", "nodes").status(403));
    let outcome = world.outcome(world.delete(&gone)).await;
    assert!(matches!(&outcome, StepOutcome::Failed { error } if error.starts_with("deleting the node: ")), "{outcome}");
    assert!(world.is_there());
}

#[tokio::test]
async fn the_mark_is_written_once_and_taken_off() {
    let world = World::new().await;
    let gone = world.left_behind();
    world.kubernetes.edit("nodes", "", NODE, |node| node["metadata"]["annotations"][MARK] = Value::Null);
    let mark = |since| Action::MarkGone { node: world.node_ref(), instance: gone.clone(), since };
    let clear = || Action::ClearGone { node: world.node_ref(), since: world.known_since() };
    let written = || world.node()["metadata"]["annotations"][MARK].clone();
    assert_eq!(world.outcome(mark(world.known_since())).await, StepOutcome::Done);
    assert_eq!(written(), json!(world.known_since().to_string()));
    assert_eq!(world.outcome(mark(world.now())).await, StepOutcome::Done);
    assert_eq!(written(), json!(world.known_since().to_string()), "the first one counts");
    assert_eq!(world.outcome(clear()).await, StepOutcome::Done);
    assert_eq!(written(), Value::Null);
    let patches = world.kubernetes.mutations().iter().filter(|call| (call.verb, &*call.resource) == ("patch", "nodes")).count();
    assert_eq!(patches, 2);
}
