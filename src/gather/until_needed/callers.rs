//! Which pods call for a run.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Pod, PodSpec};

use crate::kubernetes::reading::pods::unschedulable_since;
use crate::policy::Policy;
use crate::snapshot::ProvisioningRequest;

const USUAL_SCHEDULER: &str = "default-scheduler";

/// The pods that a run may help: those that its planner would not leave aside.
#[derive(Debug, Clone, Copy)]
pub struct Callers<'a> {
    scheduler_names: &'a [String],
    namespaces: &'a [String],
    min_priority: i32,
}

impl<'a> Callers<'a> {
    /// Returns the pods that a policy helps.
    #[must_use]
    pub fn of(policy: &'a Policy) -> Self {
        Self { scheduler_names: &policy.scheduler_names, namespaces: &policy.pod_namespaces, min_priority: policy.min_priority }
    }

    /// Whether a run serves a request for room.
    pub(super) fn serves(&self, request: &ProvisioningRequest) -> bool {
        let is_known = self.namespaces.is_empty() || self.namespaces.iter().any(|known| request.namespace == *known);
        is_known && request.served_class().is_some()
    }

    /// Returns since when a pod calls for a run; `None` when it does not.
    pub(super) fn since(&self, pod: &Pod) -> Option<Timestamp> {
        let spec = pod.spec.as_ref()?;
        let helps = self.knows_scheduler(spec) && self.knows_namespace(pod) && spec.priority.unwrap_or(0) >= self.min_priority;
        if !helps || pod.metadata.deletion_timestamp.is_some() || is_of_a_daemon_set(pod) || awaits_preemption(pod) {
            return None;
        }
        unschedulable_since(pod)
    }

    fn knows_scheduler(&self, spec: &PodSpec) -> bool {
        let name = spec.scheduler_name.as_deref().unwrap_or(USUAL_SCHEDULER);
        self.scheduler_names.iter().any(|known| known == name)
    }

    fn knows_namespace(&self, pod: &Pod) -> bool {
        let own = pod.metadata.namespace.as_deref();
        self.namespaces.is_empty() || self.namespaces.iter().any(|known| own == Some(known))
    }
}

fn is_of_a_daemon_set(pod: &Pod) -> bool {
    let mut owners = pod.metadata.owner_references.iter().flatten();
    owners.any(|owner| owner.controller == Some(true) && owner.kind == "DaemonSet")
}

/// Whether the scheduler makes room for it on a node.
fn awaits_preemption(pod: &Pod) -> bool {
    let nominated = pod.status.as_ref().and_then(|status| status.nominated_node_name.as_deref());
    nominated.is_some_and(|node| !node.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn pod(spec: Value, metadata: Value, status: Value) -> Pod {
        let mut pod = json!({
            "metadata": { "namespace": "ml", "name": "a", "uid": "u", "creationTimestamp": "2026-11-22T10:00:00Z" },
            "spec": { "containers": [] },
            "status": { "phase": "Pending", "conditions": [{ "type": "PodScheduled", "status": "False",
                "reason": "Unschedulable", "lastTransitionTime": "2026-11-22T10:05:00Z" }] }
        });
        for (part, over) in [("spec", spec), ("metadata", metadata), ("status", status)] {
            for (key, value) in over.as_object().expect("fields") {
                pod[part][key] = value.clone();
            }
        }
        serde_json::from_value(pod).expect("a pod")
    }

    fn calls(pod: &Pod) -> bool {
        Callers::of(&Policy::default()).since(pod).is_some()
    }

    #[test]
    fn a_pod_calls_since_its_condition_changed() {
        let since = Callers::of(&Policy::default()).since(&pod(json!({}), json!({}), json!({})));
        assert_eq!(since, "2026-11-22T10:05:00Z".parse().ok());
    }

    #[test]
    fn pods_that_no_run_helps_do_not_call() {
        let owner = json!([{ "apiVersion": "apps/v1", "kind": "DaemonSet", "name": "d", "uid": "o", "controller": true }]);
        for (spec, metadata, status) in [
            (json!({ "nodeName": "n" }), json!({}), json!({})),
            (json!({ "schedulerName": "volcano" }), json!({}), json!({})),
            (json!({ "schedulingGates": [{ "name": "g" }] }), json!({}), json!({})),
            (json!({ "priority": -11 }), json!({}), json!({})),
            (json!({}), json!({ "ownerReferences": owner }), json!({})),
            (json!({}), json!({ "deletionTimestamp": "2026-11-22T10:06:00Z" }), json!({})),
            (json!({}), json!({}), json!({ "nominatedNodeName": "n" })),
            (json!({}), json!({}), json!({ "conditions": [] })),
            (
                json!({}),
                json!({}),
                json!({ "conditions": [{ "type": "PodScheduled", "status": "False", "reason": "SchedulerError" }] }),
            ),
        ] {
            let told = format!("{spec} {metadata} {status}");
            assert!(!calls(&pod(spec, metadata, status)), "{told}");
        }
    }

    #[test]
    fn the_policy_says_whose_pods_call() {
        let policy = Policy {
            scheduler_names: vec!["volcano".into()],
            pod_namespaces: vec!["ml".into()],
            min_priority: -100,
            ..Policy::default()
        };
        let callers = Callers::of(&policy);
        let own = json!({ "schedulerName": "volcano", "priority": -50 });
        assert!(callers.since(&pod(own.clone(), json!({}), json!({}))).is_some());
        assert!(callers.since(&pod(own, json!({ "namespace": "web" }), json!({}))).is_none());
        assert!(callers.since(&pod(json!({}), json!({}), json!({}))).is_none());
    }
}
