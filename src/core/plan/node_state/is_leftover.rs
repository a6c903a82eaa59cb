//! Node objects that outlived their instance.
//!
//! The cloud controller deletes them. Where none runs, or it failed to, they stay for ever. We
//! delete one only on proof that it was ours and that its instance is no more.

use crate::plan::fleet::{Fleet, GroupEntry, GroupIx, NodeEntry};
use crate::snapshot::{MachineCheck, is_zone_of};

/// The proof that a Node object is a leftover.
pub(crate) struct LeftoverProof<'a> {
    pub(crate) check: &'a MachineCheck,
    /// The managed group that launched its instance, as long as the cloud still knows.
    pub(crate) group: Option<GroupIx>,
}

/// Returns the proof that a node is a leftover. Its instance must be one of the cloud's, in a
/// region that was read completely, of no group any more, and no more according to the cloud. The
/// node must be not Ready, old enough to have been a node, of a managed group or with a mark of
/// ours, and kept by nobody.
pub(crate) fn leftover<'a>(fleet: &Fleet<'a>, entry: &NodeEntry<'_>) -> Option<LeftoverProof<'a>> {
    let node = entry.node;
    let check = fleet.machine_check(entry).filter(|check| check.health.is_gone() && entry.member_of.is_none())?;
    let (zone, _) = node.place_in_cloud()?;
    let is_read = fleet.snapshot.region(&check.region).is_some_and(|region| region.unreadable.is_none());
    if !is_read || !is_zone_of(zone, &check.region) || fleet.unreadable_region_of(node).is_some() {
        return None;
    }
    let launched_it = |group: &GroupEntry<'_>| {
        let id = group.id();
        id.region == check.region && Some(&id.name) == check.group.as_ref()
    };
    let group = fleet.groups.position(launched_it);
    let is_ours = group.is_some() || node.has_our_mark();
    let limit = group.map_or(fleet.policy.instance_init_time, |group| fleet.groups[group].policy.instance_init_time);
    let is_kept = node.protecting_mark().is_some() || node.is_detached();
    (is_ours && !is_kept && fleet.age(node) >= limit).then_some(LeftoverProof { check, group })
}
