//! How LaunchInstances behaves in an account. Calls that go wrong as a whole are
//! [`Fault`](super::Fault)s, and launches that fail are [`LaunchFailure`](super::LaunchFailure)s.

use serde_json::{Value, json};

use super::account::Account;

/// How late DescribeAutoScalingGroups shows what LaunchInstances launched. Nothing waits by itself:
/// `Account::release_launches` ends it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum AnsweredLag {
    /// Until launches are released.
    Held,
    /// It is missing from so many answers.
    ForDescribes(u32),
}

impl AnsweredLag {
    fn wish(self) -> Value {
        match self {
            Self::Held => json!({}),
            Self::ForDescribes(times) => json!({"describes": times}),
        }
    }
}

impl Account {
    /// So many machines of a type are left in a zone; the launches after them fail for want of
    /// capacity.
    pub(crate) fn machines_left(&self, zone: &str, instance_type: &str, left: u32) {
        self.tell("launches/stock", json!({"zone": zone, "instance_type": instance_type, "left": left}));
    }

    /// From now on what LaunchInstances launches shows in its group later than in the answer.
    pub(crate) fn lag_answered_launches(&self, lag: AnsweredLag) {
        self.tell("launches/answered", json!({"lag": lag.wish()}));
    }

    /// The first call with a token, from now on, seems to run for so many further calls with it.
    pub(crate) fn launches_seem_to_run(&self, calls: u32) {
        self.tell("launches/answered", json!({"in_progress": calls}));
    }

    /// AZRebalance launches so many instances beside those of each LaunchInstances.
    pub(crate) fn rebalance_at_launches(&self, instances: u32) {
        self.tell("launches/answered", json!({"rebalanced": instances}));
    }

    /// What LaunchInstances could not launch leaves a failed activity.
    pub(crate) fn write_answered_failures(&self) {
        self.tell("launches/answered", json!({"failures_written": true}));
    }

    /// LaunchInstances launches nothing for a group that has a warm pool.
    pub(crate) fn no_cold_starts(&self) {
        self.tell("launches/answered", json!({"cold_start": false}));
    }
}
