//! The names of groups and clusters alone, for a shell that completes them and for messages.

use std::collections::BTreeSet;

use crate::cloud::magnum::api;
use crate::cloud::magnum::client::MagnumClient;
use crate::cloud::magnum::error::MagnumError;
use crate::cloud::magnum::reading::cluster;

/// Returns the names of the project's clusters.
///
/// # Errors
/// When they could not be listed.
pub(crate) async fn cluster_names(client: &MagnumClient) -> Result<BTreeSet<String>, MagnumError> {
    Ok(api::cluster_names(client.session()).await?.into_iter().collect())
}

/// Returns the names of the groups of a cluster, as far as they can be read.
pub(crate) async fn names_of_groups(client: &MagnumClient, cluster_name: &str) -> Vec<String> {
    let Ok(cluster) = cluster::find(client.session(), cluster_name).await else { return Vec::new() };
    let listed = api::every_group(client.session(), &cluster.uuid).await.unwrap_or_default();
    listed.into_iter().map(|group| group.name).collect()
}
