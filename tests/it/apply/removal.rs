//! Terminations of nodes: the second look, and what it refuses.

use ec2_autoscale::apply::{SkipReason, StepOutcome};
use ec2_autoscale::snapshot::ObjectName;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{GROUP, NODE, REGION, World};
use crate::support::aws::Fault;
use crate::support::kubernetes::objects::{Object as _, claim, node, pod};
use crate::support::kubernetes::{CallPattern, Fault as ApiFault};

fn object(name: &str) -> ObjectName {
    ObjectName { namespace: "default".into(), name: name.into() }
}

/// Asserts that the node was given back and the instance lives.
fn assert_given_back(world: &World) {
    assert_eq!(world.node()["spec"]["unschedulable"], Value::Null);
    assert_eq!(world.node()["metadata"]["annotations"]["ec2-autoscale/cordoned-at"], Value::Null);
    assert_eq!(world.aws_changes(), Vec::<String>::new());
}

#[tokio::test]
async fn an_idle_node_goes_with_its_share_of_the_group() {
    let world = World::new().await;
    let instance = world.cordoned_node();
    let held = claim("default", "data", "gp3").annotation("volume.kubernetes.io/selected-node", NODE);
    world.kubernetes.add(held.with("/status/phase", "Bound"));
    world.kubernetes.add(pod("kube-system", "agent").node(NODE).owned_by("DaemonSet", "agent"));
    assert_eq!(world.outcome(world.terminate(&instance)).await, StepOutcome::Done);
    let state = world.aws.group_state(REGION, GROUP);
    assert_eq!(state.desired, 1);
    assert!(state.instances.iter().all(|left| left.id != instance || left.lifecycle_state != "InService"));
    assert_eq!(world.node()["spec"]["unschedulable"], json!(true), "the Node object stays, cordoned");
}

#[tokio::test]
async fn a_pod_that_landed_in_spite_of_the_cordon_gets_its_node_back() {
    let world = World::new().await;
    let instance = world.cordoned_node();
    world.kubernetes.add(pod("default", "train").owned_by("Job", "train"));
    world.kubernetes.before(CallPattern::on("list", "pods").with_query("spec.nodeName=node-a"), |cluster| {
        cluster.bind("default", "train", NODE);
    });
    let report = world.apply(vec![world.terminate(&instance)]).await;
    assert_eq!(report.steps[0].outcome, StepOutcome::Skipped { why: SkipReason::BecameBusy { pods: 1 } });
    assert_eq!(report.steps[0].message, "uncordoned again");
    assert_given_back(&world);
}

#[tokio::test]
async fn a_pod_nominated_to_the_node_gets_it_back() {
    let world = World::new().await;
    let instance = world.cordoned_node();
    world.kubernetes.add(pod("default", "urgent").unschedulable().nominated_to(NODE));
    let why = SkipReason::PodNominated { pod: object("urgent") };
    assert_eq!(world.outcome(world.terminate(&instance)).await, StepOutcome::Skipped { why });
    assert_given_back(&world);
}

#[tokio::test]
async fn a_volume_that_is_being_made_for_the_node_gets_it_back() {
    let world = World::new().await;
    let instance = world.cordoned_node();
    world.kubernetes.add(claim("default", "data", "gp3").annotation("volume.kubernetes.io/selected-node", NODE));
    world.kubernetes.add(pod("default", "train").claim("data"));
    let why = SkipReason::VolumeSelected { claim: object("data") };
    assert_eq!(world.outcome(world.terminate(&instance)).await, StepOutcome::Skipped { why });
    assert_given_back(&world);
}

/// Anybody may write the annotation, and a claim of a class that does not exist waits for ever.
#[tokio::test]
async fn a_claim_that_nobody_waits_for_keeps_no_node() {
    let selected = || claim("default", "data", "no-such-class").annotation("volume.kubernetes.io/selected-node", NODE);
    let long_ago = Timestamp::now() - SignedDuration::from_mins(61);
    let waits = || pod("default", "train").claim("data");
    for (claim, pod) in [
        (selected(), pod("default", "other")),
        (selected(), waits().created_at(long_ago)),
        (selected(), waits().node("node-b")),
        (selected(), waits().phase("Succeeded")),
    ] {
        let world = World::new().await;
        let instance = world.cordoned_node();
        world.kubernetes.add(claim);
        world.kubernetes.add(pod);
        assert_eq!(world.outcome(world.terminate(&instance)).await, StepOutcome::Done);
    }
}

