//! DescribeAutoScalingGroups.
//! <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeAutoScalingGroups.html>

use aws_sdk_autoscaling::types::Filter;

use super::{GROUP, REGION, autoscaling, code_and_message, described, on_each};
use crate::support::aws::AwsServer;

#[tokio::test]
async fn aws_pages_groups_by_at_most_a_hundred() {
    on_each(async |aws| {
        for number in 0..101 {
            aws.group(&format!("group-{number:03}")).create();
        }
        let client = autoscaling(aws).await;
        let first = client.describe_auto_scaling_groups().max_records(100).send().await;
        let first = first.expect("first page");
        assert_eq!(first.auto_scaling_groups().len(), 100);
        let token = first.next_token.expect("token of the next page");
        let rest = client.describe_auto_scaling_groups().max_records(100).next_token(token).send().await;
        let rest = rest.expect("second page");
        assert_eq!(rest.auto_scaling_groups().len(), 1);
        assert_eq!(rest.next_token(), None);

        let unsaid = client.describe_auto_scaling_groups().send().await.expect("default page");
        assert_eq!(unsaid.auto_scaling_groups().len(), 50);
        let error = client.describe_auto_scaling_groups().max_records(101).send().await;
        assert_eq!(code_and_message(&error.expect_err("refusal")).0, "ValidationError");
    })
    .await;
}

#[tokio::test]
async fn aws_filters_groups_by_tags() {
    on_each(async |aws| {
        aws.group(GROUP).tag("KubernetesCluster", "blue").tag("Role", "minion").create();
        aws.group("web-b").tag("KubernetesCluster", "green").tag("Role", "minion").create();
        let client = autoscaling(aws).await;
        let blue = Filter::builder().name("tag:KubernetesCluster").values("blue").build();
        let minion = Filter::builder().name("tag:Role").values("minion").build();
        let answer = client.describe_auto_scaling_groups().filters(blue).filters(minion).send().await;
        let answer = answer.expect("groups of the cluster");
        let names: Vec<_> = answer.auto_scaling_groups().iter().filter_map(|it| it.auto_scaling_group_name()).collect();
        assert_eq!(names, [GROUP]);
        let tags = answer.auto_scaling_groups()[0].tags();
        assert_eq!((tags[0].key(), tags[0].value()), (Some("KubernetesCluster"), Some("blue")));
    })
    .await;
}

#[tokio::test]
async fn aws_leaves_unknown_names_out() {
    on_each(async |aws| {
        let client = autoscaling(aws).await;
        let answer = client.describe_auto_scaling_groups().auto_scaling_group_names("nobody").send().await;
        assert!(answer.expect("empty list").auto_scaling_groups().is_empty());
    })
    .await;
}

#[tokio::test]
async fn aws_describes_a_group_in_full() {
    let aws = AwsServer::account();
    aws.group(GROUP).min(1).max(7).desired(2).zones(["us-west-2b", "us-west-2c"]).protected().create();
    let group = described(&autoscaling(&aws).await, GROUP).await;
    assert_eq!((group.min_size, group.max_size, group.desired_capacity), (Some(1), Some(7), Some(2)));
    assert_eq!(group.availability_zones(), ["us-west-2b", "us-west-2c"]);
    assert_eq!(group.new_instances_protected_from_scale_in, Some(true));
    assert_eq!(group.instances()[0].protected_from_scale_in, Some(true));
    assert_eq!(group.instances()[0].health_status(), Some("Healthy"));
    assert_eq!(group.status(), None);
    assert!(group.created_time().is_some());
    let arn = group.auto_scaling_group_arn().expect("ARN");
    assert!(arn.contains(aws.id()), "{arn}");

    aws.set_status(REGION, GROUP, "Delete in progress");
    let group = described(&autoscaling(&aws).await, GROUP).await;
    assert_eq!(group.status(), Some("Delete in progress"));
}
