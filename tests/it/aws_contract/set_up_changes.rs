//! Changes of how a group is set up: protection, suspended processes, tags. The stand-in has none
//! of them.
//! <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_SetInstanceProtection.html>

use aws_sdk_autoscaling::types::Tag;

use super::{GROUP, REGION, autoscaling, code_and_message, described};
use crate::support::aws::{AwsServer, LaunchDelay, Mixed};

#[tokio::test]
async fn aws_protects_instances_in_service_alone_and_all_or_none_of_a_call() {
    let aws = AwsServer::account();
    aws.group(GROUP).desired(1).create();
    let client = autoscaling(&aws).await;
    let first = aws.group_state(REGION, GROUP).instances[0].id.clone();
    aws.launch_delay(LaunchDelay::Pending);
    aws.set_desired(REGION, GROUP, 2);
    let pending = aws.group_state(REGION, GROUP).instances[1].id.clone();
    let protect = |ids: Vec<String>| {
        let call = client.set_instance_protection().auto_scaling_group_name(GROUP).protected_from_scale_in(true);
        call.set_instance_ids(Some(ids)).send()
    };
    let error = protect(vec![first.clone(), pending.clone()]).await.expect_err("refusal");
    let words = format!("The instance {pending} is not in InService or EnteringStandby or Standby.");
    assert_eq!(code_and_message(&error), ("ValidationError", words.as_str()));
    assert!(protect(vec!["i-0123456789abcdef0".to_owned()]).await.is_err());
    assert!(protect(vec![first.clone(); 51]).await.is_err());
    assert_eq!(aws.group_set_up(REGION, GROUP).protected, [""; 0]);
    protect(vec![first.clone()]).await.expect("it is in service");
    assert_eq!(aws.group_set_up(REGION, GROUP).protected, [first]);
}

#[tokio::test]
async fn aws_keeps_what_an_update_leaves_out() {
    let aws = AwsServer::account();
    aws.group(GROUP).mixed(Mixed::of(["m5.large"])).min(1).max(5).desired(2).create();
    let client = autoscaling(&aws).await;
    let update = client.update_auto_scaling_group().auto_scaling_group_name(GROUP).new_instances_protected_from_scale_in(true);
    update.send().await.expect("an update");
    let group = described(&client, GROUP).await;
    assert_eq!(group.new_instances_protected_from_scale_in(), Some(true));
    assert_eq!((group.min_size(), group.max_size(), group.desired_capacity()), (Some(1), Some(5), Some(2)));
    assert!(group.mixed_instances_policy().is_some() && group.instances().len() == 2);
}

#[tokio::test]
async fn aws_adds_a_suspended_process_and_a_tag_to_those_that_are_there() {
    let aws = AwsServer::account();
    aws.group(GROUP).suspended(["ReplaceUnhealthy"]).tag("team", "ml").create();
    let client = autoscaling(&aws).await;
    let suspend = client.suspend_processes().auto_scaling_group_name(GROUP).scaling_processes("AZRebalance");
    suspend.send().await.expect("a process of that name");
    let tag = |group: &str, value: &str| {
        let tag = Tag::builder().resource_id(group).resource_type("auto-scaling-group").propagate_at_launch(true);
        client.create_or_update_tags().tags(tag.key("role").value(value).build()).send()
    };
    tag(GROUP, "web").await.expect("a tag");
    tag(GROUP, "worker").await.expect("the tag once more");
    let set_up = aws.group_set_up(REGION, GROUP);
    assert_eq!(set_up.suspended, ["AZRebalance", "ReplaceUnhealthy"]);
    let tags: Vec<_> = set_up.tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(tags, [("role", "worker"), ("team", "ml")]);
    assert_eq!(code_and_message(&tag("nobody", "web").await.expect_err("refusal")).0, "ValidationError");
}
