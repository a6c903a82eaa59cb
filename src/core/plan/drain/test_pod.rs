//! A pod for tests of the rules: one of a Deployment, Ready for two hours.

use serde_json::{Value, json};

use super::running_gang::RunningGang;
use super::{Budgets, Drainability, EvictionLimits, Question, drainability};
use crate::duration::Seconds;
use crate::snapshot::{DisruptionBudget, Pod, PodSpec};

pub(super) struct SamplePod {
    pod: Value,
    spec: Value,
    budgets: Vec<DisruptionBudget>,
    limits: EvictionLimits,
}

impl SamplePod {
    /// Returns a pod of a Deployment.
    pub(super) fn web() -> Self {
        let pod = json!({
            "namespace": "prod", "name": "web-0", "uid": "u", "spec": 0, "phase": "running", "node": "n", "ready": true,
            "labels": { "app": "web" }, "drain_annotations": {},
            "owner": { "kind": "ReplicaSet", "api_version": "apps/v1", "name": "web", "uid": "web" },
            "scheduling": { "state": "scheduled", "at": "2026-11-22T10:00:00Z" }, "created_at": "2026-11-22T09:00:00Z"
        });
        let spec = json!({ "scheduler_name": "default-scheduler", "containers": [], "restart_policy": "always" });
        let limits = EvictionLimits { grace: Seconds::minutes(60), max_lost_work: Some(Seconds::minutes(10)) };
        Self { pod, spec, budgets: Vec::new(), limits }
    }

    /// Returns a pod of a Job.
    pub(super) fn job() -> Self {
        let owner = json!({ "kind": "Job", "api_version": "batch/v1", "name": "train", "uid": "train" });
        Self::web().pod("owner", owner).spec("restart_policy", json!("never"))
    }

    pub(super) fn pod(mut self, field: &str, value: Value) -> Self {
        self.pod[field] = value;
        self
    }

    pub(super) fn spec(mut self, field: &str, value: Value) -> Self {
        self.spec[field] = value;
        self
    }

    pub(super) fn annotation(mut self, key: &str, value: &str) -> Self {
        self.pod["drain_annotations"][key] = json!(value);
        self
    }

    /// Lets the pod's machine end soon.
    pub(super) fn machine_ends(mut self) -> Self {
        self.limits.max_lost_work = None;
        self
    }

    /// Adds a budget that covers all pods of the pod's namespace.
    pub(super) fn budget(self, name: &str, allowed: i32) -> Self {
        let namespace = self.pod["namespace"].as_str().expect("a namespace").to_owned();
        self.budget_of(name, &namespace, json!({}), allowed)
    }

    pub(super) fn budget_of(mut self, name: &str, namespace: &str, selector: Value, allowed: i32) -> Self {
        self.budgets.push(DisruptionBudget {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            selector: Some(serde_json::from_value(selector).expect("a selector")),
            disruptions_allowed: allowed,
            always_allow_unhealthy: false,
        });
        self
    }

    /// Sets `unhealthyPodEvictionPolicy` of the budget that was added last.
    pub(super) fn always_allow_unhealthy(mut self, always: bool) -> Self {
        self.budgets.last_mut().expect("a budget").always_allow_unhealthy = always;
        self
    }

    /// Returns the pod.
    pub(super) fn made(&self) -> Pod {
        serde_json::from_value(self.pod.clone()).expect("a pod")
    }

    pub(super) fn verdict(&self) -> Drainability {
        self.verdict_in(None)
    }

    /// Returns the verdict on it as one of a gang.
    pub(super) fn verdict_in(&self, gang: Option<RunningGang<'_>>) -> Drainability {
        let pod = self.made();
        let spec: PodSpec = serde_json::from_value(self.spec.clone()).expect("a specification");
        let schedulers = ["default-scheduler".to_owned()];
        drainability(&Question {
            pod: &pod,
            spec: &spec,
            now: "2026-11-22T12:00:00Z".parse().expect("a timestamp"),
            own_pod: None,
            expendable_below: None,
            scheduler_names: &schedulers,
            limits: self.limits,
            budgets: &Budgets::new(&self.budgets),
            gang,
        })
    }

    pub(super) fn is_movable(&self) -> bool {
        matches!(self.verdict(), Drainability::Movable { .. })
    }
}
