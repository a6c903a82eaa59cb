//! Capacity that was requested of a failing group and that the cloud cannot launch, where it may be
//! taken back.
//!
//! Lowering the desired capacity is a race without compare-and-set: what the cloud launches
//! meanwhile is then too much, and the cloud ends instances of its own choice. It is lowered only
//! where the cloud has nothing to choose from, since everything is protected from scale-in.

use jiff::Timestamp;

use super::other_owner;
use super::why_not_grow::unread;
use crate::plan::fleet::{Fleet, GroupEntry};
use crate::snapshot::{Lifecycle, failing_launch};

/// Capacity to take back.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Unfilled {
    /// The desired capacity to set: what lives, and never less than the minimum.
    pub(crate) to: i64,
    /// When the newest launch failed.
    pub(crate) failed_at: Timestamp,
    /// The cloud's words on the failure.
    pub(crate) message: String,
}

/// Returns what may be taken back of a group.
pub(crate) fn unfilled(fleet: &Fleet<'_>, group: &GroupEntry<'_>) -> Option<Unfilled> {
    let is_ours = fleet.policy.may_touch(&group.id().name) && other_owner(fleet, group).is_none();
    if !is_ours || group.group.cannot.is_being_deleted() || unread(fleet, group).is_some() {
        return None;
    }
    let to = group.live_weight().max(group.least());
    let has_no_victim = group.group.launches_protected && group.live().all(|member| member.instance.protected);
    let is_launching = group.live().any(|member| member.instance.lifecycle == Lifecycle::Pending);
    if to >= group.group.desired || !has_no_victim || is_launching {
        return None;
    }
    let failure = failing_launch(&group.group.activities)?;
    Some(Unfilled { to, failed_at: failure.started_at, message: failure.message.clone() })
}
