//! The reads of the cloud that steps share, and the obstacle when they fail.

use super::proof::InstanceNames;
use super::{ApplyContext, Obstacle, SkipReason};
use crate::cloud::GroupNow;
use crate::snapshot::{GroupId, MachineHealth};

/// Refuses a region that is none of this run's.
pub(super) fn check_region(context: &ApplyContext<'_>, region: &str) -> Result<(), Obstacle> {
    match context.cloud.has_region(region) {
        true => Ok(()),
        false => Err(Obstacle::Failed(format!("{region} is not among the regions of this run (--regions)"))),
    }
}

/// Returns the health of an instance at this moment, according to its cloud.
pub(super) async fn health_of(context: &ApplyContext<'_>, region: &str, instance: &str) -> Result<MachineHealth, Obstacle> {
    let failed =
        |words: &str| Obstacle::Failed(format!("asking {} about {instance}: {words}", context.cloud.machine_service()));
    check_region(context, region)?;
    match context.cloud.health_of(region, instance).await {
        Err(error) => Err(failed(&error.to_string())),
        Ok(health) => health.ok_or_else(|| failed("no answer")),
    }
}

/// Returns the names of an instance, according to its cloud.
pub(super) async fn names_of(context: &ApplyContext<'_>, region: &str, instance: &str) -> Result<InstanceNames, Obstacle> {
    check_region(context, region)?;
    let known = context.cloud.addresses_of(region, instance).await;
    let addresses = known.map_err(|error| Obstacle::Failed(format!("looking {instance} up: {error}")))?;
    Ok(InstanceNames { id: instance.to_owned(), addresses })
}

/// Returns the group as it is now.
pub(super) async fn read_group(context: &ApplyContext<'_>, group: &GroupId) -> Result<GroupNow, Obstacle> {
    check_region(context, &group.region)?;
    let now = context.cloud.group_now(group).await;
    let now = now.map_err(|error| Obstacle::Failed(format!("describing {group}: {error}")))?;
    now.ok_or(SkipReason::GroupGone.into())
}
