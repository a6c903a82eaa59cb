//! The managed node groups of EKS: what EKS gives to the kubelets of their nodes, how they are paid
//! for, and whether EKS is replacing their nodes.
//!
//! None of that is in the Auto Scaling Group, whose tags say of labels and taints only what a
//! person repeated there.

mod applying;
mod document;
mod name;

use futures::{StreamExt as _, stream};
use reqwest::Client;

use crate::snapshot::{Gap, MissingFact};

use crate::cloud::aws::error::AwsError;
use crate::cloud::aws::sign_in::clients::RegionClients;
pub(crate) use applying::apply;
pub(crate) use document::NodeGroup;
pub(crate) use name::{NodeGroupName, says_enough};

const ACTION: &str = "eks:DescribeNodegroup";
/// At most this many calls are made at a time.
const PARALLEL: usize = 8;

/// Reads node groups, side by side. The first answer by which the others cannot come, either, ends
/// the reading; it and the failure of a single call are one gap.
pub(crate) async fn describe(
    clients: &RegionClients,
    names: Vec<NodeGroupName>,
) -> (Vec<(NodeGroupName, NodeGroup)>, Option<Gap>) {
    if names.is_empty() {
        return (Vec::new(), None);
    }
    let gap = |error: &AwsError| {
        let fact = MissingFact::NodeGroups { region: clients.region.clone() };
        Gap { fact, error: error.to_string() }
    };
    let client = match clients.eks.client(ACTION) {
        Ok(client) => client,
        Err(error) => return (Vec::new(), Some(gap(&error))),
    };
    let calls = names.into_iter().map(|name| describe_one(clients, &client, name)).collect::<Vec<_>>();
    let mut answers = stream::iter(calls).buffer_unordered(PARALLEL);
    let (mut found, mut missing) = (Vec::new(), None);
    while let Some((name, answer)) = answers.next().await {
        match answer {
            Ok(node_group) => found.push((name, node_group)),
            // A group that outlives its node group for a while is as its tags say.
            Err(error) if error.is_about_what_was_asked() => {}
            Err(error) => {
                missing.get_or_insert_with(|| gap(&error));
                if is_so_for_all(&error) {
                    break;
                }
            }
        }
    }
    (found, missing)
}

async fn describe_one(
    clients: &RegionClients,
    client: &Client,
    name: NodeGroupName,
) -> (NodeGroupName, Result<NodeGroup, AwsError>) {
    let path = format!("/clusters/{}/node-groups/{}", name.cluster, name.node_group);
    let answer = clients.eks.get(client, ACTION, &path).await;
    let node_group = answer.and_then(|document| {
        NodeGroup::read(document).map_err(|error| AwsError::Other {
            action: ACTION,
            code: "an answer that is not understood".to_owned(),
            message: error.to_string(),
        })
    });
    (name, node_group)
}

/// Whether the calls for other node groups fail in the same way.
fn is_so_for_all(error: &AwsError) -> bool {
    matches!(error, AwsError::AccessDenied { .. } | AwsError::Unreachable { .. }) || error.is_about_credentials()
}
