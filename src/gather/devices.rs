//! Devices, which are read only where a pod waits for some.

use k8s_openapi::api::resource::v1 as resource_api;

use super::cluster;
use crate::kubernetes::ApiServer;
use crate::snapshot::{Gap, MissingFact, Snapshot};

/// Reads the ResourceSlices if any pod without a node has a ResourceClaim.
pub(super) async fn read_if_needed(server: ApiServer<'_>, snapshot: &mut Snapshot) {
    let mut waiting = snapshot.pods.iter().filter(|pod| pod.node.is_none());
    if waiting.all(|pod| pod.resource_claims.is_empty()) {
        return;
    }
    // Without the classes nobody can tell which devices a claim means.
    let are_classes = |gap: &Gap| matches!(&gap.fact, MissingFact::Objects { resource } if resource == "deviceclasses");
    if snapshot.gaps.iter().any(are_classes) {
        return;
    }
    let slices = cluster::resource_slices(server).await;
    let is_read = slices.is_ok();
    let known = cluster::or_gaps::<resource_api::ResourceSlice, _>(slices, &mut snapshot.gaps);
    snapshot.resource_slices = is_read.then_some(known);
}
