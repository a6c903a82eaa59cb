//! A pod moves only if a controller replaces it one for one and it always runs. A running job is
//! never killed for tidiness, nor is a pod that an operator (Kubeflow, Ray, Spark, Argo, Volcano
//! and the like) looks after, unless it states itself what a restart loses.

use crate::plan::drain::lost_work::lost_work;
use crate::plan::drain::{BlockReason, Drainability, Question};
use crate::snapshot::{Owner, Pod, RestartPolicy};

pub(super) fn verdict(question: &Question<'_>) -> Option<Drainability> {
    let Some(owner) = question.pod.owner.as_ref() else {
        return Some(Drainability::Blocks { why: BlockReason::NoController });
    };
    if lost_work(question.pod, question.now).is_ok_and(|lost| lost.is_some()) {
        return None;
    }
    if !owner.replaces_its_pods() {
        let (kind, name) = (owner.kind.to_string(), owner.name.to_string());
        return Some(Drainability::Blocks { why: BlockReason::Controller { kind, name } });
    }
    let policy = question.spec.restart_policy;
    (policy != RestartPolicy::Always).then_some(Drainability::Blocks { why: BlockReason::RestartPolicy { policy } })
}

/// Whether a controller makes a pod again once it is gone, one for one.
pub(crate) fn is_made_again(pod: &Pod) -> bool {
    pod.owner.as_deref().is_some_and(Owner::replaces_its_pods)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::plan::drain::test_pod::SamplePod;

    #[test]
    fn only_three_kinds_replace_their_pods() {
        for (api_version, kind, movable) in [
            ("apps/v1", "ReplicaSet", true),
            ("apps/v1", "StatefulSet", true),
            ("v1", "ReplicationController", true),
            ("batch/v1", "Job", false),
            ("kubeflow.org/v1", "PyTorchJob", false),
            ("ray.io/v1", "RayCluster", false),
            ("apps.kruise.io/v1beta1", "StatefulSet", false),
            ("v1", "Node", false),
        ] {
            let owner = json!({ "kind": kind, "api_version": api_version, "name": "o", "uid": "o" });
            assert_eq!(SamplePod::web().pod("owner", owner).is_movable(), movable, "{api_version} {kind}");
        }
    }

    #[test]
    fn the_reason_names_the_controller() {
        assert_eq!(SamplePod::job().verdict().to_string(), "belongs to Job train, which would not simply replace it");
        assert_eq!(SamplePod::web().pod("owner", json!(null)).verdict().to_string(), "has no controller that would replace it");
        assert_eq!(SamplePod::web().spec("restart_policy", json!("never")).verdict().to_string(), "has restartPolicy Never");
    }
}
