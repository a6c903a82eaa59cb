//! Node objects that an instance has left behind: marked by the first run that knows, deleted by a later one.

use std::collections::BTreeMap;

use super::holds::Holds;
use super::set_hold;
use crate::duration::Seconds;
use crate::plan::fleet::Fleet;
use crate::plan::node_state::leftover;
use crate::plan::report::{Hold, NodeDecision, NodeState};

/// How old the mark of a leftover has to be before its Node is deleted.
pub(crate) const MARK_SETTLES: Seconds = Seconds::minutes(5);

/// Those known for longest first. Each counts against the limit of the run like a node that goes.
pub(super) fn delete(
    fleet: &Fleet<'_>,
    states: &mut [NodeState],
    holds: &mut Holds<'_>,
    decisions: &mut BTreeMap<usize, NodeDecision>,
) {
    let since = |node: usize| match &states[node] {
        NodeState::InstanceTerminated { leftover: Some(leftover) } => Some(leftover.since),
        _ => None,
    };
    let mut found: Vec<_> = (0..states.len()).filter_map(|node| Some((since(node)?, node))).collect();
    // Those without a mark come first and need no place among those that go.
    found.sort_unstable();
    for (since, node) in found {
        let group = leftover(fleet, &fleet.nodes[node]).and_then(|proof| proof.group);
        let is_to_go = since.is_some_and(|since| since < fleet.now());
        let settles = is_to_go && since.is_some_and(|since| Seconds::between(since, fleet.now()) < MARK_SETTLES);
        let settles = settles.then_some(Hold::MarkSettles { settle: MARK_SETTLES });
        match holds.against_deletion(group, is_to_go).or(settles) {
            Some(hold) => set_hold(&mut states[node], hold),
            None if is_to_go => {
                holds.end_lost();
                decisions.insert(node, NodeDecision::Delete);
            }
            None => {}
        }
    }
}
