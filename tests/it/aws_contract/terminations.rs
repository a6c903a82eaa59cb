//! TerminateInstanceInAutoScalingGroup and the ways an instance goes.
//! <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_TerminateInstanceInAutoScalingGroup.html>

use aws_sdk_autoscaling::types::{Activity, ScalingActivityStatusCode};

use super::{GROUP, REGION, activities, autoscaling, code_and_message, ec2, lifecycle_states, on_each, set_desired};
use crate::support::aws::{Account, AwsServer};

fn first_instance(aws: &Account) -> String {
    aws.group_state(REGION, GROUP).instances[0].id.clone()
}

async fn terminate(aws: &Account, instance: &str, decrement: bool) -> Result<Activity, (String, String)> {
    let answer = autoscaling(aws)
        .await
        .terminate_instance_in_auto_scaling_group()
        .instance_id(instance)
        .should_decrement_desired_capacity(decrement)
        .send()
        .await;
    match answer {
        Ok(done) => Ok(done.activity.expect("activity of the termination")),
        Err(error) => {
            let (code, message) = code_and_message(&error);
            Err((code.to_owned(), message.to_owned()))
        }
    }
}

#[tokio::test]
async fn aws_terminates_one_instance_by_name_and_shrinks() {
    on_each(async |aws| {
        aws.group(GROUP).desired(3).create();
        let instance = first_instance(aws);
        let activity = terminate(aws, &instance, true).await.expect("termination");
        assert_eq!(activity.status_code(), Some(&ScalingActivityStatusCode::InProgress));
        let cause = activity.cause().expect("cause");
        assert!(
        cause.ends_with(&format!(
            "instance {instance} was taken out of service in response to a user request, shrinking the capacity from 3 to 2."
        )),
        "{cause}"
    );
        let state = aws.group_state(REGION, GROUP);
        assert_eq!(state.desired, 2);
        assert!(state.instances.iter().all(|it| it.id != instance));
    })
    .await;
}

#[tokio::test]
async fn aws_replaces_what_is_terminated_without_decrement() {
    on_each(async |aws| {
        aws.group(GROUP).min(2).create();
        let instance = first_instance(aws);
        terminate(aws, &instance, false).await.expect("termination");
        let state = aws.group_state(REGION, GROUP);
        assert_eq!((state.desired, state.count("InService")), (2, 2));
        assert!(state.instances.iter().all(|it| it.id != instance));
    })
    .await;
}

