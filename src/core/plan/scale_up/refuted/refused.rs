//! Pods that the scheduler refuses although a node has room for them by all that is modelled.
//!
//! The scheduler tries a refused pod again when a node changes, and at the latest every five
//! minutes. So a node that has been Ready and unchanged for longer was tried.

use jiff::Timestamp;

use super::tried_again_by;
use crate::duration::Seconds;
use crate::index_vec::IndexVec;
use crate::plan::amounts::small;
use crate::plan::fleet::{Fleet, NodeEntry};
use crate::plan::pending::{Class, ClassIx};
use crate::plan::reason::Refusal;
use crate::plan::scale_up::existing_capacity::Supply;
use crate::plan::scale_up::existing_capacity::candidates::{Candidates, Origin, Placement};
use crate::plan::scale_up::offers::not_again::NotAgain;
use crate::plan::scale_up::placements::Placements;
use crate::snapshot::{Pod, Scheduling};

/// After this time a refusal counts as that of the whole group, even where no mark shows for how
/// long its node has been empty.
const CERTAIN_AFTER: Seconds = Seconds::minutes(30);

/// Finds the pods that are refused, records that, and keeps their like from these nodes. Returns
/// the groups in which nothing is bought for them, since the same would happen there.
pub(in crate::plan::scale_up) fn find_refused<'a>(
    fleet: &Fleet<'a>,
    classes: &IndexVec<ClassIx, Class<'a>>,
    candidates: &mut Candidates<'a>,
    supply: &Supply,
    placements: &mut Placements,
) -> NotAgain {
    let mut not_again = NotAgain::new();
    let tried = tried_again_by(fleet.now());
    let waits = |class: &Class<'a>| small(class.pods.iter().take_while(|it| is_refused_since(fleet, it.pod, tried)).count());
    // Pods of a gang wait for each other, whatever a node has room for, and no scheduler has seen
    // pods that are not in the API.
    let alone = classes.iter_numbered().filter(|(_, class)| !class.turn.is_of_gang() && class.absent.is_none());
    let long: Vec<(ClassIx, u32)> = alone.map(|(index, class)| (index, waits(class))).filter(|(_, pods)| *pods > 0).collect();
    if long.is_empty() {
        return not_again;
    }
    let quiet: IndexVec<_, bool> = fleet.nodes.iter().map(|entry| is_unchanged_since(entry, tried)).collect();
    for (index, pods) in long {
        let class = &classes[index];
        let would_go = candidates.would_take(index, pods, supply.existing.clone(), |node| quiet[node]);
        for Placement { origin, .. } in &would_go {
            let Origin::Existing { node } = *origin else { continue };
            candidates.keep_from(index, node);
            let entry = &fleet.nodes[node];
            if let Some((group, _)) = entry.member_of.filter(|_| is_certain(fleet, entry, class)) {
                not_again.entry((index, group)).or_insert_with(|| refusal(fleet, entry, class));
            }
        }
        placements.refuse(fleet, index, class, &would_go);
    }
    not_again
}

fn refusal(fleet: &Fleet<'_>, entry: &NodeEntry<'_>, class: &Class<'_>) -> Refusal {
    let pod = fleet.unbound[class.pods[0].pod];
    Refusal::RefusedOnSibling { node: entry.node.name.clone(), message: pod.scheduler_message.clone() }
}

fn is_refused_since(fleet: &Fleet<'_>, pod: usize, moment: Timestamp) -> bool {
    fleet.unbound[pod].scheduling.refused_since().is_some_and(|since| since <= moment)
}

/// Whether nothing is known to have changed on a node since a moment: it was Ready, no pod was
/// bound to it and none is leaving, and it is not idle since later.
fn is_unchanged_since(entry: &NodeEntry<'_>, moment: Timestamp) -> bool {
    let is_old = |pod: &&Pod| match pod.scheduling {
        Scheduling::Scheduled { at } => at.unwrap_or(pod.created_at) <= moment,
        Scheduling::Unseen | Scheduling::Gated | Scheduling::Unschedulable { .. } => pod.created_at <= moment,
    };
    entry.node.created_at <= moment
        && entry.node.readiness_since() <= moment
        && entry.node.idle_since().is_none_or(|since| since <= moment)
        && entry.nominated.is_empty()
        && entry.awaiting_volume.is_empty()
        && entry.pods.iter().all(|pod| is_old(pod) && pod.deletion_deadline.is_none())
}

/// Whether it is certain that the node was tried with as much room as it has now: a pod that ended
/// a moment ago leaves no trace.
fn is_certain(fleet: &Fleet<'_>, entry: &NodeEntry<'_>, class: &Class<'_>) -> bool {
    let is_marked = entry.node.idle_since().is_some_and(|since| since <= tried_again_by(fleet.now()));
    let long_ago = CERTAIN_AFTER.before(fleet.now());
    is_marked || (is_refused_since(fleet, class.pods[0].pod, long_ago) && is_unchanged_since(entry, long_ago))
}
