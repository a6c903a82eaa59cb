//! What a raised desired capacity leads to.
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html>

use std::time::Duration;

use aws_sdk_autoscaling::types::ScalingActivityStatusCode;
use aws_sdk_ec2::types::{InstanceState, InstanceStateName};
use serde_json::json;

use super::{GROUP, REGION, activities, autoscaling, described, ec2, lifecycle_states, on_each, set_desired};
use crate::support::aws::{AwsServer, LaunchDelay, LaunchFailure, Mixed};

#[tokio::test]
async fn aws_launches_are_pending_until_released() {
    let aws = AwsServer::account();
    aws.group(GROUP).create();
    aws.launch_delay(LaunchDelay::Pending);
    let client = autoscaling(&aws).await;
    set_desired(&client, GROUP, 2).await;
    assert_eq!(lifecycle_states(&client, GROUP).await, ["Pending"; 2]);
    assert_eq!(activities(&client, GROUP).await[0].progress, Some(30));
    let answer = ec2(&aws).await.describe_instances().send().await;
    let answer = answer.expect("description of the instances");
    let state = answer.reservations()[0].instances()[0].state();
    assert_eq!(state.and_then(InstanceState::name), Some(&InstanceStateName::Pending));

    aws.release_launches();
    assert_eq!(lifecycle_states(&client, GROUP).await, ["InService"; 2]);
    assert_eq!(activities(&client, GROUP).await[0].progress, Some(100));
}

#[tokio::test]
async fn aws_shows_a_gap_before_anything_starts() {
    let aws = AwsServer::account();
    aws.group(GROUP).create();
    aws.group("other").create();
    aws.launch_delay_of(GROUP, LaunchDelay::OnlyRequested);
    let client = autoscaling(&aws).await;
    set_desired(&client, GROUP, 2).await;
    set_desired(&client, "other", 1).await;

    let group = described(&client, GROUP).await;
    assert_eq!(group.desired_capacity, Some(2));
    assert!(group.instances().is_empty());
    assert!(activities(&client, GROUP).await.is_empty());
    assert_eq!(lifecycle_states(&client, "other").await, ["InService"]);

    aws.release_launches();
    assert_eq!(aws.group_state(REGION, GROUP).count("InService"), 2);
}

#[tokio::test]
async fn aws_launches_can_last_a_number_of_looks_or_a_time() {
    let aws = AwsServer::account();
    aws.group(GROUP).create();
    aws.group("slow").create();
    aws.launch_delay(LaunchDelay::PendingForDescribes(2));
    aws.launch_delay_of("slow", LaunchDelay::PendingFor(Duration::from_hours(1)));
    let client = autoscaling(&aws).await;
    set_desired(&client, GROUP, 1).await;
    set_desired(&client, "slow", 1).await;
    assert_eq!(lifecycle_states(&client, GROUP).await, ["Pending"]);
    assert_eq!(lifecycle_states(&client, GROUP).await, ["Pending"]);
    assert_eq!(lifecycle_states(&client, GROUP).await, ["InService"]);

    assert_eq!(lifecycle_states(&client, "slow").await, ["Pending"]);
    aws.age(Duration::from_hours(1));
    assert_eq!(lifecycle_states(&client, "slow").await, ["InService"]);
}

#[tokio::test]
async fn aws_uses_the_zones_in_turn() {
    let aws = AwsServer::account();
    aws.group(GROUP).zones(["us-west-2a", "us-west-2b", "us-west-2c"]).desired(6).create();
    let state = aws.group_state(REGION, GROUP);
    for zone in ["us-west-2a", "us-west-2b", "us-west-2c"] {
        let in_zone = state.instances.iter().filter(|it| it.zone == zone).count();
        assert_eq!(in_zone, 2, "{zone}");
    }
}

/// "If launch attempts fail in an Availability Zone, Amazon EC2 Auto Scaling attempts to launch
/// instances in another healthy Availability Zone."
/// <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-availability-zone-balanced.html>
#[tokio::test]
async fn aws_goes_to_another_zone_when_one_has_no_capacity() {
    let aws = AwsServer::account();
    aws.fail_launches(&LaunchFailure::code("InsufficientInstanceCapacity").zone("us-west-2a"));
    aws.group(GROUP).zones(["us-west-2a", "us-west-2b"]).desired(2).create();
    let state = aws.group_state(REGION, GROUP);
    assert_eq!(state.count("InService"), 2);
    assert!(state.instances.iter().all(|it| it.zone == "us-west-2b"));
}

