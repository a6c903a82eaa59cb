//! Removal of nodes. Idle nodes go in two steps: one run cordons them and a later one terminates
//! them. Nodes with pods go only after the pods have moved. Everything that forbids a removal is
//! checked here.

mod candidates;
mod closing;
mod delete_leftovers;
mod devices_in_pieces;
mod evacuation;
mod fates;
mod holds;
mod mass_failure;
mod order;
mod rehousing;
mod replacing;
mod scoring;
mod unhealthy;

use crate::index_vec::IndexVec;
use std::collections::BTreeMap;

use super::action::Eviction;
use super::fleet::{Fleet, NodeIx};
use super::node_state::NodeStates;
use super::report::NodeState;
use holds::{Holds, Stay, Step};

pub(crate) use delete_leftovers::MARK_SETTLES;
pub(crate) use devices_in_pieces::devices_in_pieces;
pub(crate) use fates::{Fate, Fates};
pub(crate) use mass_failure::MassFailure;
pub(crate) use replacing::Replacement;
pub(crate) use unhealthy::Lost;

/// What happens to the nodes that could go.
pub(crate) struct ScaleIn<'s> {
    pub(crate) fates: Fates<'s>,
    /// What is evicted from the nodes that are emptied, in an order in which the scheduler finds
    /// places.
    pub(crate) evictions: Evictions,
    /// What happens to instances that never became nodes.
    pub(crate) lost: Lost,
    /// The node that is bought to replace dearer ones.
    pub(crate) replacement: Option<Replacement>,
    /// Is set when so many nodes look dead that nothing is removed.
    pub(crate) mass_failure: Option<MassFailure>,
}

/// The pods to evict of each node.
pub(crate) type Evictions = BTreeMap<NodeIx, EvictionsOfNode>;

/// The pods to evict of one node.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct EvictionsOfNode {
    /// The place of the node among those of the plan that are emptied.
    pub(crate) turn: usize,
    /// The pods, in their order.
    pub(crate) pods: Vec<Eviction>,
}

impl<'s> ScaleIn<'s> {
    /// Chooses the nodes that go, and records why the others stay.
    pub(crate) fn decide(nodes: &NodeStates<'s>, seen: &'s IndexVec<NodeIx, NodeState>) -> Self {
        let fleet = nodes.fleet();
        let mass_failure = MassFailure::of(fleet);
        let mut holds = Holds::new(fleet, nodes.scale_up, mass_failure.is_some());
        let mut fates = Fates::new(fleet, seen);
        // Broken nodes go before idle ones, and those that are gone already before both.
        unhealthy::remove_dead(fleet, &mut fates, &mut holds);
        let lost = unhealthy::replace_lost(fleet, &mut holds);
        delete_leftovers::delete(fleet, &mut fates, &mut holds);
        remove_idle(fleet, &mut fates, &mut holds);
        // Pods move only within what the limits leave after that.
        let mut evictions = evacuation::drain(nodes, &mut fates, &mut holds);
        closing::close(fleet, &mut fates, &holds);
        // Nodes are replaced by cheaper ones only where nothing else happens.
        let is_calm = mass_failure.is_none() && lost.is_empty();
        let replacement = if is_calm { replacing::exchange(nodes, &mut fates, &mut holds, &mut evictions) } else { None };
        Self { fates, evictions, lost, replacement, mass_failure }
    }
}

/// Terminates idle nodes that an earlier run cordoned, and cordons further ones.
fn remove_idle(fleet: &Fleet<'_>, fates: &mut Fates<'_>, holds: &mut Holds<'_>) {
    for node in order::of_idle(fleet, fates) {
        let (stay, goes) = match fates.seen(node) {
            NodeState::IdleUnschedulable { .. } => (holds.why_keep(node, Step::Terminate), Fate::Terminate),
            NodeState::IdleSchedulable { .. } => (holds.why_keep(node, Step::Cordon), Fate::Cordon),
            _ => continue,
        };
        let is_cordoned = goes == Fate::Terminate;
        match stay {
            None if is_cordoned => holds.terminate(node),
            None => holds.cordon(node),
            Some(Stay::HeldBy(_)) if is_cordoned => holds.keep_cordoned(node),
            Some(_) => {}
        }
        fates.decide(node, stay.map_or(goes, Fate::from));
    }
}
