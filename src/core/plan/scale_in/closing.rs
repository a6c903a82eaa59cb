//! Busy nodes whose machines end with their reservation: where pods stay, no new ones come.

use super::fates::{Fate, Fates};
use super::holds::{Holds, Step};
use crate::plan::fleet::Fleet;
use crate::plan::report::NodeState;

/// Cordons those that are not emptied and still open. What runs there goes on.
pub(super) fn close(fleet: &Fleet<'_>, fates: &mut Fates<'_>, holds: &Holds<'_>) {
    for node in fates.nodes() {
        let is_ending = matches!(fates.seen(node), NodeState::ReservationEnds { .. });
        if !is_ending || fates.is_touched(node) || fleet.nodes[node].node.unschedulable {
            continue;
        }
        fates.decide(node, holds.why_keep(node, Step::Close).map_or(Fate::Cordon, Fate::from));
    }
}
