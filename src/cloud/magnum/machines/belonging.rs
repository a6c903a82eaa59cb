//! Whether the nodes of the cluster are servers of this project.
//!
//! Where some Ready node is a member of a managed group, that is known. Otherwise a few Ready nodes
//! are looked up: with credentials of another project, or the kubeconfig of another cluster, none
//! of them is found.

use std::collections::BTreeSet;

use futures::future::join_all;

use super::health::{health, missing};
use super::lookup::find_server;
use crate::cloud::magnum::client::MagnumClient;
use crate::snapshot::{Gap, Group, MachineCheck, MachineHealth, Node, Region};

/// At most this many nodes are looked up: one that is found is enough.
const MOST_NODES: usize = 8;

/// Looks up some Ready nodes, unless one of them is a member of a group.
pub(crate) async fn check_belonging(
    client: &MagnumClient,
    regions: &[Region],
    groups: &[Group],
    nodes: &[Node],
) -> (Vec<MachineCheck>, Vec<Gap>) {
    let members: BTreeSet<&str> = groups.iter().flat_map(|group| &group.instances).map(|it| it.id.as_str()).collect();
    let ready = || nodes.iter().filter(|node| node.is_ready()).filter_map(|node| Some((node, node.instance_id()?)));
    let is_known = regions.iter().any(|region| region.unreadable.is_some()) || ready().any(|(_, id)| members.contains(id));
    if is_known {
        return (Vec::new(), Vec::new());
    }
    let mut wanted: Vec<(&Node, &str)> = ready().collect();
    wanted.sort_by_key(|(node, _)| &node.name);
    wanted.truncate(MOST_NODES);
    let looks = wanted.into_iter().map(|(node, id)| async move { (node, id, find_server(client.session(), id).await) });
    let (mut checks, mut gaps) = (Vec::new(), Vec::new());
    for (node, id, found) in join_all(looks).await {
        match found {
            Ok(server) => {
                let health = server.as_ref().map_or(MachineHealth::NotFound, health);
                checks.push(client.check(id, Some(&node.name), health));
            }
            Err(error) => gaps.push(missing(client, &error)),
        }
    }
    gaps.dedup();
    (checks, gaps)
}
