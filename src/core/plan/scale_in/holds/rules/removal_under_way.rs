//! An earlier request to end instances of the group that shows nothing yet.

use std::collections::BTreeSet;

use super::HoldQuestion;
use crate::duration::moment;
use crate::plan::fleet::{Fleet, GroupEntry};
use crate::plan::report::Hold;
use crate::plan::scale_in::holds::Holds;
use crate::plan::scale_in::holds::Stay::{self, HeldBy};
use crate::snapshot::RemovalNote;

/// Holds a node while such a request may be under way, unless the request names it: the very same
/// request may be sent again.
pub(super) fn removal_under_way(question: &HoldQuestion<'_, '_>) -> Option<Stay> {
    let Holds { fleet, removals_under_way, .. } = question.holds;
    let note = removals_under_way[question.group?]?;
    let instance = question.node.and_then(|node| fleet.instance_of(&fleet.nodes[node]));
    let is_named = instance.is_some_and(|instance| note.instances.contains(&instance.id));
    (!is_named).then(|| HeldBy(waits_for_removal(fleet, note)))
}

/// Returns the request to end instances of a group that may still be under way.
pub(in crate::plan::scale_in::holds) fn request_under_way<'a>(
    fleet: &Fleet<'a>,
    group: &GroupEntry<'a>,
) -> Option<&'a RemovalNote> {
    let live: BTreeSet<&str> = group.live().map(|member| member.instance.id.as_str()).collect();
    let mut of_group = fleet.snapshot.removal_notes.iter().filter(|note| note.group == group.group.id);
    of_group.find(|note| note.may_be_under_way(group.group.desired, &live, fleet.now()))
}

/// Returns the hold by such a request.
pub(in crate::plan::scale_in::holds) fn waits_for_removal(fleet: &Fleet<'_>, note: &RemovalNote) -> Hold {
    let sent_at = moment(note.at, fleet.now());
    let detail = format!("the cloud may still have to remove others of its group, as requested {sent_at}; nothing shows yet");
    Hold::GroupUnsettled { detail }
}
