//! How a group is: whether it may grow, what failed launches close of it, and what was requested
//! and has not come.

mod backoff;
mod refresh;
mod registration;
mod reserved_only;
mod revert_unfilled;
mod spot;
mod stalled;
mod why_not_grow;

use super::fleet::{Fleet, GroupEntry};
use super::growth_block::GrowthBlock;
use super::template::{Template, TemplateProblem};

pub(crate) use backoff::Backoff;
pub(crate) use refresh::is_refreshed;
pub(crate) use registration::{
    NeverRegistered, NoteChanges, died_before_they_served, joining, never_finished, never_registered, note_changes, strangers,
};
pub(crate) use reserved_only::full as reservations_full;
pub(crate) use revert_unfilled::{Unfilled, unfilled};
pub(crate) use stalled::Unlaunched;
pub(crate) use why_not_grow::other_owner;

/// The ability of a group to grow.
pub(crate) struct GroupHealth {
    /// Why it cannot grow at all in this run.
    pub(crate) block: Option<GrowthBlock>,
    /// The parts that failed launches close.
    pub(crate) backoff: Backoff,
    /// Requested capacity that has not been launched.
    pub(crate) gap: Unlaunched,
}

impl GroupHealth {
    pub(crate) fn of(fleet: &Fleet<'_>, group: &GroupEntry<'_>, template: &Result<Template, TemplateProblem>) -> Self {
        let (backoff, gap) = (Backoff::of(fleet, group), Unlaunched::of(fleet, group));
        let question = why_not_grow::GrowthQuestion { fleet, group, template, backoff: &backoff, gap: &gap };
        let block = why_not_grow::why_not_grow(&question);
        Self { block, backoff, gap }
    }
}

/// Returns how many more nodes the group can request.
pub(crate) fn headroom(group: &GroupEntry<'_>) -> u32 {
    let left = group.max_in_force().saturating_sub(capacity_asked_for(group));
    let nodes = (left / group.weight_of_a_node()).clamp(0, i64::from(u32::MAX));
    u32::try_from(nodes).unwrap_or(0)
}

/// Returns why a group cannot request more, where `planned` nodes of it are planned already: its
/// maximum, or a scheduled change that lowers it before a new node would have been of use.
pub(crate) fn full(fleet: &Fleet<'_>, group: &GroupEntry<'_>, planned: u32) -> Option<GrowthBlock> {
    if headroom(group) > planned {
        return None;
    }
    let lowered = group.limit_ahead.map(|run| GrowthBlock::ScheduledLower {
        action: run.change.name.clone(),
        at: run.at,
        most: group.max_in_force(),
        now: fleet.now(),
    });
    let max = group.most();
    let is_at_max = capacity_asked_for(group) + i64::from(planned + 1) * group.weight_of_a_node() > max;
    let at_max = if max < group.group.max { GrowthBlock::AtPolicyMax { max } } else { GrowthBlock::AtMax { max } };
    lowered.filter(|_| !is_at_max).or(Some(at_max))
}

/// Returns the capacity from which it grows: never less than what lives, so that the cloud never
/// has to choose an instance to end.
pub(crate) fn capacity_asked_for(group: &GroupEntry<'_>) -> i64 {
    group.group.desired.max(group.live_weight())
}
