//! Daemon sets.

use serde_json::{Value, json};

use super::{builds_json, object, push};

/// A daemon set being described.
#[derive(Debug, Clone)]
pub(crate) struct DaemonSet(Value);

builds_json!(DaemonSet);

/// A daemon set with one container, on every node without taints.
pub(crate) fn daemon_set(namespace: &str, name: &str) -> DaemonSet {
    let mut set = object("apps/v1", "DaemonSet", namespace, name);
    set["spec"] = json!({
        "selector": {"matchLabels": {"name": name}},
        "template": {
            "metadata": {"labels": {"name": name}},
            "spec": {"containers": [{"name": "main", "image": "busybox", "resources": {}}]},
        },
    });
    set["status"] = json!({
        "currentNumberScheduled": 0, "desiredNumberScheduled": 0, "numberMisscheduled": 0, "numberReady": 0,
    });
    DaemonSet(set)
}

impl DaemonSet {
    /// What each of its pods asks for.
    #[must_use]
    pub(crate) fn requests(mut self, amounts: &[(&str, &str)]) -> Self {
        for (resource, amount) in amounts {
            self.0["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"][*resource] = json!(amount);
        }
        self
    }

    /// Runs on nodes with this label only.
    #[must_use]
    pub(crate) fn node_selector(mut self, label: &str, value: &str) -> Self {
        self.0["spec"]["template"]["spec"]["nodeSelector"][label] = json!(value);
        self
    }

    /// Runs on nodes with any taint, too.
    #[must_use]
    pub(crate) fn tolerates_everything(mut self) -> Self {
        push(&mut self.0, "/spec/template/spec/tolerations", json!({"operator": "Exists"}));
        self
    }
}
