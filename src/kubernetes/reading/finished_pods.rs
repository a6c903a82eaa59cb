//! Pods that have ended.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1 as core;

use super::pods::read_pod;
use super::specs::SpecTable;
use crate::kubernetes::conversion::{ConversionError, moment};
use crate::snapshot::{FinishedPod, Outcome, Phase, Pod, Scheduling};

/// The two phases of pods that have ended. A field selector has no "or", so each takes a list of
/// its own.
pub(crate) const ENDS: [&str; 2] = ["status.phase=Succeeded", "status.phase=Failed"];

/// Reads one pod that has ended; returns `None` for one that has not after all.
pub(crate) fn read_finished_pod(pod: &core::Pod, specs: &mut SpecTable) -> Result<Option<FinishedPod>, ConversionError> {
    let Pod { namespace, name, labels, owner, spec, drain_annotations, created_at, phase, scheduling, .. } =
        read_pod(pod, specs)?;
    let outcome = match phase {
        Phase::Succeeded => Outcome::Succeeded,
        Phase::Failed => Outcome::Failed,
        Phase::Pending | Phase::Running | Phase::Unknown => return Ok(None),
    };
    let bound_at = match scheduling {
        Scheduling::Scheduled { at } => at,
        Scheduling::Unseen | Scheduling::Gated | Scheduling::Unschedulable { .. } => None,
    };
    let finished_at = finished_at(pod);
    Ok(Some(FinishedPod {
        namespace,
        name,
        labels,
        owner,
        spec,
        drain_annotations,
        created_at,
        bound_at,
        finished_at,
        outcome,
    }))
}

/// Returns the end of the container that ended last.
fn finished_at(pod: &core::Pod) -> Option<jiff::Timestamp> {
    let status = pod.status.as_ref()?;
    let all = status.container_statuses.iter().chain(&status.init_container_statuses).flatten();
    let ends = all.filter_map(|container| container.state.as_ref()?.terminated.as_ref()?.finished_at.as_ref());
    ends.map(moment).max()
}

/// Removes pods that ended between two lists and are in both: they count as unfinished, as in the
/// plan.
pub(crate) fn without_unfinished(finished: Vec<FinishedPod>, unfinished: &[Pod]) -> Vec<FinishedPod> {
    let running: BTreeSet<(&str, &str)> = unfinished.iter().map(|pod| (pod.namespace.as_str(), pod.name.as_str())).collect();
    let kept = finished.into_iter().filter(|pod| !running.contains(&(pod.namespace.as_str(), pod.name.as_str())));
    kept.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(status: &Value) -> Option<FinishedPod> {
        let pod = json!({
            "metadata": { "namespace": "ml", "name": "train-0", "uid": "u", "creationTimestamp": "2026-11-22T10:00:00Z" },
            "spec": { "nodeName": "n", "containers": [{ "name": "a" }] },
            "status": status
        });
        let pod = serde_json::from_value(pod).expect("a pod");
        read_finished_pod(&pod, &mut SpecTable::default()).expect("an understood pod")
    }

    fn at(text: &str) -> jiff::Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn it_ends_with_its_last_container() {
        let ended = |name: &str, at: &str| {
            json!({ "name": name, "image": "", "imageID": "", "ready": false, "restartCount": 0,
            "state": { "terminated": { "exitCode": 0, "finishedAt": at } } })
        };
        let pod = read(&json!({
            "phase": "Succeeded",
            "conditions": [{ "type": "PodScheduled", "status": "True", "lastTransitionTime": "2026-11-22T10:01:00Z" }],
            "initContainerStatuses": [ended("i", "2026-11-22T10:05:00Z")],
            "containerStatuses": [ended("a", "2026-11-22T11:00:00Z"), ended("b", "2026-11-22T10:30:00Z")]
        }));
        let pod = pod.expect("it has ended");
        assert_eq!((pod.bound_at, pod.finished_at), (Some(at("2026-11-22T10:01:00Z")), Some(at("2026-11-22T11:00:00Z"))));
        assert_eq!(pod.outcome, Outcome::Succeeded);
    }

    #[test]
    fn one_that_was_taken_from_its_node_has_no_end_and_one_that_runs_is_none() {
        let pod = read(&json!({ "phase": "Failed", "reason": "Evicted" })).expect("it has ended");
        assert_eq!((pod.bound_at, pod.finished_at, pod.outcome), (None, None, Outcome::Failed));
        assert_eq!(read(&json!({ "phase": "Running" })), None);
    }
}
