//! The placement groups of groups: who shares one, in which zones it lets a group launch, and how
//! much room it has in each.

use std::collections::{BTreeMap, BTreeSet};

use super::{Fleet, GroupEntry};
use crate::snapshot::{Group, Instance, Lifecycle, PlacementGroup, Snapshot};

/// Returns the zones in which a group can launch: where its placement group keeps all machines in
/// one zone and has some, that zone alone.
pub(super) fn zones_of<'a>(snapshot: &'a Snapshot, group: &'a Group) -> &'a [String] {
    if !group.placement.as_ref().is_some_and(PlacementGroup::is_in_one_zone) {
        return &group.zones;
    }
    let sharing = snapshot.groups.iter().filter(|other| do_share(group, other));
    let taken = taken(sharing);
    let mut zones = taken.keys();
    match (zones.next(), zones.next()) {
        (Some(zone), None) => {
            group.zones.iter().find(|own| own == zone).map_or(group.zones.as_slice(), |own| std::slice::from_ref(own))
        }
        _ => &group.zones,
    }
}

impl<'a> Fleet<'a> {
    /// Returns the groups that name the same placement group as a group, itself among them; none
    /// where it names none.
    pub(crate) fn sharing_placement<'g>(&'g self, group: &'g Group) -> impl Iterator<Item = &'g GroupEntry<'a>> {
        self.groups.iter().filter(move |other| do_share(group, other.group))
    }

    /// Returns how many more machines the placement group of a group takes in each zone of the
    /// group; nothing where it does not limit them.
    pub(crate) fn placement_room(&self, group: &GroupEntry<'a>) -> Option<BTreeMap<&'a str, u32>> {
        let most = group.group.placement.as_ref()?.most_per_zone()?;
        let taken = taken(self.sharing_placement(group.group).map(|entry| entry.group));
        let left = |zone: &'a String| (zone.as_str(), most.saturating_sub(taken.get(zone.as_str()).copied().unwrap_or(0)));
        Some(group.zones.iter().map(left).collect())
    }
}

/// Whether two groups name the same placement group.
pub(crate) fn do_share(one: &Group, other: &Group) -> bool {
    let name = |group: &Group| group.placement.as_ref().map(|placement| placement.name.clone());
    one.id.region == other.id.region && one.placement.is_some() && name(one) == name(other)
}

/// Returns how many machines run in each zone of the placement group that some groups share.
fn taken<'g>(sharing: impl Iterator<Item = &'g Group>) -> BTreeMap<&'g str, u32> {
    let (mut taken, mut is_first, mut seen) = (BTreeMap::new(), true, BTreeSet::new());
    for group in sharing {
        let others = group.placement.iter().filter(|_| is_first).flat_map(|placement| &placement.others);
        for (zone, count) in others {
            *taken.entry(zone.as_str()).or_default() += count;
        }
        is_first = false;
        for instance in group.instances.iter().filter(|instance| is_running(instance) && seen.insert(instance.id.as_str())) {
            *taken.entry(instance.zone.as_str()).or_default() += 1;
        }
    }
    taken
}

/// Whether an instance takes a place: one that is about to end does until it has.
fn is_running(instance: &Instance) -> bool {
    match instance.lifecycle {
        Lifecycle::Pending
        | Lifecycle::InService
        | Lifecycle::Terminating
        | Lifecycle::Detached
        | Lifecycle::Standby
        | Lifecycle::ReplacingDisk => true,
        Lifecycle::Terminated | Lifecycle::Warm => false,
    }
}
