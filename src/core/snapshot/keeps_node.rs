//! The pods that keep their node: a node without such a pod is idle.
//!
//! Every bound pod keeps its node unless it is proved that it does not: a pod that should have
//! ended long ago may still run, and anybody can write a label.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ObjectName, Pod, PodSpec};

/// Why a pod does not keep its node from being idle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ignored {
    /// It is the API's mirror of a static pod.
    Mirror,
    /// It belongs to a DaemonSet, or is annotated as one that does.
    DaemonSet,
    /// It has finished.
    Finished,
    /// It is the pod of this very run.
    OwnPod,
    /// Its priority is below `--expendable-below`.
    Expendable,
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mirror => "mirror of a static pod",
            Self::DaemonSet => "of a DaemonSet",
            Self::Finished => "finished",
            Self::OwnPod => "the pod of this very run",
            Self::Expendable => "below --expendable-below",
        })
    }
}

/// Whether a pod keeps the node it is bound to from being idle. Planner and `apply` use this same
/// rule.
#[must_use]
pub fn holds_its_node(pod: &Pod, spec: &PodSpec, own_pod: Option<&ObjectName>, expendable_below: Option<i32>) -> bool {
    why_ignored(pod, spec, own_pod, expendable_below).is_none()
}

/// Returns the first reason why a pod does not keep the node it is bound to from being idle.
///
/// Mirror pods, pods of DaemonSets, finished pods, the pod of this very run, and pods whose
/// priority is below `expendable_below` never do.
#[must_use]
pub fn why_ignored(pod: &Pod, spec: &PodSpec, own_pod: Option<&ObjectName>, expendable_below: Option<i32>) -> Option<Ignored> {
    if pod.mirror {
        Some(Ignored::Mirror)
    } else if pod.is_daemon() {
        Some(Ignored::DaemonSet)
    } else if pod.is_finished() {
        Some(Ignored::Finished)
    } else if own_pod.is_some_and(|own| own.namespace == pod.namespace && own.name == pod.name) {
        Some(Ignored::OwnPod)
    } else {
        expendable_below.is_some_and(|limit| spec.priority < limit).then_some(Ignored::Expendable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn pod(name: &str) -> Value {
        json!({
            "namespace": "batch", "name": name, "uid": "u", "spec": 0, "phase": "running", "node": "n",
            "owner": {"kind": "Job", "api_version": "batch/v1", "name": "j", "uid": "j"},
            "scheduling": {"state": "scheduled"}, "created_at": "2026-11-22T00:00:00Z"
        })
    }

    /// Whether a pod of priority −5 keeps its node.
    fn holds(pod: Value, expendable_below: Option<i32>) -> bool {
        let pod: Pod = serde_json::from_value(pod).expect("a pod");
        let spec: PodSpec = serde_json::from_value(json!({
            "scheduler_name": "default-scheduler", "containers": [], "restart_policy": "never", "priority": -5
        }))
        .expect("a specification");
        let own = ObjectName { namespace: "batch".into(), name: "ec2-autoscale-1".into() };
        holds_its_node(&pod, &spec, Some(&own), expendable_below)
    }

    fn with(field: &str, value: Value) -> Value {
        let mut pod = pod("p");
        pod[field] = value;
        pod
    }

    #[test]
    fn a_job_holds_its_node_and_what_comes_with_the_node_does_not() {
        assert!(holds(with("ready", json!(true)), None));
        assert!(!holds(with("mirror", json!(true)), None));
        assert!(!holds(with("phase", json!("succeeded")), None));
        assert!(!holds(with("owner", json!({"kind": "DaemonSet", "api_version": "apps/v1", "name": "d", "uid": "d"})), None));
        let annotated = |value| with("drain_annotations", json!({"cluster-autoscaler.kubernetes.io/daemonset-pod": value}));
        assert!(!holds(annotated("true"), None));
        assert!(holds(annotated("false"), None));
    }

    #[test]
    fn a_pod_that_should_have_ended_long_ago_may_still_run() {
        assert!(holds(with("deletion_deadline", json!("2026-11-01T00:00:00Z")), None));
    }

    #[test]
    fn only_the_pod_of_this_very_run_is_ours() {
        assert!(!holds(pod("ec2-autoscale-1"), None));
        assert!(holds(with("labels", json!({"app.kubernetes.io/name": "ec2-autoscale"})), None));
        let mut elsewhere = pod("ec2-autoscale-1");
        elsewhere["namespace"] = json!("other");
        assert!(holds(elsewhere, None));
    }

    #[test]
    fn a_job_is_expendable_only_below_a_limit() {
        assert!(holds(pod("p"), None));
        assert!(holds(pod("p"), Some(-5)));
        assert!(!holds(pod("p"), Some(-4)));
    }
}
