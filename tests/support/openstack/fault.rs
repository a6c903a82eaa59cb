//! Calls that go wrong on purpose.

use std::time::Duration;

use serde_json::{Value, json};

/// What happens to the calls that match; to all that come unless `times` limits it.
pub(crate) struct OpenStackFault {
    wish: Value,
}

impl OpenStackFault {
    /// Calls of this method to `identity`, `container-infra`, `compute` or `orchestration`.
    pub(crate) fn on(service: &str, method: &str) -> Self {
        Self { wish: json!({"service": service, "method": method}) }
    }

    /// Only calls whose path this regular expression finds.
    pub(crate) fn path(self, pattern: &str) -> Self {
        self.with("path", json!(pattern))
    }

    /// The call is answered with this HTTP status and changes nothing.
    pub(crate) fn status(self, status: u16) -> Self {
        self.with("status", json!(status))
    }

    /// The words of that answer.
    pub(crate) fn message(self, message: &str) -> Self {
        self.with("message", json!(message))
    }

    /// A header of that answer, e.g. `Retry-After`.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.wish["headers"][name] = json!(value);
        self
    }

    pub(crate) fn times(self, times: u32) -> Self {
        self.with("times", json!(times))
    }

    /// Lets so many calls pass first.
    pub(crate) fn after(self, calls: u32) -> Self {
        self.with("after", json!(calls))
    }

    /// The answer, good or bad, comes so much later.
    pub(crate) fn delay(self, delay: Duration) -> Self {
        self.with("delay", json!(delay.as_secs_f64()))
    }

    /// The connection closes before anything changed.
    pub(crate) fn cut_before_change(self) -> Self {
        self.with("cut", json!("before"))
    }

    /// A lost answer: the change happens, then the connection closes.
    pub(crate) fn cut_after_change(self) -> Self {
        self.with("cut", json!("after"))
    }

    fn with(mut self, key: &str, value: Value) -> Self {
        self.wish[key] = value;
        self
    }

    pub(super) fn wish(&self) -> Value {
        self.wish.clone()
    }
}
