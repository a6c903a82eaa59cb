//! Names alone, for a shell that completes them.

use k8s_openapi::api::core::v1 as core;
use kube::ResourceExt as _;

use super::pods::UNFINISHED;
use crate::kubernetes::list::{ListError, list, list_all};

/// Returns the names of all nodes; `None` when they cannot be listed.
pub async fn node_names(client: &kube::Client) -> Option<Vec<String>> {
    let names: Result<Vec<String>, ListError> = list_all(client, |node: &core::Node| Ok(node.name_any())).await;
    names.ok()
}

/// Returns `NAMESPACE/NAME` of every pod that has not finished; `None` when they cannot be listed.
pub async fn pod_names(client: &kube::Client) -> Option<Vec<String>> {
    let take = |names: &mut Vec<String>, pod: &core::Pod| {
        names.push(format!("{}/{}", pod.namespace().unwrap_or_default(), pod.name_any()));
        Ok(())
    };
    list(client, Some(UNFINISHED), Vec::new, take).await.ok()
}
