//! Updates of a group that go wrong on purpose.

use serde_json::{Value, json};

/// What happens to the updates of one group; to all that come unless `times` limits it.
pub(crate) struct GroupFault {
    wish: Value,
}

impl GroupFault {
    /// The driver raises at once: the count goes back to the old one.
    pub(crate) fn raises(words: &str) -> Self {
        Self { wish: json!({"raises": words}) }
    }

    /// The cloud has room for so many machines of the group; the others end in ERROR with "No valid
    /// host was found". Heat fails then; with Cluster API the update never ends.
    pub(crate) fn room_for(machines: u32) -> Self {
        Self { wish: json!({"room": machines}) }
    }

    /// The update fails with this `status_reason`, whatever becomes of the machines.
    pub(crate) fn fails(status_reason: &str) -> Self {
        Self { wish: json!({"status_reason": status_reason}) }
    }

    /// The update doesn't end before it is told to.
    pub(crate) fn stuck() -> Self {
        Self { wish: json!({"stuck": true}) }
    }

    pub(crate) fn times(mut self, times: u32) -> Self {
        self.wish["times"] = json!(times);
        self
    }

    pub(super) fn wish(&self) -> Value {
        self.wish.clone()
    }
}
