//! Which reservations are in the resource groups that groups name, by one call for each reservation
//! that could be
//! (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetGroupsForCapacityReservation.html>).

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt as _, TryStreamExt as _, stream};

use crate::cloud::aws::error::AwsError;
use crate::cloud::aws::sign_in::clients::RegionClients;

const ACTION: &str = "ec2:GetGroupsForCapacityReservation";
/// At most this many calls are made at a time.
const PARALLEL: usize = 8;

/// The ids of the reservations in each resource group, by its ARN.
pub(crate) type GroupMembers = BTreeMap<String, BTreeSet<String>>;

/// Reads in which resource groups reservations are.
pub(crate) async fn members(clients: &RegionClients, reservations: Vec<String>) -> Result<GroupMembers, AwsError> {
    let reads = reservations.into_iter().map(async |id: String| {
        let groups = clients.ec2.get_groups_for_capacity_reservation().capacity_reservation_id(&id).into_paginator();
        let groups = groups.items().send().collect::<Result<Vec<_>, _>>().await;
        let groups = groups.map_err(|error| AwsError::of(ACTION, &clients.region, &error))?;
        Ok((id, groups))
    });
    let reads: Vec<_> = stream::iter(reads.collect::<Vec<_>>()).buffered(PARALLEL).try_collect().await?;
    let mut members = GroupMembers::new();
    for (id, groups) in reads {
        for arn in groups.into_iter().filter_map(|group| group.group_arn) {
            members.entry(arn).or_default().insert(id.clone());
        }
    }
    Ok(members)
}
