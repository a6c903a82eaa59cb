//! Whose scaling activities are read, how far back, and by which calls.
//!
//! - Of every group while a pod has no node, because any group might be asked to grow; otherwise only of the groups that are not
//!   settled, which grow, shrink or wait for something, or have a node that we cordoned.
//! - Back to the longest of `--backoff`, `--instance-init-time` and the tags by which a group sets either for itself.
//! - With a call for each group, or, from [`REGION_WIDE_FROM`] groups in a region on, with one series of pages for the whole
//!   region. In a region where so much happens that half as many pages as groups do not reach far enough back, each group is
//!   asked for after all: never more than half as many calls again.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_autoscaling::Client;
use futures::future::join_all;
use futures::{StreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};

use super::activities::{self, InstanceTypes, Reading};
use super::clients::{AwsClients, RegionClients};
use super::error::AwsError;
use crate::duration::Seconds;
use crate::snapshot::{Activity, Gap, Group, GroupId, Lifecycle, MissingFact};

/// Calls at a time that are made once a group.
const PARALLEL: usize = 8;
/// So many groups are cheaper to read with the whole region.
const REGION_WIDE_FROM: usize = 8;

/// Which activities matter to a run.
#[derive(Debug, Clone, Copy)]
pub struct ActivityWindow {
    /// When the snapshot is taken.
    pub taken_at: Timestamp,
    /// The longer of `--backoff` and `--instance-init-time`. Tags may make it longer for a group.
    pub horizon: Seconds,
}

impl ActivityWindow {
    /// Since when the activities of a group matter.
    fn since(self, group: &Group) -> Timestamp {
        let own = ["backoff", "instance-init-time"].into_iter().filter_map(|name| group.tags.duration(name));
        let longest = own.chain([self.horizon]).max().unwrap_or(self.horizon);
        let length = SignedDuration::from_secs(i64::try_from(longest.0).unwrap_or(i64::MAX));
        self.taken_at.saturating_sub(length).unwrap_or(Timestamp::MIN)
    }
}

/// Whether nothing is under way in a group: it has what was asked for, in service, and each instance is a node here that stays.
/// `registered` are the instances of those nodes. One that never became a node is replaced by what the activities say of
/// earlier ones, so its group is not settled.
#[must_use]
pub fn is_settled(group: &Group, registered: &BTreeSet<&str>) -> bool {
    let at_rest = |lifecycle| matches!(lifecycle, Lifecycle::InService | Lifecycle::Standby | Lifecycle::Warm);
    let live = || group.instances.iter().filter(|instance| instance.lifecycle.is_live());
    let has_all = live().map(|instance| instance.weight.max(1)).sum::<i64>() == group.desired;
    has_all
        && group.instances.iter().all(|instance| at_rest(instance.lifecycle))
        && live().all(|instance| registered.contains(instance.id.as_str()))
}

/// Reads the activities of the wanted groups into them. What cannot be read is a gap.
pub async fn read_activities(
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

/// The activities of one group since a moment, newest first, and every unfinished one.
///
/// # Errors
/// When they cannot be read.
pub(crate) async fn activities_since(client: &Client, group: &GroupId, since: Timestamp) -> Result<Vec<Activity>, AwsError> {
    let reading = Reading { client, region: &group.region, types: &InstanceTypes::new() };
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

/// The type of each instance: what is said of a launch leaves it out.
fn instance_types(groups: &[&mut Group]) -> InstanceTypes {
    let instances = groups.iter().flat_map(|group| &group.instances);
    instances.map(|instance| (instance.id.clone(), instance.machine_type.clone())).collect()
}

fn gap(group: &Group, error: &AwsError) -> Gap {
    Gap { fact: MissingFact::Activities { group: group.id.clone() }, error: error.to_string() }
}
