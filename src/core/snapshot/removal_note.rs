//! A request to end instances of which no outcome was seen.

use std::collections::BTreeSet;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::GroupId;
use crate::duration::Seconds;

/// This long a request that shows nothing may still be in a queue of the cloud. A worker that has
/// much to do takes seconds; one that was down takes its queue up again when it is back.
const MAY_WAIT_FOR: Seconds = Seconds::minutes(60);

/// A request to end instances of a group all together, of which it is not known whether the cloud
/// got it. Another one beside it would make such a cloud choose instances that nobody named.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RemovalNote {
    /// The group.
    pub group: GroupId,
    /// Its desired capacity before the request.
    pub desired: i64,
    /// The instances that it names, in their order.
    pub instances: Vec<String>,
    /// When it was sent.
    pub at: Timestamp,
}

impl RemovalNote {
    /// Whether the request may still be under way: the group has its old desired capacity, an
    /// instance of those named is live, and not enough time has gone by.
    #[must_use]
    pub fn may_be_under_way(&self, desired: i64, live: &BTreeSet<&str>, now: Timestamp) -> bool {
        let is_there = self.instances.iter().any(|instance| live.contains(instance.as_str()));
        desired == self.desired && is_there && self.is_current(now)
    }

    /// Whether so little time has gone by that it may be under way.
    #[must_use]
    pub fn is_current(&self, now: Timestamp) -> bool {
        MAY_WAIT_FOR.after(self.at) > now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_795_341_600 + 60 * minute).expect("a timestamp")
    }

    #[test]
    fn a_request_is_over_once_anything_of_it_shows() {
        let group = GroupId { region: "RegionOne".into(), name: "gpu".into() };
        let note = RemovalNote { group, desired: 4, instances: vec!["a".into(), "b".into()], at: at(0) };
        let open = |desired, live: &[&str], minute| note.may_be_under_way(desired, &live.iter().copied().collect(), at(minute));
        assert!(open(4, &["a", "b", "c"], 1));
        assert!(open(4, &["b", "c"], 59), "one of them is there");
        assert!(!open(2, &["a", "b", "c"], 1), "the count was lowered");
        assert!(!open(5, &["a", "b", "c"], 1), "requests are served in their order, and a later one was");
        assert!(!open(4, &["c", "d"], 1), "they went, and others came");
        assert!(!open(4, &["a", "b"], 60));
    }
}
