//! Raises of a group's desired capacity: once, on what is true, and noted first.

use ec2_autoscale::apply::{SkipReason, StepOutcome};
use ec2_autoscale::duration::Seconds;
use ec2_autoscale::plan::Action;
use ec2_autoscale::snapshot::InstanceNote;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{GROUP, NAMESPACE, NODE, REGION, World, group, notes};
use crate::support::aws::Fault;
use crate::support::kubernetes::objects::{Object as _, lease, node};

const ASKED: &str = "ec2-autoscale/asked";

async fn group_of_three() -> World {
    let world = World::new().await;
    world.aws.group(GROUP).max(10).desired(3).create();
    world
}

#[tokio::test]
async fn a_group_grows_and_the_lease_says_when_it_was_asked() {
    let world = group_of_three().await;
    assert_eq!(world.outcome(World::set_desired(3, 5)).await, StepOutcome::Done);
    assert_eq!(world.aws.group_state(REGION, GROUP).desired, 5);
    let note = &notes(&world)[&5];
    assert_eq!((note["name"].as_str(), note["region"].as_str()), (Some(GROUP), Some(REGION)));
    assert_eq!(note["at"].as_str(), Some(world.now().to_string().as_str()));
}

/// A note that went sooner would make a gap of a slow group look as if it were unknown.
#[tokio::test]
async fn notes_are_kept_for_twice_as_long_as_the_slowest_group_may_take() {
    let mut world = group_of_three().await;
    world.longest_init_time = Seconds::minutes(120);
    let noted = |world: &World| notes(world).into_keys().collect::<Vec<_>>();
    let other = json!([{ "region": REGION, "name": "other", "desired": 40, "at": world.now() }]);
    world.kubernetes.add(lease(NAMESPACE, "ec2-autoscale", "", world.now()).annotation(ASKED, &other.to_string()));
    world.pass(3 * 3600);
    world.outcome(World::set_desired(3, 4)).await;
    assert_eq!(noted(&world), [4, 40]);
    world.pass(2 * 3600);
    world.outcome(World::set_desired(4, 5)).await;
    assert_eq!(noted(&world), [5], "and of each group the newest");
}

/// The API server takes 256 KiB of annotations. An earlier version let notes pile up, and notes of
/// groups that are long gone stay.
#[tokio::test]
async fn notes_that_fill_the_lease_keep_no_group_from_growing() {
    let world = group_of_three().await;
    let note = |name: String, desired: i64| json!({ "region": REGION, "name": name, "desired": desired, "at": world.now() });
    let piled_up = (0..40).flat_map(|group| (0..55).map(move |desired| (format!("batch-gpu-{group}"), desired)));
    let of_many_groups = (0..2000).map(|group| (format!("eks-batch-gpu-large-aac2d3e4-{group}"), 1));
    for pile in [piled_up.collect::<Vec<_>>(), of_many_groups.collect()] {
        let pile: Vec<_> = pile.into_iter().map(|(name, desired)| note(name, desired)).collect();
        world.kubernetes.add(lease(NAMESPACE, "ec2-autoscale", "", world.now()).annotation(ASKED, &json!(pile).to_string()));
        let desired = i64::from(world.aws.group_state(REGION, GROUP).desired);
        assert_eq!(world.outcome(World::set_desired(desired, desired + 1)).await, StepOutcome::Done);
        let stored = world.kubernetes.get("leases", NAMESPACE, "ec2-autoscale");
        let text = stored["metadata"]["annotations"][ASKED].as_str().expect("notes");
        assert!(text.len() < 128 * 1024 && text.contains(GROUP), "{} bytes", text.len());
    }
}

/// This costs growth, and nothing else of the run.
#[tokio::test]
async fn notes_that_cannot_be_read_cost_the_growth_only() {
    let world = group_of_three().await;
    world.kubernetes.add(node(NODE));
    world.kubernetes.add(lease(NAMESPACE, "ec2-autoscale", "", world.now()).annotation(ASKED, "7 nodes"));
    let report = world.apply(vec![World::set_desired(3, 5), world.cordon()]).await;
    assert!(
        matches!(&report.steps[0].outcome, StepOutcome::Failed { error } if error.contains("is not understood")),
        "{}",
        report.steps[0].outcome
    );
    assert_eq!(report.steps[1].outcome, StepOutcome::Done);
    assert_eq!(world.aws_changes(), Vec::<String>::new());
}

