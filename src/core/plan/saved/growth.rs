//! The smaller of two increases.

use super::Verdict;
use super::drift::Drifted;
use crate::plan::action::Action;
use crate::plan::reason::GrowReason;
use crate::snapshot::{Group, GrowthNote, Snapshot};

/// The growth of a group, as an action has it.
#[derive(Clone, Copy)]
pub(super) struct Growth {
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) nodes: u32,
}

/// Returns what is done of the current growth. `requested` is the capacity that an `apply` has
/// requested since the plan was made.
pub(super) fn smaller(reviewed: Growth, now: Growth, requested: i64, group: &Group, reason: &GrowReason) -> Verdict {
    let weight = group.weight_of_a_node();
    let base = now.to - i64::from(now.nodes) * weight;
    let by_capacity = (now.from + (reviewed.to - reviewed.from - requested).max(0) - base).max(0) / weight;
    let nodes = reviewed.nodes.min(now.nodes).min(u32::try_from(by_capacity).unwrap_or(u32::MAX));
    let to = base + i64::from(nodes) * weight;
    let drifted = difference(reviewed, now, Growth { to, nodes, ..now }, requested);
    let reason = reason_for(reason, now.nodes - nodes);
    let action = Action::SetDesired { group: group.id.clone(), from: now.from, to, nodes, reason };
    Verdict { done: (nodes > 0).then_some(action), drifted }
}

fn difference(reviewed: Growth, now: Growth, done: Growth, requested: i64) -> Option<Drifted> {
    let is_whole = done.nodes == now.nodes && done.nodes == reviewed.nodes;
    if is_whole {
        let is_same = (reviewed.from, reviewed.to) == (now.from, now.to);
        return (!is_same).then_some(Drifted::Moved { from: done.from, to: done.to });
    }
    if done.nodes == now.nodes {
        return Some(Drifted::FewerWanted { nodes_reviewed: reviewed.nodes, nodes_wanted: now.nodes });
    }
    let (nodes_reviewed, nodes_wanted, nodes_done) = (reviewed.nodes, now.nodes, done.nodes);
    let is_requested_since = requested > 0 && nodes_done < nodes_reviewed;
    Some(if is_requested_since {
        Drifted::AskedSince { asked: requested, nodes_reviewed, nodes_done }
    } else {
        Drifted::MoreWanted { nodes_reviewed, nodes_wanted, nodes_done }
    })
}

/// Returns the reason for the growth without some nodes. The last ones are left out: spare nodes
/// first, then those for loose packing. How many pods the others are for is decided again when the
/// plan is composed.
fn reason_for(reason: &GrowReason, left_out: u32) -> GrowReason {
    let GrowReason::PendingPods { pods, spare_nodes, loose_nodes } = *reason else { return reason.clone() };
    let more = left_out.saturating_sub(spare_nodes);
    GrowReason::PendingPods {
        pods,
        spare_nodes: spare_nodes.saturating_sub(left_out),
        loose_nodes: loose_nodes.saturating_sub(more),
    }
}

/// Returns by how much an `apply` has raised the group, in the group's own unit, since a plan was
/// made that presumed `from`. The Lease holds a note of each request.
pub(super) fn requested_since(made_at: jiff::Timestamp, from: i64, group: &Group, snapshot: &Snapshot) -> i64 {
    let since = |note: &&GrowthNote| note.group == group.id && note.at > made_at;
    let most = snapshot.growth_notes.iter().filter(since).map(|note| note.desired).max();
    most.map_or(0, |desired| (desired - from).max(0))
}
