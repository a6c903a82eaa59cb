//! The cluster as if the same pods came to empty groups.

use crate::snapshot::{Group, Snapshot};

/// Returns a snapshot in which groups that may be empty have no machines, and the pods of their
/// nodes wait for places. Other groups stay as they are.
pub(super) fn of(snapshot: &Snapshot) -> Snapshot {
    let mut anew = snapshot.clone();
    let may_be_empty = |group: &Group| !snapshot.groups.iter().any(|other| other.id.name == group.id.name && other.min > 0);
    for group in snapshot.groups.iter().filter(|group| may_be_empty(group)) {
        // A group of the same name in another region goes with the first of them.
        anew.take_group_away(&group.id.name);
    }
    for group in snapshot.groups.iter().filter(|group| may_be_empty(group)) {
        anew.groups.push(Group { desired: 0, instances: Vec::new(), activities: Vec::new(), ..group.clone() });
    }
    // It is no what-if of the user's.
    anew.looked_at.without.clone_from(&snapshot.looked_at.without);
    anew
}
