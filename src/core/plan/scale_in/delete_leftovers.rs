//! Node objects that outlived their instance. The first run that knows marks them, and a later one
//! deletes them.

use super::fates::{Fate, Fates};
use super::holds::{Holds, Step};
use crate::duration::Seconds;
use crate::plan::fleet::{Fleet, NodeIx};
use crate::plan::node_state::leftover;
use crate::plan::report::{Hold, NodeState};

/// The age at which the mark of a leftover counts and its Node is deleted.
pub(crate) const MARK_SETTLES: Seconds = Seconds::minutes(5);

/// Deletes the leftovers, those known for longest first. Each counts against the limit of the run
/// like a node that goes.
pub(super) fn delete(fleet: &Fleet<'_>, fates: &mut Fates<'_>, holds: &mut Holds<'_>) {
    let since = |node: NodeIx| match fates.seen(node) {
        NodeState::InstanceTerminated { leftover: Some(leftover) } => Some(leftover.since),
        _ => None,
    };
    let mut found: Vec<_> = fates.nodes().filter_map(|node| Some((since(node)?, node))).collect();
    // Those without a mark come first. They take nothing from the limit.
    found.sort_unstable();
    for (since, node) in found {
        let group = leftover(fleet, &fleet.nodes[node]).and_then(|proof| proof.group);
        let is_to_go = since.is_some_and(|since| since < fleet.now());
        let settles = is_to_go && since.is_some_and(|since| Seconds::between(since, fleet.now()) < MARK_SETTLES);
        let settles = settles.then_some(Hold::MarkSettles { settle: MARK_SETTLES });
        let step = if is_to_go { Step::DeleteLeftover } else { Step::MarkLeftover };
        match holds.why_spare(group, step).or(settles) {
            Some(hold) => fates.decide(node, Fate::Held(hold)),
            None if is_to_go => {
                holds.end_lost();
                fates.decide(node, Fate::Delete);
            }
            None => {}
        }
    }
}
