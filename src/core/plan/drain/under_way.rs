//! Drains that an earlier run began. Our mark holds the time since when.

use jiff::Timestamp;

use crate::duration::Seconds;
use crate::plan::fleet::{Fleet, GroupEntry, NodeEntry};
use crate::policy::GroupPolicy;

/// A drain is given up after this many times `--drain-timeout`.
const PATIENCE: u64 = 3;

/// A drain that continues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UnderWay {
    pub(crate) since: Timestamp,
    /// When it is given up.
    pub(crate) until: Timestamp,
}

/// Whether nodes of a group are drained at all.
pub(crate) fn drains(policy: &GroupPolicy) -> bool {
    policy.drain_utilization > 0.0 || policy.consolidate
}

/// Returns the drain of a node that is marked as being drained, has pods left and is not given up.
pub(crate) fn under_way(fleet: &Fleet<'_>, entry: &NodeEntry<'_>) -> Option<UnderWay> {
    let since = entry.node.draining_since()?;
    let group = fleet.group_of(entry)?;
    let until = given_up_at(group, since);
    let is_wanted = drains(&group.policy) || fleet.closing(entry).is_some();
    let goes_on = is_wanted && fleet.policy.scale_in && fleet.now() < until && fleet.may_touch(entry);
    (goes_on && !entry.holders.is_empty()).then_some(UnderWay { since, until })
}

/// Returns when the drain of a node of a group is given up.
pub(crate) fn given_up_at(group: &GroupEntry<'_>, since: Timestamp) -> Timestamp {
    patience(&group.policy).after(since)
}

/// Returns how long a drain may take.
pub(crate) fn patience(policy: &GroupPolicy) -> Seconds {
    Seconds(policy.drain_timeout.0.saturating_mul(PATIENCE))
}
