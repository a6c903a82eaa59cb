//! The smaller of two increases.

use super::Verdict;
use super::drift::Drifted;
use crate::plan::action::{Action, GroupGrowth, ZoneLaunch};
use crate::plan::reason::GrowReason;
use crate::snapshot::{Group, GrowthNote, Snapshot};

/// The growth of a group, as an action has it.
#[derive(Clone, Copy)]
pub(super) struct Growth {
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) nodes: u32,
}

impl Growth {
    pub(super) fn of(growth: GroupGrowth<'_>) -> Self {
        Self { from: growth.from, to: growth.to, nodes: growth.nodes }
    }
}

/// Returns what is done of the current growth. `requested` is the capacity that an `apply` has
/// requested since the plan was made.
///
/// Where the zones are chosen, the last ones are left out, and nodes go elsewhere only where that
/// was reviewed as well.
pub(super) fn smaller(reviewed: (Growth, &Action), now: (Growth, &Action), requested: i64, group: &Group) -> Verdict {
    let ((reviewed, then), (now, is)) = (reviewed, now);
    let weight = group.weight_of_a_node();
    let base = now.to - i64::from(now.nodes) * weight;
    let by_capacity = (now.from + (reviewed.to - reviewed.from - requested).max(0) - base).max(0) / weight;
    let nodes = reviewed.nodes.min(now.nodes).min(u32::try_from(by_capacity).unwrap_or(u32::MAX));
    let to = base + i64::from(nodes) * weight;
    let drifted = difference(reviewed, now, Growth { to, nodes, ..now }, requested);
    let done = (nodes > 0).then(|| reduced(is, then, nodes, to));
    Verdict { done, drifted }
}

/// Returns the growth of the current plan without its last nodes, and without what was not reviewed
/// of where they may come instead.
fn reduced(is: &Action, then: &Action, left: u32, reached: i64) -> Action {
    let mut done = is.clone();
    match (&mut done, then) {
        (Action::SetDesired { to, nodes, reason, .. }, _) => {
            *reason = reason_for(reason, *nodes - left);
            (*to, *nodes) = (reached, left);
        }
        (Action::Launch { to, nodes, zones, otherwise, reason, .. }, Action::Launch { otherwise: reviewed, .. }) => {
            *reason = reason_for(reason, *nodes - left);
            (*to, *nodes) = (reached, left);
            leave_out_last(zones, left);
            otherwise.retain(|place| reviewed.iter().any(|then| then.group == place.group && then.zones == place.zones));
        }
        _ => {}
    }
    done
}

fn leave_out_last(zones: &mut Vec<ZoneLaunch>, mut left: u32) {
    for launch in &mut *zones {
        launch.nodes = launch.nodes.min(left);
        left -= launch.nodes;
    }
    zones.retain(|launch| launch.nodes > 0);
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

/// Returns the reason for the growth without some nodes. The last ones are left out: those for the
/// minimum of the policy first, then spare nodes, then those for loose packing. How many pods the
/// others are for is decided again when the plan is composed.
fn reason_for(reason: &GrowReason, left_out: u32) -> GrowReason {
    let GrowReason::PendingPods { pods, absent_pods, spare_nodes, loose_nodes, minimum_nodes } = *reason else {
        return reason.clone();
    };
    let of_pods = left_out.saturating_sub(minimum_nodes);
    let more = of_pods.saturating_sub(spare_nodes);
    GrowReason::PendingPods {
        pods,
        absent_pods,
        spare_nodes: spare_nodes.saturating_sub(of_pods),
        loose_nodes: loose_nodes.saturating_sub(more),
        minimum_nodes: minimum_nodes.saturating_sub(left_out),
    }
}

/// Returns by how much an `apply` has raised the group, in the group's own unit, since a plan was
/// made that presumed `from`. The Lease holds a note of each request.
pub(super) fn requested_since(made_at: jiff::Timestamp, from: i64, group: &Group, snapshot: &Snapshot) -> i64 {
    let since = |note: &&GrowthNote| note.group == group.id && note.at > made_at;
    let most = snapshot.growth_notes.iter().filter(since).map(|note| note.desired).max();
    most.map_or(0, |desired| (desired - from).max(0))
}
