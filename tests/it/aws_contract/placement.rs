//! Placement groups.
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribePlacementGroups.html>
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/placement-strategies.html>

use aws_sdk_ec2::types::{Filter, PlacementGroupState, PlacementStrategy};
use serde_json::json;

use super::{GROUP, REGION, activities, autoscaling, code_and_message, described, ec2, set_desired};
use crate::support::aws::AwsServer;

#[tokio::test]
async fn aws_describes_placement_groups() {
    let aws = AwsServer::account();
    let near = aws.placement_group(REGION, "near", "cluster");
    aws.placement_group(REGION, "far", "spread");
    let client = ec2(&aws).await;
    let all = client.describe_placement_groups().send().await.expect("placement groups");
    let known: Vec<_> = all.placement_groups().iter().map(|it| (it.group_name(), it.strategy())).collect();
    let expected = [("near", PlacementStrategy::Cluster), ("far", PlacementStrategy::Spread)];
    assert_eq!(known, expected.each_ref().map(|(name, strategy)| (Some(*name), Some(strategy))));
    assert_eq!(all.placement_groups()[0].state(), Some(&PlacementGroupState::Available));
    let one = client.describe_placement_groups().group_ids(&near).send().await.expect("one by its id");
    assert_eq!(one.placement_groups().iter().filter_map(|it| it.group_id()).collect::<Vec<_>>(), [near]);
    let error = client.describe_placement_groups().group_names("gone").send().await.expect_err("refusal");
    assert_eq!(code_and_message(&error).0, "InvalidPlacementGroup.Unknown");
}

/// "A rack level spread placement group can have a maximum of seven running instances per
/// Availability Zone."
#[tokio::test]
async fn aws_launches_seven_instances_of_a_spread_group_in_a_zone() {
    let aws = AwsServer::account();
    aws.placement_group(REGION, "far", "spread");
    aws.group(GROUP).placement_group("far").desired(7).create();
    aws.group("web-b").template_data(json!({"Placement": {"GroupName": "far"}})).create();
    let client = autoscaling(&aws).await;
    assert_eq!(described(&client, GROUP).await.placement_group(), Some("far"));
    set_desired(&client, "web-b", 1).await;
    assert_eq!(described(&client, "web-b").await.instances().len(), 0);
    let message = activities(&client, "web-b").await[0].status_message().unwrap_or_default().to_owned();
    assert!(message.contains("spread placement group far"), "{message}");
    let filter = Filter::builder().name("placement-group-name").values("far").build();
    let found = ec2(&aws).await.describe_instances().filters(filter).send().await.expect("instances");
    let instances: Vec<_> = found.reservations().iter().flat_map(aws_sdk_ec2::types::Reservation::instances).collect();
    assert_eq!(instances.len(), 7);
    assert!(instances.iter().all(|it| it.placement().and_then(|placement| placement.group_name()) == Some("far")));
}

/// "A cluster placement group can't span multiple Availability Zones."
#[tokio::test]
async fn aws_launches_a_cluster_group_in_one_zone() {
    let aws = AwsServer::account();
    let near = aws.placement_group(REGION, "near", "cluster");
    let data = json!({"Placement": {"GroupId": near}});
    aws.group(GROUP).zones(["us-west-2a", "us-west-2b"]).template_data(data).desired(3).create();
    let zones: Vec<_> = aws.group_state(REGION, GROUP).instances.into_iter().map(|it| it.zone).collect();
    assert_eq!(zones, ["us-west-2a"; 3]);
    let told = activities(&autoscaling(&aws).await, GROUP).await;
    let failed = told.iter().filter_map(|it| it.status_message()).find(|it| it.contains("in use in another availability zone"));
    assert!(failed.is_some(), "{told:?}");
}