/// A request that is not made leaves the note of the one before it: that one is true again.
#[tokio::test]
async fn a_refused_request_gives_the_earlier_note_back() {
    let world = group_of_three().await;
    world.outcome(World::set_desired(3, 4)).await;
    world.aws.fault(&Fault::on("SetDesiredCapacity").code("ScalingActivityInProgress").message("busy").times(1));
    world.pass(60);
    assert!(matches!(world.outcome(World::set_desired(4, 5)).await, StepOutcome::Failed { .. }));
    assert_eq!(notes(&world).into_keys().collect::<Vec<_>>(), [4]);
}

/// The notes are of what a run saw for the first time, and of what is settled.
#[tokio::test]
async fn instances_are_noted_once_and_forgotten() {
    let world = World::new().await;
    let seen = |instance: &str, first_seen| InstanceNote { group: group(), instance: instance.into(), first_seen };
    let first = world.now();
    let step = |seen, settled| Action::NoteInstances { seen, settled, fruitless: vec![] };
    assert_eq!(world.outcome(step(vec![seen("i-a", first), seen("i-b", first)], vec![])).await, StepOutcome::Done);
    world.pass(60);
    let later = step(vec![seen("i-a", world.now()), seen("i-c", world.now())], vec![seen("i-b", first)]);
    assert_eq!(world.outcome(later).await, StepOutcome::Done);
    let stored = world.kubernetes.get("leases", NAMESPACE, "ec2-autoscale");
    let text = stored["metadata"]["annotations"]["ec2-autoscale/seen"].as_str().expect("notes");
    let notes: Vec<Value> = serde_json::from_str(text).expect("notes");
    let notes: Vec<_> = notes.iter().map(|note| (note["instance"].clone(), note["since"].clone())).collect();
    let at = |moment: Timestamp| json!(moment.to_string());
    assert_eq!(notes, [(json!("i-a"), at(first)), (json!("i-c"), at(world.now()))]);
}

#[tokio::test]
async fn a_group_that_changed_meanwhile_is_left_alone_and_not_noted() {
    let world = group_of_three().await;
    let why = SkipReason::DesiredChanged { expected: 2, found: 3 };
    assert_eq!(world.outcome(World::set_desired(2, 5)).await, StepOutcome::Skipped { why });
    world.aws.set_bounds(REGION, GROUP, 0, 4);
    let why = SkipReason::OutsideLimits { min: 0, max: 4 };
    assert_eq!(world.outcome(World::set_desired(3, 5)).await, StepOutcome::Skipped { why });
    assert_eq!(world.aws_changes(), Vec::<String>::new());
    assert!(notes(&world).is_empty());
}

#[tokio::test]
async fn a_request_that_was_not_heard_is_sent_once_more() {
    let world = group_of_three().await;
    world.aws.fault(&Fault::on("SetDesiredCapacity").status(500).code("InternalFailure").times(1));
    assert_eq!(world.outcome(World::set_desired(3, 5)).await, StepOutcome::Done);
    assert_eq!(world.aws_changes(), ["SetDesiredCapacity"; 2]);

    world.aws.fault(&Fault::on("SetDesiredCapacity").status(500).code("InternalFailure"));
    world.aws.forget_calls();
    let outcome = world.outcome(World::set_desired(5, 6)).await;
    assert!(matches!(&outcome, StepOutcome::Failed { error } if error.contains("InternalFailure")), "{outcome}");
    assert_eq!(world.aws_changes(), ["SetDesiredCapacity"; 2]);
}

#[tokio::test]
async fn a_refusal_keeps_aws_words_and_the_other_steps_go_on() {
    let world = group_of_three().await;
    let words = "Scaling activity abc is in progress and blocks this call";
    world.aws.fault(&Fault::on("SetDesiredCapacity").code("ScalingActivityInProgress").message(words).times(1));
    let report = world.apply(vec![World::set_desired(3, 4), World::set_desired(3, 5)]).await;
    let error = format!("ScalingActivityInProgress: {words}");
    assert_eq!(report.steps[0].outcome, StepOutcome::Failed { error });
    assert_eq!(report.steps[1].outcome, StepOutcome::Done);
    assert!(!report.is_complete());
    assert_eq!(notes(&world).into_keys().collect::<Vec<_>>(), [5], "a refused request leaves no note");
}