#[tokio::test]
async fn two_nodes_that_claim_one_instance_stay() {
    let world = World::new().await;
    let instance = world.cordoned_node();
    let provider_id = world.aws.register_spec(&instance).provider_id();
    world.kubernetes.add(node("node-b").provider_id(&provider_id));
    let why = SkipReason::TwoNodes { other: "node-b".into() };
    assert_eq!(world.outcome(world.terminate(&instance)).await, StepOutcome::Skipped { why });
    assert_eq!(world.aws_changes(), Vec::<String>::new());
}

/// The cloud of k3s writes a `providerID` of its own; EC2 knows whose address the node has.
#[tokio::test]
async fn a_node_of_another_scheme_goes_by_its_address() {
    let world = World::new().await;
    let instance = world.cordoned_node();
    let address = world.aws.register_spec(&instance).private_ip;
    let with_address = |address: String| {
        world.kubernetes.edit("nodes", "", NODE, |node| {
            node["spec"]["providerID"] = json!("k3s://node-a");
            node["status"]["addresses"] = json!([{ "type": "InternalIP", "address": address }]);
        });
    };
    with_address("192.0.2.1".to_owned());
    assert_eq!(world.outcome(world.terminate(&instance)).await, StepOutcome::Skipped { why: SkipReason::OtherInstance });
    assert_eq!(world.aws_changes(), Vec::<String>::new());
    with_address(address);
    assert_eq!(world.outcome(world.terminate(&instance)).await, StepOutcome::Done);
}

#[tokio::test]
async fn what_cannot_be_looked_at_forbids_the_step() {
    let world = World::new().await;
    let instance = world.cordoned_node();
    let action = world.terminate(&instance);
    world.kubernetes.fault(ApiFault::on("list", "persistentvolumeclaims").status(403));
    let outcome = world.outcome(action).await;
    assert!(
        matches!(&outcome, StepOutcome::Failed { error } if error.starts_with("listing persistentvolumeclaims")),
        "{outcome}"
    );
    assert_eq!(world.node()["spec"]["unschedulable"], json!(true));
    assert_eq!(world.aws_changes(), Vec::<String>::new());
}

#[tokio::test]
async fn a_cordon_must_settle_and_be_the_one_the_plan_saw() {
    let world = World::new().await;
    let instance = world.cordoned_node();
    let action = world.terminate(&instance);
    world.pass(-31);
    let outcome = world.outcome(action.clone()).await;
    assert!(matches!(outcome, StepOutcome::Skipped { why: SkipReason::TooSoon { .. } }), "{outcome}");
    world.kubernetes.edit("nodes", "", NODE, |node| {
        node["metadata"]["annotations"]["ec2-autoscale/cordoned-at"] = json!("2026-01-01T00:00:00Z");
    });
    assert_eq!(world.outcome(action).await, StepOutcome::Skipped { why: SkipReason::CordonChanged });
    assert_eq!(world.aws_changes(), Vec::<String>::new());
}

#[tokio::test]
async fn a_minimum_that_rises_at_the_last_moment_is_told_in_aws_words() {
    let world = World::new().await;
    let instance = world.cordoned_node();
    let words = "Currently, desiredSize equals minSize (2). Terminating instance without replacement will violate group's min \
                 size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.";
    world.aws.fault(&Fault::on("TerminateInstanceInAutoScalingGroup").code("ValidationError").message(words));
    let report = world.apply(vec![world.terminate(&instance)]).await;
    assert!(matches!(report.steps[0].outcome, StepOutcome::Skipped { why: SkipReason::AtMin { .. } }));
    assert_eq!(report.steps[0].message, format!("ValidationError: {words}"));
}

#[tokio::test]
async fn any_other_refusal_of_aws_is_a_failure() {
    let world = World::new().await;
    let instance = world.cordoned_node();
    world.aws.fault(&Fault::on("TerminateInstanceInAutoScalingGroup").code("ValidationError").message("Not now."));
    let outcome = world.outcome(world.terminate(&instance)).await;
    assert!(matches!(&outcome, StepOutcome::Failed { error } if error.contains("Not now.")), "{outcome}");
}
