//! Idle nodes go in two steps: cordoned in one run, terminated in a later one. Everything that forbids it is asked here.

mod holds;
mod mass_failure;

use std::collections::BTreeMap;

use super::fleet::Fleet;
use super::report::{Hold, NodeDecision, NodeState};
use super::scale_up::Purchase;
use holds::Holds;

pub(crate) use mass_failure::MassFailure;

/// What becomes of the idle nodes.
pub(crate) struct ScaleIn {
    /// Decisions other than to keep, by index into [`Fleet::nodes`].
    pub(crate) decisions: BTreeMap<usize, NodeDecision>,
    /// Set when so many nodes look dead that nothing is removed.
    pub(crate) mass_failure: Option<MassFailure>,
}

impl ScaleIn {
    /// Chooses among the idle nodes and writes into their states why the others stay.
    pub(crate) fn work_out(fleet: &Fleet<'_>, states: &mut [NodeState], purchases: &[Purchase]) -> Self {
        let mass_failure = MassFailure::of(fleet, states);
        let mut holds = Holds::new(fleet, purchases, mass_failure.is_some());
        let mut decisions = BTreeMap::new();
        for node in in_order_of_departure(fleet, states) {
            let decision = match &states[node] {
                NodeState::IdleUnschedulable { cordoned_at, .. } => {
                    let cordoned_at = *cordoned_at;
                    holds.against_termination(node, cordoned_at).map_or_else(|| Ok(holds.terminate(node)), Err)
                }
                NodeState::IdleSchedulable { .. } => holds.against_cordon(node).map_or_else(|| Ok(holds.cordon(node)), Err),
                _ => continue,
            };
            match decision {
                Ok(decision) => {
                    decisions.insert(node, decision);
                }
                Err(Stay::At(state)) => {
                    if matches!(states[node], NodeState::IdleUnschedulable { .. }) {
                        decisions.insert(node, NodeDecision::Uncordon);
                    }
                    states[node] = state;
                }
                Err(Stay::HeldBy(hold)) => {
                    if matches!(states[node], NodeState::IdleUnschedulable { .. }) {
                        holds.keep_cordoned(node);
                    }
                    set_hold(&mut states[node], hold);
                }
            }
        }
        Self { decisions, mass_failure }
    }
}

/// Why an idle node stays.
enum Stay {
    /// It is in another state after all, because nodes before it go.
    At(NodeState),
    /// Something holds it in this run.
    HeldBy(Hold),
}

fn set_hold(state: &mut NodeState, hold: Hold) {
    if let NodeState::IdleUnschedulable { held_by, .. } | NodeState::IdleSchedulable { held_by, .. } = state {
        *held_by = Some(hold);
    }
}

/// The idle nodes: terminations before cordons, then the zone with the most instances of the group first, so that zones stay
/// even; the name decides last.
fn in_order_of_departure(fleet: &Fleet<'_>, states: &[NodeState]) -> Vec<usize> {
    let mut crowds: BTreeMap<(usize, &str), u32> = BTreeMap::new();
    for (index, group) in fleet.groups.iter().enumerate() {
        for member in group.live() {
            *crowds.entry((index, &member.instance.zone)).or_default() += 1;
        }
    }
    let crowd = |node: usize| {
        let entry = &fleet.nodes[node];
        let place =
            entry.member_of.map(|(group, _)| group).zip(fleet.instance_of(entry).map(|instance| instance.zone.as_str()));
        place.and_then(|place| crowds.get(&place)).copied().unwrap_or(0)
    };
    let is_cordoned = |node: usize| matches!(states[node], NodeState::IdleUnschedulable { .. });
    let is_idle = |node: usize| is_cordoned(node) || matches!(states[node], NodeState::IdleSchedulable { .. });
    let mut nodes: Vec<usize> = (0..states.len()).filter(|&node| is_idle(node)).collect();
    nodes.sort_by_cached_key(|&node| (!is_cordoned(node), std::cmp::Reverse(crowd(node)), node));
    nodes
}
