//! Calls that go wrong on purpose.

use std::time::Duration;

use serde_json::{Value, json};

/// What happens to the calls of one action; to all that come unless `times` limits it.
pub(crate) struct Fault {
    wish: Value,
}

impl Fault {
    /// `action` as the API spells it; `*` is any.
    pub(crate) fn on(action: &str) -> Self {
        Self { wish: json!({"action": action}) }
    }

    pub(crate) fn region(self, region: &str) -> Self {
        self.with("region", json!(region))
    }

    /// The call is answered with this HTTP status and changes nothing.
    pub(crate) fn status(self, status: u16) -> Self {
        self.with("status", json!(status))
    }

    /// The call is answered with this error code (HTTP 400 unless `status` says otherwise) and
    /// changes nothing.
    pub(crate) fn code(self, code: &str) -> Self {
        self.with("code", json!(code))
    }

    pub(crate) fn message(self, message: &str) -> Self {
        self.with("message", json!(message))
    }

    pub(crate) fn times(self, times: u32) -> Self {
        self.with("times", json!(times))
    }

    /// Lets so many calls pass first.
    pub(crate) fn after(self, calls: u32) -> Self {
        self.with("after", json!(calls))
    }

    /// Only calls with this parameter, named as it is sent (`AutoScalingGroupNames.member.1`).
    pub(crate) fn with_param(mut self, name: &str, value: &str) -> Self {
        self.wish["param"][name] = json!(value);
        self
    }

    /// Only calls for a second or later page: the answer breaks off in the middle.
    pub(crate) fn on_later_pages(self) -> Self {
        self.with("later_pages", json!(true))
    }

    /// Of each request the first sending, the third and so on. What is sent again after every error
    /// gets through, whatever calls run beside it.
    pub(crate) fn every_other_time(self) -> Self {
        self.with("every_other_time", json!(true))
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
