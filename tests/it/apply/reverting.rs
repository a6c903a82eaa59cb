//! Reverts of a desired capacity that AWS cannot launch: they never cost an instance.

use ec2_autoscale::apply::{SkipReason, StepOutcome};
use ec2_autoscale::plan::Action;
use jiff::SignedDuration;

use super::{GROUP, REGION, World, group};
use crate::support::aws::{LaunchFailure, Moment};

/// Makes two protected instances with a desired capacity of four, for which AWS has no capacity.
async fn failing_group() -> World {
    let world = World::new().await;
    world.aws.group(GROUP).max(10).desired(2).protected().create();
    world.aws.fail_launches(&LaunchFailure::code("InsufficientInstanceCapacity"));
    assert_eq!(world.outcome(World::set_desired(2, 4)).await, StepOutcome::Done);
    world.aws.forget_calls();
    world
}

fn revert(world: &World, from: i64, to: i64) -> Action {
    let failed_at = world.now() - SignedDuration::from_mins(5);
    Action::RevertDesired { group: group(), from, to, failed_at, message: "Insufficient capacity.".into() }
}

#[tokio::test]
async fn what_cannot_be_launched_is_asked_for_no_more() {
    let world = failing_group().await;
    assert_eq!(world.outcome(revert(&world, 4, 2)).await, StepOutcome::Done);
    let state = world.aws.group_state(REGION, GROUP);
    assert_eq!((state.desired, state.count("InService")), (2, 2));
    assert_eq!(world.aws_changes(), ["SetDesiredCapacity"]);
}

#[tokio::test]
async fn a_group_that_is_filled_meanwhile_is_left_alone() {
    let world = failing_group().await;
    world.aws.mend_launches();
    world.aws.retry_launches();
    world.aws.forget_calls();
    let why = SkipReason::NoFailure;
    assert_eq!(world.outcome(revert(&world, 4, 2)).await, StepOutcome::Skipped { why });
    assert_eq!(world.aws_changes(), Vec::<String>::new());
}

/// There is no compare-and-set: instances launched between the look and the request are then above
/// the desired capacity. Since all of them are protected, AWS ends none.
#[tokio::test]
async fn instances_launched_between_the_look_and_the_request_live() {
    let world = failing_group().await;
    let amazon = world.aws.handle();
    world.aws.before(&Moment::before("SetDesiredCapacity"), move || {
        amazon.mend_launches();
        amazon.retry_launches();
    });
    assert_eq!(world.outcome(revert(&world, 4, 2)).await, StepOutcome::Done);
    let state = world.aws.group_state(REGION, GROUP);
    assert_eq!((state.desired, state.count("InService"), state.instances.len()), (2, 4, 4));
    assert_eq!(world.aws_changes(), ["SetDesiredCapacity"]);
}
