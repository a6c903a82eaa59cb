//! Pods.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::binding::assign;
use super::{builds_json, object, push, set_condition, time};

/// A pod being described.
#[derive(Debug, Clone)]
pub(crate) struct Pod(Value);

builds_json!(Pod);

/// A pod the scheduler has not looked at yet.
pub(crate) fn pod(namespace: &str, name: &str) -> Pod {
    let mut pod = object("v1", "Pod", namespace, name);
    pod["spec"] = json!({"containers": [{"name": "main", "image": "busybox", "resources": {}}]});
    pod["status"] = json!({"phase": "Pending"});
    Pod(pod)
}

impl Pod {
    /// What its container asks for: `.requests(&[("cpu", "500m"), ("memory", "1Gi")])`.
    #[must_use]
    pub(crate) fn requests(mut self, amounts: &[(&str, &str)]) -> Self {
        for (resource, amount) in amounts {
            self.0["spec"]["containers"][0]["resources"]["requests"][*resource] = json!(amount);
        }
        self
    }

    /// What its container may use at most.
    #[must_use]
    pub(crate) fn limits(mut self, amounts: &[(&str, &str)]) -> Self {
        for (resource, amount) in amounts {
            self.0["spec"]["containers"][0]["resources"]["limits"][*resource] = json!(amount);
        }
        self
    }

    /// Runs on this node, ready.
    #[must_use]
    pub(crate) fn node(self, node: &str) -> Self {
        self.node_since(node, Timestamp::now())
    }

    /// Runs on this node, ready, since a while.
    #[must_use]
    pub(crate) fn node_since(mut self, node: &str, since: Timestamp) -> Self {
        assign(&mut self.0, node);
        let since = time(since);
        for condition in self.0["status"]["conditions"].as_array_mut().into_iter().flatten() {
            condition["lastTransitionTime"] = json!(since);
        }
        self.0["status"]["startTime"] = json!(since);
        self.0["status"]["phase"] = json!("Running");
        set_condition(&mut self.0, json!({"type": "Ready", "status": "True", "lastTransitionTime": since}));
        self
    }

    /// Runs, but is not ready.
    #[must_use]
    pub(crate) fn not_ready(mut self) -> Self {
        let now = time(Timestamp::now());
        set_condition(&mut self.0, json!({"type": "Ready", "status": "False", "lastTransitionTime": now}));
        self
    }

    /// The scheduler found no place for it.
    #[must_use]
    pub(crate) fn unschedulable(self) -> Self {
        self.unschedulable_since(Timestamp::now())
    }

    /// The scheduler has found no place for it since a while.
    #[must_use]
    pub(crate) fn unschedulable_since(mut self, since: Timestamp) -> Self {
        let condition = json!({
            "type": "PodScheduled",
            "status": "False",
            "reason": "Unschedulable",
            "message": "0/1 nodes are available: 1 Insufficient cpu.",
            "lastTransitionTime": time(since),
        });
        set_condition(&mut self.0, condition);
        self
    }

    /// Sets the phase: `Succeeded`, `Failed`, …
    #[must_use]
    pub(crate) fn phase(mut self, phase: &str) -> Self {
        self.0["status"]["phase"] = json!(phase);
        self
    }

    /// The scheduler has made room for it there.
    #[must_use]
    pub(crate) fn nominated_to(mut self, node: &str) -> Self {
        self.0["status"]["nominatedNodeName"] = json!(node);
        self
    }

    /// Is controlled by an object of this kind; its jobs end, the others' pods restart.
    #[must_use]
    pub(crate) fn owned_by(mut self, kind: &str, name: &str) -> Self {
        let api_version = match kind {
            "Job" | "CronJob" => "batch/v1",
            "ReplicaSet" | "StatefulSet" | "DaemonSet" | "Deployment" => "apps/v1",
            _ => "v1",
        };
        if kind == "Job" {
            self.0["spec"]["restartPolicy"] = json!("Never");
        }
        let owner = json!({
            "apiVersion": api_version, "kind": kind, "name": name, "uid": format!("uid-of-{name}"),
            "controller": true, "blockOwnerDeletion": true,
        });
        push(&mut self.0, "/metadata/ownerReferences", owner);
        self
    }

    /// Is the shadow of a file on its node.
    #[must_use]
    pub(crate) fn mirror(mut self) -> Self {
        self.0["metadata"]["annotations"]["kubernetes.io/config.mirror"] = json!("0123456789abcdef");
        self
    }

    /// Sets its priority.
    #[must_use]
    pub(crate) fn priority(mut self, priority: i64) -> Self {
        self.0["spec"]["priority"] = json!(priority);
        self
    }

    /// Wants nodes with this label.
    #[must_use]
    pub(crate) fn node_selector(mut self, label: &str, value: &str) -> Self {
        self.0["spec"]["nodeSelector"][label] = json!(value);
        self
    }

    /// Tolerates a taint with this key, whatever its value; an empty effect is any.
    #[must_use]
    pub(crate) fn tolerates(mut self, key: &str, effect: &str) -> Self {
        let mut toleration = json!({"key": key, "operator": "Exists"});
        if !effect.is_empty() {
            toleration["effect"] = json!(effect);
        }
        push(&mut self.0, "/spec/tolerations", toleration);
        self
    }

    /// Sets how long it may take to stop.
    #[must_use]
    pub(crate) fn grace(mut self, seconds: u64) -> Self {
        self.0["spec"]["terminationGracePeriodSeconds"] = json!(seconds);
        self
    }

    /// Adds a volume by its source: `.volume("scratch", json!({"emptyDir": {}}))`.
    #[must_use]
    pub(crate) fn volume(mut self, name: &str, source: Value) -> Self {
        let mut volume = source;
        volume["name"] = json!(name);
        push(&mut self.0, "/spec/volumes", volume);
        self
    }

    /// Mounts a claim.
    #[must_use]
    pub(crate) fn claim(self, claim: &str) -> Self {
        self.volume(claim, json!({"persistentVolumeClaim": {"claimName": claim}}))
    }

    /// Somebody is deleting it, with this much time left.
    #[must_use]
    pub(crate) fn terminating(mut self, at: Timestamp, grace: u64) -> Self {
        self.0["metadata"]["deletionTimestamp"] = json!(time(at));
        self.0["metadata"]["deletionGracePeriodSeconds"] = json!(grace);
        self
    }
}
