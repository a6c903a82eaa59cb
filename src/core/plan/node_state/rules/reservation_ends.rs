//! A node with pods whose machine ends with its reservation.

use super::pod_pending;
use crate::plan::amounts::small;
use crate::plan::fleet::{NodeEntry, NodeIx};
use crate::plan::node_state::NodeStates;
use crate::plan::report::NodeState;

/// Applies to a node with pods from a drain's time before its end on. Earlier it applies while a
/// pod waits that the node could take and that would not finish before the end, unless pods are
/// expected here that will.
pub(super) fn reservation_ends(nodes: &NodeStates<'_>, index: NodeIx, entry: &NodeEntry<'_>) -> Option<NodeState> {
    let fleet = nodes.fleet();
    let ending = fleet.ending(entry).filter(|_| !entry.holders.is_empty())?;
    let keeps_off = nodes.scale_up.outlasting.contains(&index) && pod_pending(nodes, index, entry).is_none();
    (fleet.now() >= ending.closes_at || keeps_off).then(|| NodeState::ReservationEnds {
        reservation: ending.reservation.id.clone(),
        at: ending.at,
        pods: small(entry.holders.len()),
        now: fleet.now(),
    })
}
