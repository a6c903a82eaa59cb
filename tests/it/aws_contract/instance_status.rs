//! DescribeInstanceStatus.
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceStatus.html>

use aws_sdk_ec2::types::{Filter, InstanceStateName, SummaryStatus};

use super::{GROUP, REGION, code_and_message, ec2, on_each};
use crate::support::aws::{Account, AwsServer};

fn instances(aws: &Account) -> Vec<String> {
    aws.group_state(REGION, GROUP).instances.into_iter().map(|it| it.id).collect()
}

#[tokio::test]
async fn aws_tells_the_checks_of_the_instances_that_are_named() {
    on_each(async |aws| {
        aws.group(GROUP).desired(3).create();
        let wanted = instances(aws)[1].clone();
        let client = ec2(aws).await;
        let answer = client.describe_instance_status().instance_ids(&wanted).send().await.expect("statuses");
        let [status] = answer.instance_statuses() else { panic!("one status: {answer:?}") };
        assert_eq!(status.instance_id(), Some(wanted.as_str()));
        for summary in [status.instance_status(), status.system_status()] {
            assert_eq!(summary.and_then(|it| it.status()), Some(&SummaryStatus::Ok));
        }
        // Unlike a filter of DescribeInstances, an id that is not known fails the call.
        let asked = client.describe_instance_status().instance_ids(&wanted).instance_ids("i-0123456789abcdef0");
        let error = asked.send().await.expect_err("refusal");
        assert_eq!(code_and_message(&error).0, "InvalidInstanceID.NotFound");
        let too_many = (0..101).map(|number| format!("i-{number:017x}")).collect();
        let error = client.describe_instance_status().set_instance_ids(Some(too_many)).send().await.expect_err("refusal");
        assert_eq!(code_and_message(&error).0, "InvalidParameterValue");
    })
    .await;
}

/// "By default, only running instances are described, unless specified otherwise."
#[tokio::test]
async fn aws_tells_of_running_instances_whose_checks_fail() {
    let aws = AwsServer::account();
    aws.group(GROUP).desired(2).create();
    let ids = instances(&aws);
    aws.impair(&ids[0]);
    aws.set_machine_state(&ids[1], "stopped");
    let client = ec2(&aws).await;
    let answer = client.describe_instance_status().set_instance_ids(Some(ids.clone())).send().await.expect("statuses");
    let [status] = answer.instance_statuses() else { panic!("one status: {answer:?}") };
    assert_eq!(status.instance_id(), Some(ids[0].as_str()));
    assert_eq!(status.instance_status().and_then(|it| it.status()), Some(&SummaryStatus::Impaired));
    let asked = client.describe_instance_status().set_instance_ids(Some(ids)).include_all_instances(true);
    assert_eq!(asked.send().await.expect("statuses").instance_statuses().len(), 2);
}

/// "After you terminate an instance, … it remains visible for a short while": with its tags, and
/// then not at all.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/terminating-instances.html>
#[tokio::test]
async fn aws_knows_a_terminated_instance_for_a_while() {
    let aws = AwsServer::account();
    aws.group(GROUP).desired(1).create();
    let id = instances(&aws).remove(0);
    aws.lose_instance(&id);
    let client = ec2(&aws).await;
    let filter = Filter::builder().name("instance-id").values(&id).build();
    let described = async || {
        let answer = client.describe_instances().filters(filter.clone()).send().await.expect("an answer");
        answer.reservations().iter().flat_map(|it| it.instances().to_vec()).collect::<Vec<_>>()
    };
    let known = described().await;
    let [instance] = known.as_slice() else { panic!("one instance: {known:?}") };
    assert_eq!(instance.state().and_then(|state| state.name()), Some(&InstanceStateName::Terminated));
    let tag = instance.tags().iter().find(|tag| tag.key() == Some("aws:autoscaling:groupName"));
    assert_eq!(tag.and_then(|tag| tag.value()), Some(GROUP));
    aws.forget_instance(&id);
    assert_eq!(described().await, []);
}