#[tokio::test]
async fn aws_tries_again_until_a_failure_is_mended() {
    on_each(async |aws| {
        aws.fail_launches(&LaunchFailure::code("InsufficientInstanceCapacity").group(GROUP).region(REGION));
        aws.group(GROUP).zones(["us-west-2a"]).desired(2).create();
        aws.retry_launches();
        assert!(aws.group_state(REGION, GROUP).instances.is_empty());
        let tries = activities(&autoscaling(aws).await, GROUP).await;
        let words =
            "We currently do not have sufficient m5.large capacity in the Availability Zone you requested (us-west-2a).";
        assert_eq!(tries.len(), 2);
        assert!(tries[0].status_message().is_some_and(|message| message.starts_with(words)), "{:?}", tries[0]);
        assert_eq!(tries[0].status_code(), Some(&ScalingActivityStatusCode::Failed));
        aws.mend_launches();
        aws.retry_launches();
        assert_eq!(aws.group_state(REGION, GROUP).count("InService"), 2);
    })
    .await;
}

#[tokio::test]
async fn aws_failures_can_end_after_a_number_of_launches() {
    let aws = AwsServer::account();
    aws.fail_launches(&LaunchFailure::code("VolumeLimitExceeded").times(1));
    aws.group(GROUP).desired(1).create();
    assert!(aws.group_state(REGION, GROUP).instances.is_empty());
    aws.retry_launches();
    assert_eq!(aws.group_state(REGION, GROUP).count("InService"), 1);
}

#[tokio::test]
async fn aws_mixed_policy_launches_its_overrides_in_order() {
    let aws = AwsServer::account();
    aws.fail_launches(&LaunchFailure::code("InsufficientInstanceCapacity").instance_type("m5.large"));
    aws.group(GROUP).mixed(Mixed::of(["m5.large", "m5a.large"])).desired(1).create();
    let state = aws.group_state(REGION, GROUP);
    assert_eq!(state.instances[0].instance_type, "m5a.large");
}

/// <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-mixed-instances-groups-instance-weighting.html>
#[tokio::test]
async fn aws_weighted_groups_count_weights() {
    let aws = AwsServer::account();
    aws.group(GROUP).mixed(Mixed::weighted([("m5.xlarge", 2)])).max(20).desired(5).create();
    let client = autoscaling(&aws).await;
    let group = described(&client, GROUP).await;
    // 5 is no multiple of 2: AWS goes above rather than stay below.
    assert_eq!(group.instances().len(), 3);
    assert_eq!(group.instances()[0].weighted_capacity(), Some("2"));
    assert_eq!(aws.group_state(REGION, GROUP).instances[0].weight, 2);
}

#[tokio::test]
async fn aws_mixed_policy_splits_on_demand_and_spot() {
    let aws = AwsServer::account();
    let mixed = Mixed::of(["m5.large"]).on_demand_base(1).on_demand_percentage(0);
    aws.group(GROUP).mixed(mixed).desired(4).create();
    let state = aws.group_state(REGION, GROUP);
    assert_eq!(state.instances.iter().filter(|it| it.spot).count(), 3);
}

#[tokio::test]
async fn aws_mixed_policy_launches_what_meets_the_requirements() {
    let aws = AwsServer::account();
    let needs = json!({"VCpuCount": {"Min": 96, "Max": 96}, "MemoryMiB": {"Min": 1_000_000}, "AllowedInstanceTypes": ["p4d.*"], "AcceleratorCount": {"Min": 8}});
    aws.group(GROUP).mixed(Mixed::meeting(&needs)).desired(1).create();
    let state = aws.group_state(REGION, GROUP);
    assert_eq!(state.instances[0].instance_type, "p4d.24xlarge");
}

#[tokio::test]
async fn aws_does_not_launch_while_launch_is_suspended() {
    let aws = AwsServer::account();
    aws.group(GROUP).suspended(["Launch"]).create();
    let client = autoscaling(&aws).await;
    set_desired(&client, GROUP, 2).await;
    let group = described(&client, GROUP).await;
    assert_eq!(group.desired_capacity, Some(2));
    assert!(group.instances().is_empty());
    let suspended = group.suspended_processes();
    assert_eq!(suspended[0].process_name(), Some("Launch"));

    aws.suspend(REGION, GROUP, &[]);
    assert_eq!(aws.group_state(REGION, GROUP).count("InService"), 2);
}

#[tokio::test]
async fn aws_instances_keep_the_template_version_they_were_launched_from() {
    let aws = AwsServer::account();
    aws.group(GROUP).template_version("$Latest").desired(1).create();
    let version = aws.add_template_version(REGION, GROUP, "m5.xlarge", false);
    assert_eq!(version, 2);
    let client = autoscaling(&aws).await;
    set_desired(&client, GROUP, 2).await;
    let group = described(&client, GROUP).await;
    let launched: Vec<_> =
        group.instances().iter().map(|it| (it.instance_type(), it.launch_template().and_then(|from| from.version()))).collect();
    let expected = [(Some("m5.large"), Some("1")), (Some("m5.xlarge"), Some("2"))];
    assert_eq!(launched, expected);
}
