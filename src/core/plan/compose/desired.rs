//! The desired capacity to request of a group.

use crate::plan::fleet::{Fleet, GroupIx};
use crate::plan::group_health::capacity_asked_for;

/// Returns the desired capacity with a number of new nodes, in the group's own unit. It is
/// absolute, and never below the live capacity.
pub(super) fn desired_after(fleet: &Fleet<'_>, group: GroupIx, nodes: u32) -> i64 {
    let entry = &fleet.groups[group];
    capacity_asked_for(entry).saturating_add(i64::from(nodes).saturating_mul(entry.weight_of_a_node()))
}
