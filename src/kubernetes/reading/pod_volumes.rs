//! The volumes of a pod that tie it to a place.

use k8s_openapi::api::core::v1 as core;

use crate::snapshot::PodVolume;

/// Returns those of a pod of this name.
pub(super) fn volumes(spec: &core::PodSpec, pod: &str) -> Vec<PodVolume> {
    spec.volumes.iter().flatten().filter_map(|volume| read_volume(volume, pod)).collect()
}

/// Reads a volume that ties the pod to a node, a zone or a driver's limit; configuration, secrets
/// and network file systems do not.
fn read_volume(volume: &core::Volume, pod: &str) -> Option<PodVolume> {
    if let Some(claim) = &volume.persistent_volume_claim {
        return Some(PodVolume::Claim { claim: claim.claim_name.clone() });
    }
    if let Some(ephemeral) = &volume.ephemeral {
        let template = ephemeral.volume_claim_template.as_ref();
        let storage_class = template.and_then(|template| template.spec.storage_class_name.clone());
        return Some(PodVolume::Ephemeral { claim: format!("{pod}-{}", volume.name), storage_class });
    }
    if volume.host_path.is_some() {
        return Some(PodVolume::HostPath { volume: volume.name.clone() });
    }
    let scratch = volume.empty_dir.as_ref()?;
    let in_memory = scratch.medium.as_deref() == Some("Memory");
    (!in_memory).then(|| PodVolume::EmptyDir { volume: volume.name.clone() })
}
