//! A pod with data on the node's own disk stays, since the data is lost with the node.

use crate::plan::drain::{BlockReason, Drainability, Question};
use crate::snapshot::PodVolume;
use crate::well_known::annotations::SAFE_TO_EVICT_LOCAL_VOLUMES;

pub(super) fn verdict(question: &Question<'_>) -> Option<Drainability> {
    let safe: Vec<&str> =
        question.annotation(SAFE_TO_EVICT_LOCAL_VOLUMES).unwrap_or_default().split(',').map(str::trim).collect();
    let local = question.pod.volumes.iter().filter_map(|volume| match volume {
        PodVolume::HostPath { volume } | PodVolume::EmptyDir { volume } => Some(volume),
        PodVolume::Claim { .. } | PodVolume::Ephemeral { .. } => None,
    });
    let volume = local.into_iter().find(|volume| !safe.contains(&volume.as_str()))?.clone();
    Some(Drainability::Blocks { why: BlockReason::LocalStorage { volume } })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::plan::drain::test_pod::SamplePod;
    use crate::well_known::annotations::SAFE_TO_EVICT_LOCAL_VOLUMES;

    #[test]
    fn each_local_volume_has_to_be_listed() {
        let volumes = json!([{ "kind": "empty-dir", "volume": "tmp" }, { "kind": "host-path", "volume": "logs" }]);
        let sample = || SamplePod::web().pod("volumes", volumes.clone());
        assert_eq!(sample().verdict().to_string(), "keeps data on the node, in its volume tmp");
        assert_eq!(
            sample().annotation(SAFE_TO_EVICT_LOCAL_VOLUMES, "tmp").verdict().to_string(),
            "keeps data on the node, in its volume logs"
        );
        assert!(sample().annotation(SAFE_TO_EVICT_LOCAL_VOLUMES, "tmp, logs").is_movable());
    }

    #[test]
    fn a_claim_is_not_local() {
        assert!(SamplePod::web().pod("volumes", json!([{ "kind": "claim", "claim": "data" }])).is_movable());
    }
}
