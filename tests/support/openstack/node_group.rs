//! A group of nodes to be made.

use serde_json::{Value, json};

/// A group of a [`super::cluster::NewCluster`].
pub(crate) struct NewNodeGroup {
    wish: Value,
}

impl NewNodeGroup {
    /// An idle group of workers with no member, no maximum and the flavor `m1.small`. The one named
    /// `default-worker` is the cluster's default.
    pub(crate) fn named(name: &str) -> Self {
        Self { wish: json!({"name": name}) }
    }

    /// Its flavor by name or id, as a user would write it.
    pub(crate) fn flavor(self, flavor: &str) -> Self {
        self.with("flavor", json!(flavor))
    }

    /// So many members, each with an active machine.
    pub(crate) fn count(self, count: u32) -> Self {
        self.with("count", json!(count))
    }

    /// So many machines, where that is not the count.
    pub(crate) fn machines(self, machines: u32) -> Self {
        self.with("servers", json!(machines))
    }

    pub(crate) fn min(self, min: u32) -> Self {
        self.with("min", json!(min))
    }

    pub(crate) fn max(self, max: u32) -> Self {
        self.with("max", json!(max))
    }

    pub(crate) fn role(self, role: &str) -> Self {
        self.with("role", json!(role))
    }

    pub(crate) fn label(mut self, key: &str, value: &str) -> Self {
        self.wish["labels"][key] = json!(value);
        self
    }

    /// A label of the nodes, which no driver puts on them.
    pub(crate) fn node_label(mut self, key: &str, value: &str) -> Self {
        self.wish["node_labels"][key] = json!(value);
        self
    }

    /// Its state as Magnum spells it. One in progress stays so until it is told to end.
    pub(crate) fn status(self, status: &str, reason: Option<&str>) -> Self {
        self.with("status", json!(status)).with("status_reason", json!(reason))
    }

    /// When its machines were made, e.g. "2026-01-01T00:00:00Z".
    pub(crate) fn created(self, moment: &str) -> Self {
        self.with("created", json!(moment))
    }

    /// When its state was last written.
    pub(crate) fn updated(self, moment: &str) -> Self {
        self.with("updated", json!(moment))
    }

    fn with(mut self, key: &str, value: Value) -> Self {
        self.wish[key] = value;
        self
    }

    pub(super) fn wish(self) -> Value {
        self.wish
    }
}
