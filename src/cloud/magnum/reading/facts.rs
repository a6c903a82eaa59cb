//! The cluster as the facts of a snapshot.

use super::whole::{self, ClusterRead};
use crate::cloud::facts::{CloudFacts, GroupsRequest};
use crate::cloud::magnum::api;
use crate::cloud::magnum::client::MagnumClient;
use crate::cloud::magnum::error::MagnumError;
use crate::cloud::magnum::failures::activities::activities;
use crate::cloud::magnum::groups::described::JoinedCluster;
use crate::progress::Progress;
use crate::snapshot::{Activity, Group, GroupId, Node, Region};

/// Reads the cluster, and remembers it for the steps of the run.
///
/// # Errors
/// As [`whole::read`].
pub(crate) async fn read(
    client: &MagnumClient,
    request: &GroupsRequest<'_>,
    progress: &dyn Progress,
) -> Result<CloudFacts, MagnumError> {
    match Box::pin(whole::read(client.session(), request, progress)).await? {
        Ok(read) => {
            let facts = remember(client, read, &[]);
            let managed = facts.groups.len();
            let all = managed + facts.rejected.len();
            progress.set_label(&format!("reading {}: {managed} of {all} node groups are managed", client.region()));
            Ok(facts)
        }
        Err(error) => {
            let region = Region { name: client.region().to_owned(), preference: 0, unreadable: Some(error.to_string()) };
            let account = Some(client.session().project().to_owned());
            Ok(CloudFacts { account, regions: vec![region], ..CloudFacts::default() })
        }
    }
}

/// Joins the groups with the Nodes, which show the group of a server better than its name does.
pub(crate) fn join_nodes(client: &MagnumClient, groups: &mut [Group], nodes: &[Node]) {
    let Some(seen) = client.seen() else { return };
    let facts = remember(client, seen.read.clone(), nodes);
    for group in groups {
        if let Some(joined) = facts.groups.iter().find(|joined| joined.id == group.id) {
            *group = joined.clone();
        }
    }
}

/// Reads the launches of a group as they show now.
///
/// # Errors
/// When the group or the servers could not be read.
pub(crate) async fn activities_now(client: &MagnumClient, group: &GroupId) -> Result<Vec<Activity>, MagnumError> {
    let Some(seen) = client.seen() else { return Ok(Vec::new()) };
    let Some(known) = seen.read.groups.iter().find(|known| known.name == group.name) else { return Ok(Vec::new()) };
    let (answer, servers) = futures::join!(
        whole::group_by_uuid(client.session(), &seen.read.cluster.uuid, &known.uuid),
        api::every_server(client.session())
    );
    let (Some(answer), servers) = (answer?, servers?) else { return Ok(Vec::new()) };
    let own = servers.iter().filter(|server| seen.group_of_server(server) == Some(&group.name)).collect::<Vec<_>>();
    Ok(activities(&answer, &own))
}

fn remember(client: &MagnumClient, read: ClusterRead, nodes: &[Node]) -> CloudFacts {
    let seen = JoinedCluster::new(read, nodes);
    tracing::info!("the cluster {} was made by the driver {:?}", seen.read.cluster.name, seen.driver);
    let facts = seen.facts();
    client.remember(seen);
    facts
}