#[tokio::test]
async fn aws_does_not_shrink_below_min() {
    on_each(async |aws| {
        aws.group(GROUP).min(2).create();
        let refused = terminate(aws, &first_instance(aws), true).await;
        let (code, message) = refused.expect_err("refusal");
        assert_eq!(code, "ValidationError");
        assert_eq!(
            message,
            "Currently, desiredSize equals minSize (2). Terminating instance without replacement will \
         violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to \
         false or lower group's min size."
        );
        assert_eq!(aws.group_state(REGION, GROUP).instances.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn aws_knows_no_instance_outside_its_groups() {
    on_each(async |aws| {
        aws.group(GROUP).desired(1).create();
        let refused = terminate(aws, "i-0123456789abcdef0", true).await;
        let (code, message) = refused.expect_err("refusal");
        assert_eq!(code, "ValidationError");
        assert_eq!(message, "Instance Id not found - No managed instance found for instance ID i-0123456789abcdef0");
    })
    .await;
}

#[tokio::test]
async fn aws_terminating_instances_stay_listed_for_a_while() {
    let aws = AwsServer::account();
    aws.group(GROUP).desired(2).create();
    aws.hold_terminations();
    let instance = first_instance(&aws);
    terminate(&aws, &instance, true).await.expect("termination");
    let client = autoscaling(&aws).await;
    assert_eq!(lifecycle_states(&client, GROUP).await, ["Terminating", "InService"]);
    assert_eq!(ec2_state(&aws, &instance).await, "shutting-down");
    terminate(&aws, &instance, true).await.expect_err("second termination");

    aws.release_terminations();
    assert_eq!(lifecycle_states(&client, GROUP).await, ["InService"]);
    assert_eq!(ec2_state(&aws, &instance).await, "terminated");
}

async fn ec2_state(aws: &Account, instance: &str) -> String {
    let answer = ec2(aws).await.describe_instances().instance_ids(instance).send().await;
    let answer = answer.expect("description of the instance");
    let state = answer.reservations()[0].instances()[0].state().and_then(|it| it.name());
    state.expect("state").as_str().to_owned()
}

#[tokio::test]
async fn aws_does_not_scale_in_while_terminate_is_suspended() {
    let aws = AwsServer::account();
    aws.group(GROUP).desired(2).suspended(["Terminate"]).create();
    let client = autoscaling(&aws).await;
    set_desired(&client, GROUP, 1).await;
    assert_eq!(lifecycle_states(&client, GROUP).await, ["InService"; 2]);
}

/// "Could not scale to desired capacity because all remaining instances are protected from
/// scale-in."
/// <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-instance-protection.html>
#[tokio::test]
async fn aws_keeps_protected_instances_when_desired_is_lowered() {
    let aws = AwsServer::account();
    aws.group(GROUP).desired(2).protected().create();
    let client = autoscaling(&aws).await;
    set_desired(&client, GROUP, 1).await;
    assert_eq!(lifecycle_states(&client, GROUP).await, ["InService"; 2]);
    let newest = &activities(&client, GROUP).await[0];
    assert_eq!(newest.status_code(), Some(&ScalingActivityStatusCode::Cancelled));
    assert_eq!(
        newest.status_message(),
        Some("Could not scale to desired capacity because all remaining instances are protected from scale-in.")
    );
    // Protection is not for a termination by name.
    terminate(&aws, &first_instance(&aws), false).await.expect("termination");
}

#[tokio::test]
async fn aws_chooses_the_victims_when_desired_is_lowered() {
    let aws = AwsServer::account();
    aws.group(GROUP).desired(3).create();
    let client = autoscaling(&aws).await;
    let youngest = aws.group_state(REGION, GROUP).instances[2].id.clone();
    aws.set_launch_time(&youngest, "2026-01-01T00:00:00Z".parse().expect("time"));
    set_desired(&client, GROUP, 2).await;
    // It looks the oldest now.
    let state = aws.group_state(REGION, GROUP);
    assert!(state.instances.iter().all(|it| it.id != youngest));
    let newest = &activities(&client, GROUP).await[0];
    let cause = newest.cause().expect("cause");
    assert!(
        cause.contains("a user request explicitly set group desired capacity changing the desired capacity from 3 to 2.  At "),
        "{cause}"
    );
    assert!(cause.contains("shrinking the capacity from 3 to 2.  At "), "{cause}");
    assert!(cause.ends_with(&format!("instance {youngest} was selected for termination.")), "{cause}");
}

#[tokio::test]
async fn aws_replaces_an_instance_that_was_lost() {
    let aws = AwsServer::account();
    aws.group(GROUP).desired(1).create();
    let lost = first_instance(&aws);
    aws.lose_instance(&lost);
    assert_ne!(first_instance(&aws), lost);
    let causes: Vec<_> = activities(&autoscaling(&aws).await, GROUP).await;
    assert!(causes.iter().any(|it| { it.cause().is_some_and(|said| said.contains("in response to an EC2 health check")) }));
}

#[tokio::test]
async fn aws_replaces_an_instance_that_ec2_terminated() {
    let aws = AwsServer::account();
    aws.group(GROUP).desired(2).create();
    let gone = first_instance(&aws);
    let asked = ec2(&aws).await.terminate_instances().instance_ids(&gone);
    asked.send().await.expect("termination");
    let state = aws.group_state(REGION, GROUP);
    assert_eq!(state.count("InService"), 2);
    assert!(state.instances.iter().all(|it| it.id != gone));
}

#[tokio::test]
async fn aws_does_not_count_standby_instances() {
    let aws = AwsServer::account();
    aws.group(GROUP).desired(2).create();
    aws.set_lifecycle_state(&first_instance(&aws), "Standby");
    let client = autoscaling(&aws).await;
    assert_eq!(lifecycle_states(&client, GROUP).await, ["Standby", "InService"]);
    set_desired(&client, GROUP, 1).await;
    assert_eq!(lifecycle_states(&client, GROUP).await, ["Standby", "InService"]);
}
