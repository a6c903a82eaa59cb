//! Pod disruption budgets.

use serde_json::{Value, json};

use super::{Object, builds_json, object};

/// A budget being described.
#[derive(Debug, Clone)]
pub(crate) struct Budget(Value);

builds_json!(Budget);

/// A budget its controller has looked at, that selects nothing and allows nothing so far.
pub(crate) fn budget(namespace: &str, name: &str) -> Budget {
    let mut budget = object("policy/v1", "PodDisruptionBudget", namespace, name);
    budget["metadata"]["generation"] = json!(1);
    budget["spec"] = json!({});
    budget["status"] = json!({
        "observedGeneration": 1, "disruptionsAllowed": 0, "currentHealthy": 0, "desiredHealthy": 0, "expectedPods": 0,
    });
    Budget(budget)
}

impl Budget {
    /// Guards the pods with this label.
    #[must_use]
    pub(crate) fn selecting(mut self, label: &str, value: &str) -> Self {
        self.0["spec"]["selector"]["matchLabels"][label] = json!(value);
        self
    }

    /// What must stay, as a number or a percentage.
    #[must_use]
    pub(crate) fn min_available(self, amount: impl Into<Value>) -> Self {
        self.with("/spec/minAvailable", amount)
    }

    /// What may be missing, as a number or a percentage.
    #[must_use]
    pub(crate) fn max_unavailable(self, amount: impl Into<Value>) -> Self {
        self.with("/spec/maxUnavailable", amount)
    }

    /// How many disruptions its controller allows now.
    #[must_use]
    pub(crate) fn allowing(self, disruptions: u32) -> Self {
        self.with("/status/disruptionsAllowed", disruptions)
    }

    /// How many of its pods are healthy, and how many must be.
    #[must_use]
    pub(crate) fn healthy(self, current: u32, desired: u32) -> Self {
        self.with("/status/currentHealthy", current)
            .with("/status/expectedPods", current)
            .with("/status/desiredHealthy", desired)
    }

    /// Its controller has not seen its latest form yet.
    #[must_use]
    pub(crate) fn unobserved(self) -> Self {
        self.with("/status/observedGeneration", 0)
    }

    /// Pods that are not ready may always be evicted.
    #[must_use]
    pub(crate) fn always_allowing_unready(self) -> Self {
        self.with("/spec/unhealthyPodEvictionPolicy", "AlwaysAllow")
    }
}
