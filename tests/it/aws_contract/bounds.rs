//! SetDesiredCapacity.
//! <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_SetDesiredCapacity.html>

use super::{GROUP, REGION, autoscaling, code_and_message, on_each, set_desired};
use crate::support::aws::AwsServer;

/// Asserts that the group of 2 to 5 refuses this desired capacity with these words.
async fn is_refused(name: &str, desired: i32, words: &str) {
    on_each(async |aws| {
        aws.group(GROUP).min(2).max(5).create();
        let asked = autoscaling(aws).await.set_desired_capacity().auto_scaling_group_name(name).desired_capacity(desired);
        let error = asked.send().await.expect_err("refusal");
        assert_eq!(code_and_message(&error), ("ValidationError", words));
        assert_eq!(aws.group_state(REGION, GROUP).desired, 2);
    })
    .await;
}

#[tokio::test]
async fn aws_refuses_desired_above_max() {
    is_refused(GROUP, 9, "New SetDesiredCapacity value 9 is above max value 5 for the AutoScalingGroup.").await;
}

#[tokio::test]
async fn aws_refuses_desired_below_min() {
    is_refused(GROUP, 1, "New SetDesiredCapacity value 1 is below min value 2 for the AutoScalingGroup.").await;
}

#[tokio::test]
async fn aws_refuses_to_change_an_unknown_group() {
    is_refused("nobody", 3, "AutoScalingGroup name not found - AutoScalingGroup nobody not found").await;
}

#[tokio::test]
async fn aws_takes_the_bounds_themselves() {
    on_each(async |aws| {
        aws.group(GROUP).min(2).max(5).create();
        let client = autoscaling(aws).await;
        set_desired(&client, GROUP, 5).await;
        assert_eq!(aws.group_state(REGION, GROUP).instances.len(), 5);
        set_desired(&client, GROUP, 2).await;
        assert_eq!(aws.group_state(REGION, GROUP).instances.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn aws_bounds_may_move_past_desired() {
    let aws = AwsServer::account();
    aws.group(GROUP).desired(4).create();
    aws.set_bounds(REGION, GROUP, 1, 3);
    let state = aws.group_state(REGION, GROUP);
    assert_eq!((state.min, state.desired, state.max), (1, 4, 3));
}
