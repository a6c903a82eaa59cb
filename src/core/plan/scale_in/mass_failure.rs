//! When very many nodes look dead, the view is broken rather than the fleet. Nothing is removed
//! then.

use crate::plan::fleet::Fleet;
use crate::plan::group_health::never_registered;
use crate::plan::node_state::{leftover, looks_dead};

/// Up to this many dead nodes are no mass failure, however small the fleet.
const NEVER_A_MASS: usize = 3;

/// How many nodes look dead, and of how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MassFailure {
    pub(crate) dead: u32,
    pub(crate) nodes: u32,
}

impl MassFailure {
    pub(super) fn of(fleet: &Fleet<'_>) -> Option<Self> {
        let managed = fleet.nodes.iter().filter(|entry| entry.member_of.is_some()).count();
        let left_behind = fleet.nodes.iter().filter(|entry| leftover(fleet, entry).is_some()).count();
        let lost: usize = fleet.groups.iter().map(|group| never_registered(fleet, group).count()).sum();
        // A kubelet that is cut off counts even where it may still run pods: many of them are the
        // sign of a broken view.
        let dead = lost + left_behind + fleet.nodes.iter().filter(|entry| looks_dead(fleet, entry).is_some()).count();
        let nodes = managed + lost + left_behind;
        #[expect(clippy::cast_precision_loss, reason = "counts of nodes are far below 2^52")]
        let share = dead as f64 / nodes.max(1) as f64;
        let is_mass = dead > NEVER_A_MASS && share > fleet.policy.max_dead_fraction;
        let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        is_mass.then(|| Self { dead: small(dead), nodes: small(nodes) })
    }
}
