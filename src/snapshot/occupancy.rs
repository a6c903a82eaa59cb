//! Which pods hold their node: a node without such a pod is idle.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ObjectName, Pod, PodSpec};
use crate::duration::Seconds;

/// How long past its grace period a terminating pod still counts (`reference/drain.md`, row 1).
const TERMINATION_SLACK: Seconds = Seconds(30);
/// The label by which any pod of this tool is known, beside the one this run is in.
const OWN_LABEL: (&str, &str) = ("app.kubernetes.io/name", "ec2-autoscale");

/// Why a pod does not keep its node from being idle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ignored {
    /// It is the API's mirror of a static pod.
    Mirror,
    /// It belongs to a DaemonSet.
    DaemonSet,
    /// It has finished.
    Finished,
    /// It is being deleted and should have been gone for a while.
    Overdue,
    /// It is one of this tool's own.
    OwnPod,
    /// It is below `--min-priority`.
    LowPriority,
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mirror => "mirror of a static pod",
            Self::DaemonSet => "of a DaemonSet",
            Self::Finished => "finished",
            Self::Overdue => "overdue: should have ended by now",
            Self::OwnPod => "of ec2-autoscale itself",
            Self::LowPriority => "below --min-priority",
        })
    }
}

/// Whether a pod keeps the node it is bound to from being idle. Planner and apply ask this same question.
#[must_use]
pub fn holds_its_node(pod: &Pod, spec: &PodSpec, now: Timestamp, own_pod: Option<&ObjectName>, min_priority: i32) -> bool {
    why_ignored(pod, spec, now, own_pod, min_priority).is_none()
}

/// The first reason why a pod does not keep the node it is bound to from being idle.
///
/// Mirror and DaemonSet pods never do, nor finished ones, nor ones that should have been gone for a while, nor our own, nor
/// pods below `min_priority`.
#[must_use]
pub fn why_ignored(
    pod: &Pod,
    spec: &PodSpec,
    now: Timestamp,
    own_pod: Option<&ObjectName>,
    min_priority: i32,
) -> Option<Ignored> {
    let is_overdue = pod.deletion_deadline.is_some_and(|deadline| TERMINATION_SLACK.after(deadline) < now);
    if pod.mirror {
        Some(Ignored::Mirror)
    } else if pod.is_daemon() {
        Some(Ignored::DaemonSet)
    } else if pod.is_finished() {
        Some(Ignored::Finished)
    } else if is_overdue {
        Some(Ignored::Overdue)
    } else if is_our_own(pod, own_pod) {
        Some(Ignored::OwnPod)
    } else {
        (spec.priority < min_priority).then_some(Ignored::LowPriority)
    }
}

fn is_our_own(pod: &Pod, own_pod: Option<&ObjectName>) -> bool {
    let this_run = own_pod.is_some_and(|own| own.namespace == pod.namespace && own.name == pod.name);
    this_run || pod.labels.get(OWN_LABEL.0).is_some_and(|value| value == OWN_LABEL.1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// Whether a running Job's pod with one field changed still holds its node.
    fn holds(field: &str, value: Value) -> bool {
        let mut pod = json!({
            "namespace": "batch", "name": "p", "uid": "u", "spec": 0, "phase": "running", "node": "n",
            "owner": {"kind": "Job", "api_version": "batch/v1", "name": "j", "uid": "j"},
            "scheduling": {"state": "scheduled"}, "created_at": "2026-11-22T00:00:00Z"
        });
        pod[field] = value;
        let pod: Pod = serde_json::from_value(pod).expect("a pod");
        let spec: PodSpec = serde_json::from_value(json!({
            "scheduler_name": "default-scheduler", "containers": [], "restart_policy": "never", "priority": -5
        }))
        .expect("a specification");
        let own = ObjectName { namespace: "kube-system".into(), name: "ec2-autoscale-1".into() };
        let now = "2026-11-22T12:00:00Z".parse().expect("a timestamp");
        holds_its_node(&pod, &spec, now, Some(&own), -10)
    }

    #[test]
    fn a_job_holds_its_node_and_what_comes_with_the_node_does_not() {
        assert!(holds("ready", json!(true)));
        assert!(!holds("mirror", json!(true)));
        assert!(!holds("phase", json!("succeeded")));
        assert!(!holds("owner", json!({"kind": "DaemonSet", "api_version": "apps/v1", "name": "d", "uid": "d"})));
        assert!(!holds("labels", json!({"app.kubernetes.io/name": "ec2-autoscale"})));
    }

    #[test]
    fn a_terminating_pod_holds_its_node_until_it_is_overdue() {
        assert!(holds("deletion_deadline", json!("2026-11-22T11:59:45Z")));
        assert!(!holds("deletion_deadline", json!("2026-11-22T11:59:15Z")));
    }

    #[test]
    fn this_very_run_does_not_hold_its_node_nor_does_a_pod_below_the_least_priority() {
        let pod: Pod = serde_json::from_value(json!({
            "namespace": "kube-system", "name": "ec2-autoscale-1", "uid": "u", "spec": 0, "phase": "running", "node": "n",
            "scheduling": {"state": "scheduled"}, "created_at": "2026-11-22T00:00:00Z"
        }))
        .expect("a pod");
        let spec: PodSpec = serde_json::from_value(json!({
            "scheduler_name": "default-scheduler", "containers": [], "restart_policy": "never", "priority": -11
        }))
        .expect("a specification");
        let now = "2026-11-22T12:00:00Z".parse().expect("a timestamp");
        assert!(!holds_its_node(&pod, &spec, now, Some(&pod.id()), -100));
        assert!(!holds_its_node(&pod, &spec, now, None, -10));
        assert!(holds_its_node(&pod, &spec, now, None, -11));
    }
}
