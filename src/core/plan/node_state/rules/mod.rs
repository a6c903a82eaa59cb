//! The rules for the state of a node, one a file, and their order.

mod busy;
mod busy_unschedulable;
mod contested;
mod cordoned_by_person;
mod dead;
mod detached;
mod draining;
mod grace_period;
mod group_min_size;
mod idle_schedulable;
mod idle_unschedulable;
mod instance_terminated;
mod launch_hr_grace_period;
mod left_behind;
mod own_node;
mod pod_pending;
mod protected;
mod region_unreadable;
mod reservation_ends;
mod room_kept;
mod starting;
mod under_utilized;
mod unmanaged;
mod warm;

use super::NodeStates;
use crate::plan::fleet::{NodeEntry, NodeIx};
use crate::plan::report::NodeState;

pub(crate) use dead::looks_dead;
pub(super) use launch_hr_grace_period::launch_hr_grace_period;
pub(super) use pod_pending::pod_pending;
pub(super) use room_kept::room_kept;

/// Returns the state that a rule is about, if the node is in it.
pub(super) type StateRule = fn(&NodeStates<'_>, NodeIx, &NodeEntry<'_>) -> Option<NodeState>;

/// The rules by precedence: what forbids to touch a node comes before what the node is doing.
pub(super) const RULES: [StateRule; 20] = [
    region_unreadable::region_unreadable,
    contested::contested,
    left_behind::left_behind,
    warm::warm,
    unmanaged::unmanaged,
    instance_terminated::instance_terminated,
    detached::detached,
    protected::protected,
    cordoned_by_person::cordoned_by_person,
    dead::dead,
    starting::starting,
    draining::draining,
    own_node::own_node,
    reservation_ends::reservation_ends,
    group_min_size::group_min_size,
    busy_unschedulable::busy_unschedulable,
    busy::busy,
    pod_pending::pod_pending,
    room_kept::room_kept,
    launch_hr_grace_period::launch_hr_grace_period,
];

/// The rules for nodes to which none of the others applies. Between the two, spares are chosen
/// (`type-grace-period`).
pub(super) const RULES_OF_FREE_NODES: [StateRule; 4] = [
    grace_period::grace_period,
    under_utilized::under_utilized,
    idle_unschedulable::idle_unschedulable,
    idle_schedulable::idle_schedulable,
];
