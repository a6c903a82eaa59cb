//! What keeps tests apart and lets them watch: accounts, environment, call log.

use super::{GROUP, REGION, autoscaling, ec2, on_each, sdk_config, set_desired};
use crate::support::aws::{AwsServer, Call};

/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>
#[tokio::test]
async fn aws_says_which_account_it_is() {
    on_each(async |aws| {
        let client = aws_sdk_sts::Client::new(&sdk_config(aws, REGION).await);
        let caller = client.get_caller_identity().send().await.expect("identity");
        assert_eq!(caller.account(), Some(aws.id()));
        let arn = format!("arn:aws:sts::{}:assumed-role/ec2-autoscale/ec2-autoscale", aws.id());
        assert_eq!(caller.arn(), Some(arn.as_str()));
    })
    .await;
}

#[tokio::test]
async fn aws_accounts_do_not_see_each_other() {
    let (one, other) = (AwsServer::account(), AwsServer::account());
    one.group(GROUP).desired(1).create();
    let answer = autoscaling(&other).await.describe_auto_scaling_groups().send().await;
    assert!(answer.expect("groups").auto_scaling_groups().is_empty());
    let answer = ec2(&other).await.describe_instances().send().await;
    assert!(answer.expect("instances").reservations().is_empty());
    assert!(one.calls().is_empty());
}

#[tokio::test]
async fn aws_environment_leads_to_the_account() {
    let aws = AwsServer::account();
    let env = aws.env();
    let value = |name: &str| {
        let found = env.iter().find(|(key, _)| *key == name);
        found.map_or("", |(_, value)| value.as_str())
    };
    assert_eq!(value("AWS_ENDPOINT_URL"), aws.endpoint_url());
    assert_eq!(value("AWS_ACCESS_KEY_ID"), aws.credentials().access_key_id);
    assert_eq!(value("AWS_REGION"), REGION);
    assert_eq!(value("AWS_EC2_METADATA_DISABLED"), "true");
}

/// The SDK takes no token without `x-aws-ec2-metadata-token-ttl-seconds`.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html>
#[tokio::test]
async fn aws_instance_metadata_hands_out_tokens() {
    let aws = AwsServer::account();
    let metadata = aws_config::imds::Client::builder().endpoint(aws.endpoint_url()).expect("endpoint").build();
    let zone = metadata.get("/latest/meta-data/placement/availability-zone").await;
    assert_eq!(zone.expect("zone").as_ref(), "us-east-1a");
}

#[tokio::test]
async fn aws_calls_are_logged_in_order_with_their_parameters() {
    on_each(async |aws| {
        aws.group(GROUP).max(3).create();
        let client = autoscaling(aws).await;
        client.describe_auto_scaling_groups().send().await.expect("groups");
        assert!(aws.mutations().is_empty());
        set_desired(&client, GROUP, 2).await;
        let beyond = client.set_desired_capacity().auto_scaling_group_name(GROUP).desired_capacity(4);
        beyond.send().await.expect_err("refusal");

        let calls = aws.calls();
        let actions: Vec<_> = calls.iter().map(|call| call.action.as_str()).collect();
        assert_eq!(actions, ["DescribeAutoScalingGroups", "SetDesiredCapacity", "SetDesiredCapacity"]);
        assert!(calls.iter().all(|call| call.region == REGION));
        let [done, refused]: [Call; 2] = aws.mutations().try_into().expect("two mutations");
        assert_eq!(done.param("AutoScalingGroupName"), GROUP);
        assert_eq!(done.param("DesiredCapacity"), "2");
        assert_eq!((done.status, done.code), (Some(200), None));
        assert_eq!((refused.status, refused.code.as_deref()), (Some(400), Some("ValidationError")));

        aws.forget_calls();
        assert!(aws.calls().is_empty());
    })
    .await;
}
