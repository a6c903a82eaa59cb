//! Answers that go wrong, as the SDK sees them.
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>

use std::time::{Duration, Instant};

use aws_config::retry::RetryConfig;

use super::{GROUP, REGION, autoscaling, code_and_message, ec2, sdk_config, set_desired};
use crate::support::aws::{AwsServer, Fault};

#[tokio::test]
async fn aws_error_of_a_region_leaves_the_others_alone() {
    let aws = AwsServer::account();
    let fault = Fault::on("DescribeAutoScalingGroups").region("us-east-1").status(500).code("InternalFailure");
    aws.fault(&fault.message("We encountered an internal error."));
    let west = autoscaling(&aws).await;
    west.describe_auto_scaling_groups().send().await.expect("groups of us-west-2");
    let east = aws_sdk_autoscaling::Client::new(&sdk_config(&aws, "us-east-1").await);
    let error = east.describe_auto_scaling_groups().send().await.expect_err("fault");
    assert_eq!(error.raw_response().map(|it| it.status().as_u16()), Some(500));
    assert_eq!(code_and_message(&error), ("InternalFailure", "We encountered an internal error."));
    aws.clear_faults();
    east.describe_auto_scaling_groups().send().await.expect("groups of us-east-1");
}

#[tokio::test]
async fn aws_error_of_ec2_has_its_own_dialect() {
    let aws = AwsServer::account();
    let denied = "You are not authorized to perform this operation.";
    aws.fault(&Fault::on("DescribeInstances").status(403).code("UnauthorizedOperation").message(denied).times(1));
    let client = ec2(&aws).await;
    let error = client.describe_instances().send().await.expect_err("fault");
    assert_eq!(code_and_message(&error), ("UnauthorizedOperation", denied));
    client.describe_instances().send().await.expect("second call");
}

#[tokio::test]
async fn aws_fault_can_wait_for_a_later_call_and_come_late() {
    let aws = AwsServer::account();
    aws.group(GROUP).create();
    let late = Duration::from_millis(200);
    aws.fault(&Fault::on("*").after(1).times(1).code("Throttling").delay(late));
    let client = autoscaling(&aws).await;
    set_desired(&client, GROUP, 1).await;
    let asked = Instant::now();
    let error = client.describe_auto_scaling_groups().send().await.expect_err("fault");
    assert!(asked.elapsed() >= late);
    assert_eq!(code_and_message(&error).0, "Throttling");
}

/// "Throttling": the request was denied due to request throttling, HTTP 400.
/// <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/CommonErrors.html>
#[tokio::test]
async fn aws_throttles_every_other_time_and_the_sdk_gets_through() {
    let aws = AwsServer::account();
    aws.group(GROUP).create();
    aws.fault(&Fault::on("*").every_other_time().code("Throttling").message("Rate exceeded"));
    let client = autoscaling(&aws).await;
    let one = || client.describe_auto_scaling_groups().auto_scaling_group_names(GROUP).send();
    let other = || client.describe_scaling_activities().auto_scaling_group_name(GROUP).send();
    assert_eq!(code_and_message(&one().await.expect_err("fault")), ("Throttling", "Rate exceeded"));
    // Another request between the two has its own turn.
    other().await.expect_err("fault");
    one().await.expect("second sending");
    other().await.expect("second sending");
    one().await.expect_err("third sending");

    let config = sdk_config(&aws, REGION).await.into_builder();
    let quick = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
    let patient = aws_sdk_autoscaling::Client::new(&config.retry_config(quick).build());
    patient.describe_auto_scaling_groups().send().await.expect("sent again");
}

#[tokio::test]
async fn aws_answer_can_break_off_between_two_pages() {
    let aws = AwsServer::account();
    for name in ["a", "b", "c"] {
        aws.group(name).create();
    }
    aws.fault(&Fault::on("DescribeAutoScalingGroups").on_later_pages().status(503).code("ServiceUnavailable").times(1));
    let client = autoscaling(&aws).await;
    let mut pages = client.describe_auto_scaling_groups().into_paginator().page_size(2).send();
    let first = pages.next().await.expect("a page").expect("first page");
    assert_eq!(first.auto_scaling_groups().len(), 2);
    let error = pages.next().await.expect("a page").expect_err("fault");
    assert_eq!(code_and_message(&error).0, "ServiceUnavailable");
}

#[tokio::test]
async fn aws_fault_can_be_of_one_object() {
    let aws = AwsServer::account();
    aws.group(GROUP).create();
    aws.group("other").create();
    aws.fault(&Fault::on("DescribeScalingActivities").with_param("AutoScalingGroupName", "other").code("InternalFailure"));
    let client = autoscaling(&aws).await;
    let ask = |name: &'static str| client.describe_scaling_activities().auto_scaling_group_name(name).send();
    ask(GROUP).await.expect("activities");
    ask("other").await.expect_err("fault");
}

#[tokio::test]
async fn aws_connection_cut_before_the_change_changes_nothing() {
    let aws = AwsServer::account();
    aws.group(GROUP).create();
    aws.fault(&Fault::on("SetDesiredCapacity").cut_before_change().times(1));
    let client = autoscaling(&aws).await;
    let asked = client.set_desired_capacity().auto_scaling_group_name(GROUP).desired_capacity(2);
    asked.send().await.expect_err("no answer");
    assert_eq!(aws.group_state(REGION, GROUP).desired, 0);
}

#[tokio::test]
async fn aws_lost_answer_makes_the_sdk_send_again() {
    let aws = AwsServer::account();
    aws.group(GROUP).create();
    aws.fault(&Fault::on("SetDesiredCapacity").cut_after_change().times(2));
    let config = sdk_config(&aws, REGION).await.into_builder();
    let quick = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
    let client = aws_sdk_autoscaling::Client::new(&config.retry_config(quick).build());
    set_desired(&client, GROUP, 2).await;
    assert_eq!(aws.mutations().len(), 3);
    let state = aws.group_state(REGION, GROUP);
    assert_eq!((state.desired, state.instances.len()), (2, 2));
}
