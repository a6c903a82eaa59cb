//! The names of groups alone, for a shell that completes them.

use futures::future::join_all;

use super::described::{describe, tags_of};
use super::discovery::Discovery;
use crate::cloud::aws::sign_in::clients::AwsClients;
use crate::cloud::facts::GroupsRequest;

/// Returns the names of the managed groups of every region that answers, or of all groups while the
/// cluster is not named yet.
pub(crate) async fn names_of_groups(clients: &AwsClients, request: &GroupsRequest<'_>) -> Vec<String> {
    let regions = join_all(clients.usable().map(|region| describe(&region.autoscaling, &region.region))).await;
    let discovery = Discovery { cluster: request.cluster_name, group_tags: request.group_tags, named: request.named };
    let groups = regions.into_iter().filter_map(Result::ok).flatten();
    let named = groups.filter_map(|group| Some((group.auto_scaling_group_name.clone()?, tags_of(&group))));
    let is_offered = |(name, tags): &(String, _)| request.cluster_name.is_empty() || discovery.judge(name, tags).is_ok();
    named.filter(is_offered).map(|(name, _)| name).collect()
}
