//! Scheduled actions, of all groups of a region in one series of pages
//! (<https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeScheduledActions.html>).

use aws_sdk_autoscaling::types::{AutoScalingGroup, ScheduledUpdateGroupAction};

use crate::cloud::aws::error::AwsError;
use crate::cloud::aws::groups::set_up::is_suspended;
use crate::cloud::aws::moment::timestamp;
use crate::cloud::aws::sign_in::clients::RegionClients;
use crate::snapshot::ScheduledChange;

const ACTION: &str = "autoscaling:DescribeScheduledActions";
/// AWS puts at most this many on a page.
const PAGE: i32 = 100;
/// The process that carries scheduled actions out.
const PROCESS: &str = "ScheduledActions";

/// Reads the scheduled actions of the region that are still to come.
pub(super) async fn describe(clients: &RegionClients) -> Result<Vec<ScheduledUpdateGroupAction>, AwsError> {
    let actions = clients.autoscaling.describe_scheduled_actions().into_paginator().page_size(PAGE).items().send();
    actions.collect::<Result<Vec<_>, _>>().await.map_err(|error| AwsError::of(ACTION, &clients.region, &error))
}

/// Returns those actions of a group that AWS will carry out, by name.
pub(super) fn of_group(actions: &[ScheduledUpdateGroupAction], group: &AutoScalingGroup) -> Vec<ScheduledChange> {
    if is_suspended(group, PROCESS) {
        return Vec::new();
    }
    let own = actions.iter().filter(|action| action.auto_scaling_group_name() == group.auto_scaling_group_name());
    let mut changes: Vec<ScheduledChange> = own.map(change).collect();
    changes.sort_by(|a, b| a.name.cmp(&b.name));
    changes
}

fn change(action: &ScheduledUpdateGroupAction) -> ScheduledChange {
    ScheduledChange {
        name: action.scheduled_action_name().unwrap_or_default().to_owned(),
        min: action.min_size().map(i64::from),
        max: action.max_size().map(i64::from),
        desired: action.desired_capacity().map(i64::from),
        from: action.start_time().and_then(timestamp),
        until: action.end_time().and_then(timestamp),
        recurrence: action.recurrence().map(str::to_owned),
        time_zone: action.time_zone().map(str::to_owned),
    }
}
