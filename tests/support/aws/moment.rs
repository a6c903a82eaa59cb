//! A call that stands still while a test changes the world under it.

use serde_json::{Value, json};

/// Right before the n-th call of an action, counted from one and from now.
pub(crate) struct Moment {
    wish: Value,
}

impl Moment {
    /// Before the next call of this action.
    pub(crate) fn before(action: &str) -> Self {
        Self { wish: json!({"action": action, "number": 1}) }
    }

    /// Before the n-th such call instead.
    pub(crate) fn number(mut self, number: u32) -> Self {
        self.wish["number"] = json!(number);
        self
    }

    pub(crate) fn region(mut self, region: &str) -> Self {
        self.wish["region"] = json!(region);
        self
    }

    /// Only calls with this parameter, named as it is sent (`AutoScalingGroupNames.member.1`).
    pub(crate) fn with_param(mut self, name: &str, value: &str) -> Self {
        self.wish["param"][name] = json!(value);
        self
    }

    pub(super) fn wish(&self) -> Value {
        self.wish.clone()
    }
}
