//! Warm pools: their settings are on the group, and their instances in a list of their own
//! (<https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeWarmPool.html>).

use aws_sdk_autoscaling::types::{AutoScalingGroup, Instance as Member, InstanceReusePolicy, WarmPoolState, WarmPoolStatus};

use crate::cloud::aws::error::AwsError;
use crate::cloud::aws::sign_in::clients::RegionClients;
use crate::snapshot::WarmPool;

const ACTION: &str = "autoscaling:DescribeWarmPool";
/// AWS puts at most this many on a page.
const PAGE: i32 = 50;

/// Returns the settings of a group's warm pool, if it has one.
pub(super) fn of_group(group: &AutoScalingGroup) -> Option<WarmPool> {
    let pool = group.warm_pool_configuration()?;
    // -1 stands for the group's own maximum.
    let most = pool.max_group_prepared_capacity().map(i64::from).filter(|most| *most >= 0);
    Some(WarmPool {
        keeps: pool.pool_state().map_or("Stopped", WarmPoolState::as_str).to_owned(),
        min: pool.min_size().map_or(0, i64::from),
        most,
        takes_back: pool.instance_reuse_policy().and_then(InstanceReusePolicy::reuse_on_scale_in).unwrap_or(false),
        leaving: pool.status() == Some(&WarmPoolStatus::PendingDelete),
    })
}

/// Reads the instances of a group's warm pool.
pub(super) async fn describe(clients: &RegionClients, group: &str) -> Result<Vec<Member>, AwsError> {
    let pool = clients.autoscaling.describe_warm_pool().auto_scaling_group_name(group).into_paginator().page_size(PAGE);
    let instances = pool.items().send().collect::<Result<Vec<_>, _>>().await;
    instances.map_err(|error| AwsError::of(ACTION, &clients.region, &error))
}
