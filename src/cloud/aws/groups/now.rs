//! A group as it is right before a change.

use aws_sdk_autoscaling::types::{AutoScalingGroup, LifecycleState};

use super::described::{lifecycle, tags_of, weight};
use super::set_up;
use crate::cloud::aws::changes::answer::error_words;
use crate::cloud::aws::sign_in::clients::AwsClients;
use crate::cloud::change::CallFailed;
use crate::cloud::group_now::{GroupNow, InstanceNow};
use crate::cloud::set_up::SetUpNow;
use crate::snapshot::GroupId;

/// Returns the group as it is now, or `None` when it does not exist.
///
/// # Errors
/// With AWS's words when it cannot be read.
pub(crate) async fn group_now(clients: &AwsClients, group: &GroupId) -> Result<Option<GroupNow>, CallFailed> {
    Ok(described(clients, group).await?.as_ref().map(convert))
}

/// Returns how the group is set up now, or `None` when it does not exist.
///
/// # Errors
/// With AWS's words when it cannot be read.
pub(crate) async fn set_up_now(clients: &AwsClients, group: &GroupId) -> Result<Option<SetUpNow>, CallFailed> {
    let found = described(clients, group).await?;
    Ok(found.map(|group| SetUpNow {
        group: convert(&group),
        evens_out: set_up::rebalances_zones(&group),
        needs_evening_out: set_up::needs_rebalancing(&group),
        tags: tags_of(&group),
    }))
}

async fn described(clients: &AwsClients, group: &GroupId) -> Result<Option<AutoScalingGroup>, CallFailed> {
    let clients = clients.of(&group.region).map_err(|error| CallFailed(error.to_string()))?;
    let answer = clients.autoscaling.describe_auto_scaling_groups().auto_scaling_group_names(&group.name).send().await;
    let answer = answer.map_err(|error| CallFailed(error_words(&error, "autoscaling:DescribeAutoScalingGroups")))?;
    let found = answer.auto_scaling_groups.into_iter().flatten();
    Ok(found.into_iter().find(|found| found.auto_scaling_group_name() == Some(&group.name)))
}

fn convert(group: &AutoScalingGroup) -> GroupNow {
    let size = |size: Option<i32>| i64::from(size.unwrap_or(0));
    let instances = group.instances().iter().map(|instance| InstanceNow {
        id: instance.instance_id().unwrap_or_default().to_owned(),
        lifecycle: lifecycle(instance.lifecycle_state().map_or("", LifecycleState::as_str)),
        weight: weight(instance.weighted_capacity()).get(),
        protected: instance.protected_from_scale_in().unwrap_or(false),
    });
    GroupNow {
        min: size(group.min_size()),
        max: size(group.max_size()),
        desired: size(group.desired_capacity()),
        cannot: set_up::cannot(group),
        launches_protected: set_up::protects_new_instances(group),
        instances: instances.collect(),
    }
}
