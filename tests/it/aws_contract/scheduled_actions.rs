//! Scheduled actions.
//! <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeScheduledActions.html>

use std::time::Duration;

use aws_sdk_autoscaling::primitives::DateTime;
use jiff::{SignedDuration, Timestamp};

use super::{GROUP, activities, autoscaling, code_and_message, described};
use crate::support::aws::AwsServer;

/// "At most 100 on a page", of all groups where none is named.
#[tokio::test]
async fn aws_lists_the_scheduled_actions_of_all_groups_page_by_page() {
    let aws = AwsServer::account();
    let client = autoscaling(&aws).await;
    for (name, action) in [(GROUP, "evening"), ("web-b", "night")] {
        aws.group(name).create();
        let put = client.put_scheduled_update_group_action().auto_scaling_group_name(name).scheduled_action_name(action);
        let put = put.recurrence("0 18 * * *").time_zone("Europe/Berlin").max_size(2).desired_capacity(0);
        put.send().await.expect("a scheduled action");
    }
    aws.short_pages(1);
    let first = client.describe_scheduled_actions().max_records(100).send().await.expect("the first page");
    let token = first.next_token().expect("token of the next page");
    let rest = client.describe_scheduled_actions().next_token(token).send().await.expect("the second page");
    assert_eq!(rest.next_token(), None);
    let both = || first.scheduled_update_group_actions().iter().chain(rest.scheduled_update_group_actions());
    let names: Vec<_> = both().filter_map(|it| it.scheduled_action_name()).collect();
    assert_eq!(names, ["evening", "night"]);
    let evening = both().next().expect("an action");
    assert_eq!((evening.recurrence(), evening.time_zone()), (Some("0 18 * * *"), Some("Europe/Berlin")));
    assert_eq!((evening.min_size(), evening.max_size(), evening.desired_capacity()), (None, Some(2), Some(0)));
    let error = client.describe_scheduled_actions().max_records(101).send().await;
    assert_eq!(code_and_message(&error.expect_err("refusal")).0, "ValidationError");
}

/// "A scheduled action tells Amazon EC2 Auto Scaling to perform a scaling action at specified
/// times"; the activity names it.
#[tokio::test]
async fn aws_sets_the_sizes_of_a_scheduled_action_at_its_time() {
    let aws = AwsServer::account();
    aws.group(GROUP).desired(3).create();
    let client = autoscaling(&aws).await;
    let at = Timestamp::now() + SignedDuration::from_mins(2);
    let put = client.put_scheduled_update_group_action().auto_scaling_group_name(GROUP).scheduled_action_name("night");
    let put = put.start_time(DateTime::from_secs(at.as_second())).min_size(0).max_size(1).desired_capacity(1);
    put.send().await.expect("a scheduled action");
    let group = described(&client, GROUP).await;
    assert_eq!((group.max_size, group.desired_capacity), (Some(10), Some(3)));
    let listed = client.describe_scheduled_actions().send().await.expect("the actions");
    let start = listed.scheduled_update_group_actions()[0].start_time().map(DateTime::secs);
    assert_eq!(start, Some(at.as_second()));

    aws.age(Duration::from_mins(3));
    let group = described(&client, GROUP).await;
    assert_eq!((group.max_size, group.desired_capacity), (Some(1), Some(1)));
    let listed = client.describe_scheduled_actions().send().await.expect("the actions");
    assert!(listed.scheduled_update_group_actions().is_empty(), "it happened once");
    let causes: Vec<_> = activities(&client, GROUP).await.into_iter().filter_map(|it| it.cause).collect();
    assert!(
        causes.iter().any(|cause| cause.contains("a scheduled action update of AutoScalingGroup constraints")),
        "{causes:?}"
    );
}
