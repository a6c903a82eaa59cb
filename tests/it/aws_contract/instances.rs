//! DescribeInstances.
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html>

use aws_sdk_ec2::types::Filter;

use super::{GROUP, REGION, code_and_message, ec2, on_each};
use crate::support::aws::AwsServer;

#[tokio::test]
async fn aws_pages_instances_and_not_reservations() {
    on_each(async |aws| {
        aws.group(GROUP).desired(7).create();
        let client = ec2(aws).await;
        let first = client.describe_instances().max_results(5).send().await.expect("first page");
        assert_eq!(first.reservations().iter().map(|it| it.instances().len()).sum::<usize>(), 5);
        let token = first.next_token.expect("token of the next page");
        let rest = client.describe_instances().max_results(5).next_token(token).send().await;
        let rest = rest.expect("second page");
        assert_eq!(rest.reservations().iter().map(|it| it.instances().len()).sum::<usize>(), 2);
        assert_eq!(rest.next_token(), None);
    })
    .await;
}

#[tokio::test]
async fn aws_filters_instances_by_id() {
    on_each(async |aws| {
        aws.group(GROUP).desired(3).create();
        let wanted = aws.group_state(REGION, GROUP).instances[1].id.clone();
        let client = ec2(aws).await;
        let filter = Filter::builder().name("instance-id").values(&wanted).values("i-0123456789abcdef0").build();
        let answer = client.describe_instances().filters(filter).max_results(5).send().await;
        let answer = answer.expect("instance");
        let instance = &answer.reservations()[0].instances()[0];
        assert_eq!(answer.reservations().len(), 1);
        assert_eq!(instance.instance_id(), Some(wanted.as_str()));

        let error = client.describe_instances().instance_ids("i-0123456789abcdef0").send().await;
        let error = error.expect_err("refusal");
        let (code, message) = code_and_message(&error);
        assert_eq!(code, "InvalidInstanceID.NotFound");
        assert_eq!(message, "The instance ID 'i-0123456789abcdef0' does not exist");
        let error = client.describe_instances().instance_ids(&wanted).max_results(5).send().await;
        let error = error.expect_err("refusal");
        let (code, message) = code_and_message(&error);
        assert_eq!(code, "InvalidParameterCombination");
        assert_eq!(message, "The parameter instancesSet cannot be used with the parameter maxResults");
    })
    .await;
}

#[tokio::test]
async fn aws_instances_and_nodes_agree() {
    let aws = AwsServer::account();
    aws.group(GROUP).zones(["us-west-2b"]).desired(1).create();
    let id = aws.group_state(REGION, GROUP).instances[0].id.clone();
    aws.set_launch_time(&id, "2026-01-02T03:04:05Z".parse().expect("time"));
    let spec = aws.register_spec(&id);
    assert_eq!(spec.provider_id(), format!("aws:///us-west-2b/{id}"));
    let answer = ec2(&aws).await.describe_instances().instance_ids(&id).send().await;
    let answer = answer.expect("instance");
    let instance = &answer.reservations()[0].instances()[0];
    assert_eq!(instance.private_ip_address(), Some(spec.private_ip.as_str()));
    assert_eq!(instance.private_dns_name(), Some(spec.private_dns.as_str()));
    assert!(spec.private_dns.ends_with(".us-west-2.compute.internal"));
    assert_eq!(instance.launch_time().expect("launch time").secs(), 1_767_323_045);
    let tag = instance.tags().iter().find(|tag| tag.key() == Some("aws:autoscaling:groupName"));
    assert_eq!(tag.and_then(|tag| tag.value()), Some(GROUP));
}
