//! Which pods keep a node (FAQ, "What types of pods can prevent CA from removing a node?"). A Job's
//! pods do not: they are evicted, and begin anew elsewhere.

use super::super::scene::ModelPod;
use crate::snapshot::{Pod, PodVolume};
use crate::well_known::annotations::{SAFE_TO_EVICT, SAFE_TO_EVICT_LOCAL_VOLUMES};

/// The controllers that make a pod again; those of other kinds keep the node
/// (`--skip-nodes-with-custom-controller-pods`).
const CONTROLLERS: [&str; 4] = ["ReplicaSet", "ReplicationController", "StatefulSet", "Job"];

/// Whether a pod may be moved as far as its own properties go, where `has_budget` states whether a
/// PodDisruptionBudget covers it.
pub(super) fn may_move(pod: &ModelPod<'_>, has_budget: bool) -> bool {
    let pod = pod.pod;
    let annotation = |key| pod.drain_annotations.get(key).map(crate::snapshot::Name::as_str);
    match annotation(SAFE_TO_EVICT) {
        Some("true") => true,
        Some("false") => false,
        _ => {
            let is_made_again = pod.owner.as_ref().is_some_and(|owner| CONTROLLERS.contains(&owner.kind.as_str()));
            let is_of_the_system = pod.namespace == "kube-system" && !has_budget;
            is_made_again && !is_of_the_system && !keeps_data(pod, annotation(SAFE_TO_EVICT_LOCAL_VOLUMES).unwrap_or_default())
        }
    }
}

/// Whether a pod has data on the node's own disk that is not listed as safe.
fn keeps_data(pod: &Pod, safe: &str) -> bool {
    pod.volumes.iter().any(|volume| match volume {
        PodVolume::HostPath { volume } | PodVolume::EmptyDir { volume } => !safe.split(',').any(|name| name.trim() == volume),
        PodVolume::Claim { .. } | PodVolume::Ephemeral { .. } => false,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::snapshot::PodSpec;

    fn moves(changes: &serde_json::Value, has_budget: bool) -> bool {
        let mut pod = json!({
            "namespace": "batch", "name": "p", "uid": "p", "spec": 0, "phase": "running", "scheduling": {"state": "unseen"},
            "created_at": "2026-11-22T11:00:00Z",
            "owner": {"kind": "Job", "api_version": "batch/v1", "name": "p", "uid": "p"},
        });
        for (field, value) in changes.as_object().expect("an object") {
            pod[field] = value.clone();
        }
        let pod: Pod = serde_json::from_value(pod).expect("a pod");
        let spec = json!({"scheduler_name": "default-scheduler", "restart_policy": "never", "containers": []});
        let spec: PodSpec = serde_json::from_value(spec).expect("a specification");
        may_move(&ModelPod { pod: &pod, spec: &spec, row: &[] }, has_budget)
    }

    #[test]
    fn a_job_moves_and_what_the_faq_lists_stays() {
        let annotated = |value: &str| json!({ SAFE_TO_EVICT: value });
        let local = json!([{ "kind": "empty-dir", "volume": "tmp" }]);
        for (case, changes, has_budget, expected) in [
            ("a Job's", json!({}), false, true),
            ("nobody's", json!({ "owner": null }), false, false),
            (
                "an operator's",
                json!({ "owner": {"kind": "RayCluster", "api_version": "r", "name": "p", "uid": "p"} }),
                false,
                false,
            ),
            ("the system's", json!({ "namespace": "kube-system" }), false, false),
            ("the system's, with a budget", json!({ "namespace": "kube-system" }), true, true),
            ("with local data", json!({ "volumes": local }), false, false),
            (
                "with data that may go",
                json!({ "volumes": local, "drain_annotations": { SAFE_TO_EVICT_LOCAL_VOLUMES: "tmp" } }),
                false,
                true,
            ),
            ("forbidden", json!({ "drain_annotations": annotated("false") }), false, false),
            ("allowed", json!({ "owner": null, "volumes": local, "drain_annotations": annotated("true") }), false, true),
        ] {
            assert_eq!(moves(&changes, has_budget), expected, "{case}");
        }
    }
}
