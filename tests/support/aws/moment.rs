//! A call that stands still while a test changes the world under it.

use std::thread;

use serde_json::{Value, json};

use super::admin::Admin;

/// How long a call may be waited for. A test that has ended by then is not missed.
const PATIENCE_SECONDS: u32 = 60;

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

/// Waits for the moment on a thread of its own, acts, and lets the call go on. An action that fails
/// lets it go on, too; its thread tells.
pub(super) fn watch(
    admin: Admin,
    account: String,
    moment: u64,
    action: impl FnOnce() + Send + 'static,
) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        let wish = json!({"account": account, "moment": moment, "seconds": PATIENCE_SECONDS});
        let came: Value = admin.ask("moment/await", &wish);
        let _go_on = GoOn { admin, wish };
        if came["came"] == true {
            action();
        }
    })
}

struct GoOn {
    admin: Admin,
    wish: Value,
}

impl Drop for GoOn {
    fn drop(&mut self) {
        let _: Value = self.admin.ask("moment/over", &self.wish);
    }
}
