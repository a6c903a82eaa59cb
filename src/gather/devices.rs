//! Devices and the templates of claims, which are read only where a pod waits for some.

use std::collections::BTreeSet;

use k8s_openapi::api::resource::v1 as resource_api;

use super::cluster;
use crate::kubernetes::ApiServer;
use crate::snapshot::{DeviceClass, Gap, MissingFact, PodSpec, Snapshot, SpecId};

/// Reads the ResourceSlices if any pod without a node has a ResourceClaim, or requests a resource
/// that a DeviceClass serves, or where pods that are not in the cluster may; and then the
/// ResourceClaimTemplates, if a DaemonSet names one or such other pods may.
pub(super) async fn read_if_needed(server: ApiServer<'_>, snapshot: &mut Snapshot, are_others_waiting: bool) {
    let mut waiting = snapshot.pods.iter().filter(|pod| pod.node.is_none());
    let is_served = |name: &str| DeviceClass::of_resource(&snapshot.device_classes, name).is_some();
    let of_class = |spec: &PodSpec| {
        let requests = spec.containers.iter().flat_map(|container| container.requests.iter());
        requests.into_iter().any(|(name, amount)| amount > 0 && is_served(name))
    };
    let served: BTreeSet<SpecId> = match snapshot.device_classes.is_empty() {
        true => BTreeSet::new(),
        false => snapshot.pod_specs.iter().filter(|(_, spec)| of_class(spec)).map(|(id, _)| *id).collect(),
    };
    // Pods that have ended come again in a simulation, and so do those that run.
    let has_ended = snapshot.finished_pods.iter().any(|pod| !pod.resource_claims.is_empty());
    let runs = !snapshot.finished_pods.is_empty() && snapshot.pods.iter().any(|pod| !pod.resource_claims.is_empty());
    let are_others_waiting = are_others_waiting || has_ended || runs;
    if !are_others_waiting && waiting.all(|pod| pod.resource_claims.is_empty() && !served.contains(&pod.spec)) {
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
    let mut of_daemons = snapshot.daemon_sets.iter().flat_map(|set| &set.resource_claims);
    if are_others_waiting || of_daemons.any(|entry| entry.template.is_some()) {
        let templates = cluster::resource_claim_templates(server).await;
        snapshot.resource_claim_templates =
            cluster::or_gaps::<resource_api::ResourceClaimTemplate, _>(templates, &mut snapshot.gaps);
    }
}
