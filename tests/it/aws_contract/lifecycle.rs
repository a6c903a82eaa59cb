//! Lifecycle hooks, Standby and protection from scale-in.
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html>
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/lifecycle-hooks-overview.html>

use aws_sdk_autoscaling::types::ScalingActivityStatusCode;
use aws_sdk_ec2::types::InstanceStateName;

use super::{GROUP, REGION, activities, autoscaling, described, ec2, lifecycle_states, set_desired};
use crate::support::aws::{Account, AwsServer, Transition};

fn instances(aws: &Account) -> Vec<String> {
    aws.group_state(REGION, GROUP).instances.into_iter().map(|it| it.id).collect()
}

async fn ec2_state(aws: &Account, instance: &str) -> InstanceStateName {
    let answer = ec2(aws).await.describe_instances().instance_ids(instance).send().await.expect("description of the instance");
    let state = answer.reservations()[0].instances()[0].state().and_then(|it| it.name());
    state.expect("state").clone()
}

/// "The instance is paused in Pending:Wait until you complete the lifecycle action": it runs, and
/// it is not in service.
#[tokio::test]
async fn aws_launches_wait_for_a_hook() {
    let aws = AwsServer::account();
    aws.group(GROUP).create();
    aws.lifecycle_hook(REGION, GROUP, Transition::Launching);
    let client = autoscaling(&aws).await;
    set_desired(&client, GROUP, 1).await;
    assert_eq!(lifecycle_states(&client, GROUP).await, ["Pending:Wait"]);
    assert_eq!(ec2_state(&aws, &instances(&aws)[0]).await, InstanceStateName::Running);
    let written = activities(&client, GROUP).await;
    assert_eq!(written[0].status_code(), Some(&ScalingActivityStatusCode::MidLifecycleAction));

    aws.proceed(&instances(&aws)[0]);
    assert_eq!(lifecycle_states(&client, GROUP).await, ["InService"]);
    let written = activities(&client, GROUP).await;
    assert_eq!(written[0].status_code(), Some(&ScalingActivityStatusCode::Successful));
}

#[tokio::test]
async fn aws_terminations_wait_for_a_hook() {
    let aws = AwsServer::account();
    aws.group(GROUP).desired(2).create();
    aws.lifecycle_hook(REGION, GROUP, Transition::Terminating);
    let client = autoscaling(&aws).await;
    let leaving = instances(&aws)[0].clone();
    let asked = client.terminate_instance_in_auto_scaling_group().instance_id(&leaving);
    asked.should_decrement_desired_capacity(true).send().await.expect("termination");
    assert_eq!(lifecycle_states(&client, GROUP).await, ["Terminating:Wait", "InService"]);
    assert_eq!(described(&client, GROUP).await.desired_capacity, Some(1));
    assert_eq!(ec2_state(&aws, &leaving).await, InstanceStateName::Running);

    aws.proceed(&leaving);
    assert_eq!(lifecycle_states(&client, GROUP).await, ["InService"]);
    assert_eq!(ec2_state(&aws, &leaving).await, InstanceStateName::Terminated);
}

/// "Instances that are on standby are still part of the Auto Scaling group, but they do not
/// actively handle load balancer traffic"; by default the desired capacity is decremented with
/// them. <https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-enter-exit-standby.html>
#[tokio::test]
async fn aws_desired_goes_down_and_up_with_standby() {
    let aws = AwsServer::account();
    aws.group(GROUP).desired(2).create();
    let client = autoscaling(&aws).await;
    let first = instances(&aws)[0].clone();
    let asked = client.enter_standby().auto_scaling_group_name(GROUP).instance_ids(&first);
    asked.should_decrement_desired_capacity(true).send().await.expect("standby");
    assert_eq!(lifecycle_states(&client, GROUP).await, ["Standby", "InService"]);
    assert_eq!(described(&client, GROUP).await.desired_capacity, Some(1));
    let asked = client.exit_standby().auto_scaling_group_name(GROUP).instance_ids(&first);
    asked.send().await.expect("back in service");
    assert_eq!(described(&client, GROUP).await.desired_capacity, Some(2));
    assert_eq!(lifecycle_states(&client, GROUP).await, ["InService"; 2]);
}

/// "Instance scale-in protection … if the desired capacity is lowered": AWS chooses among those
/// that are not protected.
/// <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-instance-protection.html>
#[tokio::test]
async fn aws_chooses_victims_among_the_unprotected() {
    let aws = AwsServer::account();
    aws.group(GROUP).desired(3).create();
    let all = instances(&aws);
    aws.protect(&all[0], true);
    aws.protect(&all[2], true);
    let client = autoscaling(&aws).await;
    let group = described(&client, GROUP).await;
    let protected: Vec<_> = group.instances().iter().map(|it| it.protected_from_scale_in == Some(true)).collect();
    assert_eq!(protected, [true, false, true]);
    set_desired(&client, GROUP, 0).await;
    assert_eq!(instances(&aws), [all[0].clone(), all[2].clone()]);
    aws.protect(&all[2], false);
    aws.retry_launches();
    assert_eq!(instances(&aws), [all[0].clone()]);
}
