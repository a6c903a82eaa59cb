//! Warm pools.
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-warm-pools.html>

use aws_sdk_autoscaling::types::{LifecycleState, WarmPoolState};

use super::{GROUP, REGION, activities, autoscaling, described, lifecycle_states, set_desired};
use crate::support::aws::{AwsServer, LaunchDelay};

/// "The Auto Scaling group can draw on the warm pool to meet its new desired capacity"; until then
/// its instances are in DescribeWarmPool and the group only counts them.
#[tokio::test]
async fn aws_launches_from_the_warm_pool_first() {
    let aws = AwsServer::account();
    aws.group(GROUP).create();
    aws.warm_pool(REGION, GROUP, 2);
    let client = autoscaling(&aws).await;
    let group = described(&client, GROUP).await;
    assert!(group.instances().is_empty());
    assert_eq!(group.warm_pool_size(), Some(2));
    let pool = client.describe_warm_pool().auto_scaling_group_name(GROUP).send().await.expect("warm pool");
    let warm: Vec<_> = pool.instances().iter().map(|it| it.lifecycle_state().cloned()).collect();
    assert_eq!(warm, [Some(LifecycleState::WarmedStopped), Some(LifecycleState::WarmedStopped)]);
    let settings = group.warm_pool_configuration().expect("its settings");
    assert_eq!((settings.min_size(), settings.pool_state()), (Some(2), Some(&WarmPoolState::Stopped)));
    let first = pool.instances()[0].instance_id().expect("an id").to_owned();

    aws.launch_delay(LaunchDelay::Pending);
    set_desired(&client, GROUP, 3).await;
    let group = described(&client, GROUP).await;
    assert_eq!(group.instances()[0].instance_id(), Some(first.as_str()));
    assert_eq!(group.warm_pool_size(), Some(0));
    let written = activities(&client, GROUP).await;
    let descriptions: Vec<_> = written.iter().filter_map(|it| it.description()).collect();
    assert!(descriptions[0].starts_with("Launching a new EC2 instance: i-"), "{descriptions:?}");
    assert_eq!(descriptions[2], format!("Launching a new EC2 instance from warm pool: {first}"));
    assert_eq!(descriptions[4], format!("Launching a new EC2 instance into warm pool: {first}"));
    aws.release_launches();
    assert_eq!(lifecycle_states(&client, GROUP).await, ["InService"; 3]);
}

/// "The maximum number of instances to return with this call. The maximum value is 50."
#[tokio::test]
async fn aws_lists_a_warm_pool_page_by_page() {
    let aws = AwsServer::account();
    aws.group(GROUP).create();
    aws.warm_pool(REGION, GROUP, 2);
    aws.short_pages(1);
    let client = autoscaling(&aws).await;
    let first = client.describe_warm_pool().auto_scaling_group_name(GROUP).send().await.expect("the first page");
    let token = first.next_token().expect("token of the next page");
    let rest = client.describe_warm_pool().auto_scaling_group_name(GROUP).next_token(token).send().await;
    let rest = rest.expect("the second page");
    assert_eq!((first.instances().len(), rest.instances().len(), rest.next_token()), (1, 1, None));
}
