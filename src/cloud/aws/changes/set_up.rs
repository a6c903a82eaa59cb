//! Changes of how a group is set up.

use aws_sdk_autoscaling::types::Tag;

use super::answer::{answer, sent_once};
use crate::cloud::aws::groups::set_up::REBALANCE;
use crate::cloud::aws::sign_in::clients::AwsClients;
use crate::cloud::change::ChangeAnswer;
use crate::cloud::set_up::{SetUpChange, TagChange};
use crate::snapshot::GroupId;

/// The kind of resource whose tags are set.
pub(super) const RESOURCE_TYPE: &str = "auto-scaling-group";

/// Sends one request to change the set-up of a group.
pub(crate) async fn change(clients: &AwsClients, group: &GroupId, change: &SetUpChange) -> ChangeAnswer {
    let client = match clients.of(&group.region) {
        Ok(clients) => &clients.autoscaling,
        Err(error) => return ChangeAnswer::Refused(error.to_string()),
    };
    let (name, permission) = (&group.name, permission(change));
    match change {
        SetUpChange::StopEveningOut => {
            let request = client.suspend_processes().auto_scaling_group_name(name).scaling_processes(REBALANCE);
            answer(request.customize().config_override(sent_once()).send().await, permission)
        }
        SetUpChange::ProtectNewInstances => {
            let request = client.update_auto_scaling_group().auto_scaling_group_name(name);
            let request = request.new_instances_protected_from_scale_in(true);
            answer(request.customize().config_override(sent_once()).send().await, permission)
        }
        SetUpChange::ProtectInstances { instances } => {
            let request = client.set_instance_protection().auto_scaling_group_name(name).protected_from_scale_in(true);
            let request = request.set_instance_ids(Some(instances.clone()));
            answer(request.customize().config_override(sent_once()).send().await, permission)
        }
        SetUpChange::SetTags { tags } => {
            let request = client.create_or_update_tags().set_tags(Some(tags.iter().map(|tag| wanted(group, tag)).collect()));
            answer(request.customize().config_override(sent_once()).send().await, permission)
        }
    }
}

fn wanted(group: &GroupId, tag: &TagChange) -> Tag {
    let wanted = Tag::builder().resource_id(&group.name).resource_type(RESOURCE_TYPE).propagate_at_launch(true);
    wanted.key(&tag.key).value(&tag.value).build()
}

/// Returns the permission that a change needs: its operation, in the words of IAM.
pub(super) fn permission(change: &SetUpChange) -> &'static str {
    match change {
        SetUpChange::StopEveningOut => "autoscaling:SuspendProcesses",
        SetUpChange::ProtectNewInstances => "autoscaling:UpdateAutoScalingGroup",
        SetUpChange::ProtectInstances { .. } => "autoscaling:SetInstanceProtection",
        SetUpChange::SetTags { .. } => "autoscaling:CreateOrUpdateTags",
    }
}
