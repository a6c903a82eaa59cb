//! Reads the pods that count on a node without being bound to it.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod};
use kube::api::ObjectMeta;

use super::proof::Expected;
use super::{ApplyContext, Obstacle};
use crate::kubernetes::list::list;
use crate::kubernetes::reading::SpecTable;
use crate::kubernetes::reading::pods::{UNFINISHED, read_pod};
use crate::kubernetes::reading::storage::SELECTED_NODE;
use crate::snapshot::{self, ObjectName};

/// Returns the pods that are nominated to the node, and the claims whose volume is to be made for
/// it, with the pods that may use them.
pub(super) async fn expected_on(context: &ApplyContext<'_>, node: &str) -> Result<Expected, Obstacle> {
    let nominated = nominated_to(context, node).await?;
    let claims = claims_for(context, node).await?;
    let namespaces: BTreeSet<&str> = claims.iter().map(|claim| &*claim.namespace).collect();
    let mut users = Vec::new();
    for namespace in namespaces {
        users.extend(pods_of(context, namespace).await?);
    }
    Ok(Expected { nominated, claims, users })
}

async fn nominated_to(context: &ApplyContext<'_>, node: &str) -> Result<Vec<ObjectName>, Obstacle> {
    let selector = format!("status.nominatedNodeName={node},spec.nodeName=,{UNFINISHED}");
    let nominated = list(&context.kubernetes, Some(&selector), Vec::new, |names, pod: &Pod| {
        names.push(object_name(&pod.metadata));
        Ok(())
    });
    nominated.await.map_err(|error| Obstacle::Failed(format!("listing pods nominated to the node: {error}")))
}

/// Returns the claims whose volume is to be made for the node. Only what this check needs is read
/// of a claim, so that one that is not understood keeps no unrelated node.
async fn claims_for(context: &ApplyContext<'_>, node: &str) -> Result<Vec<ObjectName>, Obstacle> {
    let claims = list(&context.kubernetes, None, Vec::new, |claims, claim: &PersistentVolumeClaim| {
        claims.extend(claim_for(claim, node));
        Ok(())
    });
    claims.await.map_err(|error| Obstacle::Failed(format!("listing persistentvolumeclaims: {error}")))
}

/// Returns the claim, if its volume is to be made for the node. The annotation stays on claims that
/// are bound.
fn claim_for(claim: &PersistentVolumeClaim, node: &str) -> Option<ObjectName> {
    let metadata = &claim.metadata;
    let selected = metadata.annotations.as_ref()?.get(SELECTED_NODE)?;
    let phase = claim.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or_default();
    let has_its_volume = matches!(phase, "Bound" | "Lost");
    (selected == node && !has_its_volume).then(|| object_name(metadata))
}

async fn pods_of(context: &ApplyContext<'_>, namespace: &str) -> Result<Vec<snapshot::Pod>, Obstacle> {
    let selector = format!("metadata.namespace={namespace},{UNFINISHED}");
    let take = |(specs, pods): &mut (SpecTable, Vec<_>), object: &Pod| {
        pods.push(read_pod(object, specs)?);
        Ok(())
    };
    let listed = list(&context.kubernetes, Some(&selector), Default::default, take).await;
    let (_, pods) = listed.map_err(|error| Obstacle::Failed(format!("listing the pods of {namespace}: {error}")))?;
    Ok(pods)
}

fn object_name(metadata: &ObjectMeta) -> ObjectName {
    ObjectName::new(metadata.namespace.clone().unwrap_or_default(), metadata.name.clone().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_claim_counts_until_it_has_its_volume() {
        let judge = |phase: &str, node: &str| {
            let metadata = json!({
                "namespace": "batch", "name": "data", "creationTimestamp": "2026-11-22T10:00:00Z",
                "annotations": { "volume.kubernetes.io/selected-node": "n" },
            });
            // An access mode that is in no version yet.
            let claim = json!({ "metadata": metadata, "spec": { "accessModes": ["New"] }, "status": { "phase": phase } });
            claim_for(&serde_json::from_value(claim).expect("a claim"), node).map(|claim| claim.to_string())
        };
        assert_eq!(judge("Pending", "n").as_deref(), Some("batch/data"));
        assert_eq!(judge("", "n").as_deref(), Some("batch/data"));
        assert_eq!(judge("Pending", "other"), None);
        assert_eq!(judge("Bound", "n"), None);
        assert_eq!(judge("Lost", "n"), None);
    }
}
