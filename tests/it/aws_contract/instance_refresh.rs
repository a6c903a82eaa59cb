//! DescribeInstanceRefreshes.
//! <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeInstanceRefreshes.html>

use aws_sdk_autoscaling::types::InstanceRefreshStatus;

use super::{GROUP, REGION, autoscaling, code_and_message};
use crate::support::aws::AwsServer;

#[tokio::test]
async fn aws_tells_instance_refreshes_newest_first() {
    let aws = AwsServer::account();
    aws.group(GROUP).create();
    let client = autoscaling(&aws).await;
    let ask = |name: &'static str| client.describe_instance_refreshes().auto_scaling_group_name(name).send();
    assert!(ask(GROUP).await.expect("refreshes").instance_refreshes().is_empty());
    aws.instance_refresh(REGION, GROUP, "Successful", 100);
    aws.instance_refresh(REGION, GROUP, "InProgress", 40);
    let answer = ask(GROUP).await.expect("refreshes");
    let told: Vec<_> = answer.instance_refreshes().iter().map(|it| (it.status().cloned(), it.percentage_complete())).collect();
    let (done, running) = (InstanceRefreshStatus::Successful, InstanceRefreshStatus::InProgress);
    assert_eq!(told, [(Some(running), Some(40)), (Some(done), Some(100))]);
    assert_eq!(code_and_message(&ask("nobody").await.expect_err("refusal")).0, "ValidationError");
}
