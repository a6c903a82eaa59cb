//! SetDesiredCapacity.
//! <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_SetDesiredCapacity.html>

use super::{GROUP, REGION, autoscaling, code_and_message, set_desired};
use crate::support::aws::AwsServer;

async fn refusal(name: &str, desired: i32) -> (String, String) {
    let aws = AwsServer::account();
    aws.group(GROUP).min(2).max(5).create();
    let error = autoscaling(&aws)
        .await
        .set_desired_capacity()
        .auto_scaling_group_name(name)
        .desired_capacity(desired)
        .send()
        .await
        .expect_err("refusal");
    assert_eq!(aws.group_state(REGION, GROUP).desired, 2);
    let (code, message) = code_and_message(&error);
    (code.to_owned(), message.to_owned())
}

#[tokio::test]
async fn aws_refuses_desired_above_max() {
    let (code, message) = refusal(GROUP, 9).await;
    assert_eq!(code, "ValidationError");
    let expected = "New SetDesiredCapacity value 9 is above max value 5 for the AutoScalingGroup.";
    assert_eq!(message, expected);
}

#[tokio::test]
async fn aws_refuses_desired_below_min() {
    let (code, message) = refusal(GROUP, 1).await;
    assert_eq!(code, "ValidationError");
    let expected = "New SetDesiredCapacity value 1 is below min value 2 for the AutoScalingGroup.";
    assert_eq!(message, expected);
}

#[tokio::test]
async fn aws_refuses_to_change_an_unknown_group() {
    let (code, message) = refusal("nobody", 3).await;
    assert_eq!(code, "ValidationError");
    assert_eq!(message, "AutoScalingGroup name not found - AutoScalingGroup nobody not found");
}

#[tokio::test]
async fn aws_takes_the_bounds_themselves() {
    let aws = AwsServer::account();
    aws.group(GROUP).min(2).max(5).create();
    let client = autoscaling(&aws).await;
    set_desired(&client, GROUP, 5).await;
    assert_eq!(aws.group_state(REGION, GROUP).instances.len(), 5);
    set_desired(&client, GROUP, 2).await;
    assert_eq!(aws.group_state(REGION, GROUP).instances.len(), 2);
}

#[tokio::test]
async fn aws_bounds_may_move_past_desired() {
    let aws = AwsServer::account();
    aws.group(GROUP).desired(4).create();
    aws.set_bounds(REGION, GROUP, 1, 3);
    let state = aws.group_state(REGION, GROUP);
    assert_eq!((state.min, state.desired, state.max), (1, 4, 3));
}
