//! A group as it is right before a change.

use super::described::JoinedCluster;
use super::obstacles::cannot;
use crate::cloud::change::CallFailed;
use crate::cloud::group_now::GroupNow;
use crate::cloud::magnum::api::{self, ClusterAnswer, NodeGroupAnswer, ServerAnswer};
use crate::cloud::magnum::client::MagnumClient;
use crate::cloud::magnum::error::RequestError;
use crate::cloud::magnum::machines::instance::instance_now;
use crate::cloud::magnum::reading::{cluster, whole};
use crate::snapshot::GroupId;

impl From<RequestError> for CallFailed {
    fn from(error: RequestError) -> Self {
        Self(error.to_string())
    }
}

/// Returns the group with its servers as it is now, or `None` when it does not exist.
///
/// # Errors
/// With the words of the service that could not be read.
pub(crate) async fn group_now(client: &MagnumClient, group: &GroupId) -> Result<Option<GroupNow>, CallFailed> {
    let seen = seen(client)?;
    let (state, servers) = futures::join!(state_now(client, group), api::every_server(client.session()));
    let Some((cluster, answer)) = state? else { return Ok(None) };
    Ok(Some(convert(&seen, &cluster, &answer, &servers?)))
}

/// Returns the cluster as it was read at the beginning of the run.
pub(crate) fn seen(client: &MagnumClient) -> Result<std::sync::Arc<JoinedCluster>, CallFailed> {
    client.seen().ok_or_else(|| CallFailed("the cluster has not been read in this run".to_owned()))
}

/// Reads a group and the state of its cluster; `None` when the group does not exist.
///
/// # Errors
/// With the words of the service that could not be read.
pub(crate) async fn state_now(
    client: &MagnumClient,
    group: &GroupId,
) -> Result<Option<(ClusterAnswer, NodeGroupAnswer)>, CallFailed> {
    let seen = seen(client)?;
    let Some(known) = seen.read.groups.iter().find(|known| known.name == group.name) else { return Ok(None) };
    let uuid = &seen.read.cluster.uuid;
    let session = client.session();
    let (cluster, answer) = futures::join!(cluster::by_uuid(session, uuid), whole::group_by_uuid(session, uuid, &known.uuid));
    let (cluster, answer) = (cluster?, answer?);
    Ok(answer.map(|answer| (cluster, answer)))
}

fn convert(seen: &JoinedCluster, cluster: &ClusterAnswer, group: &NodeGroupAnswer, servers: &[ServerAnswer]) -> GroupNow {
    let own = servers.iter().filter(|server| seen.group_of_server(server) == Some(&group.name));
    GroupNow {
        min: group.min_node_count.unwrap_or(0),
        max: seen.max(group),
        desired: group.node_count,
        cannot: cannot(cluster, group, seen.driver),
        launches_protected: false,
        instances: own.map(|server| instance_now(server, seen.lifecycle(server))).collect(),
    }
}
