//! A group of which the cloud removes instances by itself.

use super::HoldQuestion;
use crate::plan::fleet::{Fleet, GroupEntry};
use crate::plan::group_health::is_refreshed;
use crate::plan::report::Hold;
use crate::plan::scale_in::holds::Stay::{self, HeldBy};
use crate::snapshot::{Hindrance, Weight};

/// Holds a node while the cloud removes instances of the group by itself, or refuses to.
pub(super) fn group_unsettled(question: &HoldQuestion<'_, '_>) -> Option<Stay> {
    let detail = question.holds.unsettled[question.group?].clone()?;
    Some(HeldBy(Hold::GroupUnsettled { detail }))
}

/// Returns in words how the cloud removes instances of a group by itself, or why it refuses to.
pub(in crate::plan::scale_in::holds) fn unsettled(fleet: &Fleet<'_>, group: &GroupEntry<'_>) -> Option<String> {
    let cannot = &group.group.cannot;
    if cannot.is_being_deleted() {
        return Some(Hindrance::BeingDeleted.to_string());
    }
    if is_refreshed(fleet, group) {
        return Some("an instance refresh is under way".to_owned());
    }
    let live = group.live_weight();
    // With weights the last instance may overshoot by less than its own; without, not at all.
    let overshoot = Weight::largest(group.live().map(|member| member.instance.weight)).get() - 1;
    if live - group.group.desired > overshoot {
        let desired = group.group.desired;
        let is_replacing = group.group.automatic.while_replacing.is_some_and(|bounds| bounds.allows(live, desired));
        let what = if is_replacing { "replacing instances of the group" } else { "scaling the group in by itself" };
        return Some(format!("the cloud is {what}: {live} live, {desired} desired"));
    }
    cannot.remove.as_ref().map(ToString::to_string)
}
