//! What goes: idle nodes in two steps, cordoned in one run and terminated in a later one; nodes with pods only after these have
//! moved. Everything that forbids it is asked here.

mod draining;
mod holds;
mod leftovers;
mod mass_failure;
mod moves;
mod order;
mod replacing;
mod unhealthy;

use std::collections::BTreeMap;

use super::action::Eviction;
use super::fleet::Fleet;
use super::node_state::Judge;
use super::reason::DrainReason;
use super::report::{Hold, Leftover, NodeDecision, NodeState};
use holds::Holds;

pub(crate) use leftovers::MARK_SETTLES;
pub(crate) use mass_failure::MassFailure;
pub(crate) use replacing::Replacement;
pub(crate) use unhealthy::Lost;

/// What becomes of the nodes that could go.
pub(crate) struct ScaleIn {
    /// Decisions other than to keep, by index into [`Fleet::nodes`].
    pub(crate) decisions: BTreeMap<usize, NodeDecision>,
    /// Which nodes are emptied, and of what.
    pub(crate) drains: Drains,
    /// What becomes of instances that never became nodes.
    pub(crate) lost: Lost,
    /// The node that is bought to replace dearer ones.
    pub(crate) replacement: Option<Replacement>,
    /// Set when so many nodes look dead that nothing is removed.
    pub(crate) mass_failure: Option<MassFailure>,
}

/// The nodes that are emptied, by index into [`Fleet::nodes`].
#[derive(Default)]
pub(crate) struct Drains {
    /// Those that this plan begins with.
    pub(crate) begun: BTreeMap<usize, DrainReason>,
    /// What is evicted from these and from those begun earlier, the cheapest first.
    pub(crate) evictions: BTreeMap<usize, Vec<Eviction>>,
}

impl ScaleIn {
    /// Chooses among the nodes and writes into their states why the others stay.
    pub(crate) fn work_out(judge: &Judge<'_>, states: &mut [NodeState]) -> Self {
        let mass_failure = MassFailure::of(judge.fleet());
        let mut holds = Holds::new(judge.fleet(), judge.scale_up, mass_failure.is_some());
        let mut decisions = BTreeMap::new();
        unhealthy::remove_dead(judge.fleet(), states, &mut holds, &mut decisions);
        let lost = unhealthy::replace_lost(judge.fleet(), &mut holds);
        leftovers::delete(judge.fleet(), states, &mut holds, &mut decisions);
        remove_idle(judge.fleet(), states, &mut holds, &mut decisions);
        let mut drains = draining::work_out(judge, states, &mut holds, &mut decisions);
        let is_calm = mass_failure.is_none() && lost.is_empty();
        let mut replace = || replacing::work_out(judge, states, &mut holds, &mut decisions, &mut drains);
        let replacement = is_calm.then(&mut replace).flatten();
        Self { decisions, drains, lost, replacement, mass_failure }
    }
}

fn remove_idle(
    fleet: &Fleet<'_>,
    states: &mut [NodeState],
    holds: &mut Holds<'_>,
    decisions: &mut BTreeMap<usize, NodeDecision>,
) {
    for node in order::of_idle(fleet, states) {
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
}

/// Why a node stays.
enum Stay {
    /// It is in another state after all, because nodes before it go.
    At(NodeState),
    /// Something holds it in this run.
    HeldBy(Hold),
}

/// Says why a node that could go stays.
pub(super) fn set_hold(state: &mut NodeState, hold: Hold) {
    if let NodeState::IdleUnschedulable { held_by, .. }
    | NodeState::IdleSchedulable { held_by, .. }
    | NodeState::UnderUtilizedDrainable { held_by, .. }
    | NodeState::Draining { held_by, .. }
    | NodeState::Dead { held_by, .. }
    | NodeState::InstanceTerminated { leftover: Some(Leftover { held_by, .. }) } = state
    {
        *held_by = Some(hold);
    }
}
