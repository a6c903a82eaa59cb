//! Which groups' scaling activities are read, how far back, and by which calls.
//!
//! - While a pod has no node, those of every group are read, because any group might have to grow.
//!   Otherwise only those of groups that are not settled are read, which grow, shrink or wait for
//!   something, or have a node that we cordoned.
//! - They are read back to the longest of `--backoff`, `--instance-init-time` and the tags by which
//!   a group sets either for itself.
//! - Each group takes one call. From [`REGION_WIDE_FROM`] groups in a region on, one series of
//!   pages covers the whole region. Where so much happens in a region that half as many pages as
//!   groups do not reach far enough back, each group is read by itself after all, which costs at
//!   most half as many calls again.

use std::collections::BTreeMap;

use futures::future::join_all;
use futures::{StreamExt as _, stream};
use jiff::Timestamp;

use super::activities::{self, InstanceTypes, Reading};
use crate::cloud::aws::error::AwsError;
use crate::cloud::aws::sign_in::clients::{AwsClients, RegionClients};
use crate::cloud::facts::ActivityWindow;
use crate::snapshot::{Activity, Gap, Group, GroupId, MissingFact};

/// At most this many of the calls for single groups are made at a time.
const PARALLEL: usize = 8;
/// From this many groups on, reading the whole region takes fewer calls.
const REGION_WIDE_FROM: usize = 3;

/// Reads the activities of the wanted groups into them. What cannot be read becomes a gap.
pub(crate) async fn read_activities(
    clients: &AwsClients,
    groups: &mut [Group],
    window: ActivityWindow,
    is_wanted: impl Fn(&Group) -> bool,
) -> Vec<Gap> {
    let mut by_region: BTreeMap<String, Vec<&mut Group>> = BTreeMap::new();
    for group in groups.iter_mut().filter(|group| is_wanted(group)) {
        by_region.entry(group.id.region.clone()).or_default().push(group);
    }
    let reads = by_region.into_iter().map(|(region, groups)| async move {
        match clients.of(&region) {
            Ok(clients) => read_region(clients, groups, window).await,
            Err(error) => groups.iter().map(|group| gap(group, &error)).collect(),
        }
    });
    join_all(reads).await.into_iter().flatten().collect()
}

/// Returns the activities of one group since a moment, newest first, and every unfinished one.
///
/// # Errors
/// When they cannot be read.
pub(crate) async fn activities_since(
    clients: &AwsClients,
    group: &GroupId,
    since: Timestamp,
) -> Result<Vec<Activity>, AwsError> {
    let clients = clients.of(&group.region)?;
    let reading = Reading { client: &clients.autoscaling, region: &clients.region, types: &InstanceTypes::new() };
    reading.of_group(&group.name, since).await
}

async fn read_region(clients: &RegionClients, mut groups: Vec<&mut Group>, window: ActivityWindow) -> Vec<Gap> {
    let types = instance_types(&groups);
    let reading = Reading { client: &clients.autoscaling, region: &clients.region, types: &types };
    if groups.len() >= REGION_WIDE_FROM {
        let since = groups.iter().map(|group| window.since(group)).min().unwrap_or(window.taken_at);
        match reading.of_region(since, groups.len() / 2).await {
            Ok(Some(mut found)) => {
                for group in &mut groups {
                    let since = window.since(group);
                    let mut own = found.remove(&group.id.name).unwrap_or_default();
                    own.retain(|activity| !activities::is_over_before(activity, since));
                    group.activities = own;
                }
                return Vec::new();
            }
            Ok(None) => {}
            Err(error) => return groups.iter().map(|group| gap(group, &error)).collect(),
        }
    }
    let reads = groups.iter().map(|group| reading.of_group(&group.id.name, window.since(group))).collect::<Vec<_>>();
    let found: Vec<Result<Vec<Activity>, AwsError>> = stream::iter(reads).buffered(PARALLEL).collect().await;
    let mut gaps = Vec::new();
    for (group, read) in groups.into_iter().zip(found) {
        match read {
            Ok(activities) => group.activities = activities,
            Err(error) => gaps.push(gap(group, &error)),
        }
    }
    gaps
}

/// Returns the type of each instance, which activities of launches leave out.
fn instance_types(groups: &[&mut Group]) -> InstanceTypes {
    let instances = groups.iter().flat_map(|group| &group.instances);
    instances.map(|instance| (instance.id.clone(), instance.machine_type.clone())).collect()
}

fn gap(group: &Group, error: &AwsError) -> Gap {
    Gap { fact: MissingFact::Activities { group: group.id.clone() }, error: error.to_string() }
}
