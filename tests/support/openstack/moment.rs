//! A call that stands still while a test changes the world under it.

use serde_json::{Value, json};

/// Right before the next call that matches is answered.
pub(crate) struct OpenStackMoment {
    wish: Value,
}

impl OpenStackMoment {
    /// Before the next call of this method to `identity`, `container-infra` or `compute` whose path
    /// this regular expression finds.
    pub(crate) fn before(service: &str, method: &str, path: &str) -> Self {
        Self { wish: json!({"service": service, "method": method, "path": path}) }
    }

    /// Before the n-th such call instead, counted from one and from now.
    pub(crate) fn number(mut self, number: u32) -> Self {
        self.wish["number"] = json!(number);
        self
    }

    pub(super) fn wish(&self) -> Value {
        self.wish.clone()
    }
}
