//! Pods that have ended.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1 as core;

use super::pods::read_pod;
use super::specs::SpecTable;
use crate::kubernetes::conversion::{ConversionError, moment};
use crate::snapshot::{FinishedPod, ObjectName, Outcome, Phase, Pod, Scheduling};

/// The two phases of pods that have ended. A field selector has no "or", so each takes a list of
/// its own.
pub(crate) const ENDS: [&str; 2] = ["status.phase=Succeeded", "status.phase=Failed"];

/// Reads one pod that has ended; returns `None` for one that has not after all.
pub(crate) fn read_finished_pod(pod: &core::Pod, specs: &mut SpecTable) -> Result<Option<FinishedPod>, ConversionError> {
    let Pod { namespace, name, labels, owner, spec, resource_claims, drain_annotations, created_at, phase, scheduling, .. } =
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
        resource_claims,
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

/// The phases that are not those of pods that have ended. A field selector has no "or".
pub(crate) const ENDED: &str = "status.phase!=Pending,status.phase!=Running,status.phase!=Unknown";

/// Returns when a pod ended that would have kept its node; `None` for one that has not ended, and
/// for one that comes with its node or is of an earlier run of ours.
pub(crate) fn end_of_work(pod: &core::Pod, own_pod: Option<&ObjectName>) -> Result<Option<jiff::Timestamp>, ConversionError> {
    let read = read_pod(pod, &mut SpecTable::default())?;
    let is_ours = own_pod.is_some_and(|own| own.namespace == read.namespace && is_same_work(&own.name, &read.name));
    if !read.is_finished() || read.belongs_to_its_node() || is_ours {
        return Ok(None);
    }
    Ok(Some(finished_at(pod).or_else(|| last_change(pod)).unwrap_or(read.created_at)))
}

/// Whether two pods are of one CronJob, by their names: the minute of a run and a random word
/// follow its own.
fn is_same_work(own: &str, other: &str) -> bool {
    let cron_job = |name: &str| {
        let mut parts = name.rsplitn(3, '-');
        let (_, minute, cron_job) = (parts.next()?, parts.next()?, parts.next()?);
        minute.bytes().all(|byte| byte.is_ascii_digit()).then(|| cron_job.to_owned())
    };
    own == other || cron_job(own).is_some_and(|name| cron_job(other) == Some(name))
}

/// Returns when a condition of a pod changed last.
fn last_change(pod: &core::Pod) -> Option<jiff::Timestamp> {
    let conditions = pod.status.as_ref()?.conditions.iter().flatten();
    conditions.filter_map(|condition| condition.last_transition_time.as_ref()).map(moment).max()
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

    fn end(metadata: &Value, status: &Value) -> Option<String> {
        let mut pod = json!({
            "metadata": { "namespace": "ml", "name": "train-0", "uid": "u", "creationTimestamp": "2026-11-22T10:00:00Z" },
            "spec": { "nodeName": "n", "containers": [{ "name": "a" }] },
            "status": status
        });
        for (field, value) in metadata.as_object().expect("fields") {
            pod["metadata"][field] = value.clone();
        }
        let own = ObjectName { namespace: "kube-system".into(), name: "scaler-29001234-abcde".into() };
        let pod = serde_json::from_value(pod).expect("a pod");
        end_of_work(&pod, Some(&own)).expect("an understood pod").map(|at| at.to_string())
    }

    #[test]
    fn work_ends_with_its_last_sign_and_what_comes_with_a_node_is_no_work() {
        let ended = json!({ "phase": "Succeeded", "containerStatuses": [{ "name": "a", "image": "", "imageID": "",
            "ready": false, "restartCount": 0, "state": { "terminated": { "exitCode": 0, "finishedAt": "2026-11-22T11:00:00Z" } } }] });
        let none = json!({});
        assert_eq!(end(&none, &ended).as_deref(), Some("2026-11-22T11:00:00Z"));
        let evicted = json!({ "phase": "Failed", "conditions": [
            { "type": "PodScheduled", "status": "True", "lastTransitionTime": "2026-11-22T10:01:00Z" },
            { "type": "DisruptionTarget", "status": "True", "lastTransitionTime": "2026-11-22T10:30:00Z" }] });
        assert_eq!(end(&none, &evicted).as_deref(), Some("2026-11-22T10:30:00Z"));
        assert_eq!(end(&none, &json!({ "phase": "Failed" })).as_deref(), Some("2026-11-22T10:00:00Z"));
        assert_eq!(end(&none, &json!({ "phase": "Running" })), None);
        let daemon = json!({ "annotations": { "cluster-autoscaler.kubernetes.io/daemonset-pod": "true" } });
        assert_eq!(end(&daemon, &ended), None);
    }

    #[test]
    fn earlier_runs_of_ours_are_no_work() {
        let ended = json!({ "phase": "Succeeded" });
        let named = |namespace: &str, name: &str| end(&json!({ "namespace": namespace, "name": name }), &ended);
        assert_eq!(named("kube-system", "scaler-29001233-fghij"), None);
        assert_eq!(named("kube-system", "scaler-29001234-abcde"), None);
        for (namespace, name) in
            [("kube-system", "other-29001233-fghij"), ("ml", "scaler-29001233-fghij"), ("kube-system", "scaler-x-fghij")]
        {
            assert!(named(namespace, name).is_some(), "{namespace}/{name}");
        }
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
