//! What a new node has for volumes of drivers that keep them on the node itself: what its siblings
//! would have if they were empty. For a node that is not there yet no driver reports anything.

use crate::plan::fleet::siblings::Evidence;
use crate::plan::fleet::{Fleet, GroupEntry};
use crate::scheduler::{EmptyStorage, StorageOfNewNode};
use crate::snapshot::LaunchOption;

/// Returns what a new node of a group has, by class: the least of its machine types.
pub(super) fn of_new_node(fleet: &Fleet<'_>, group: &GroupEntry<'_>, options: &[LaunchOption]) -> StorageOfNewNode {
    let least = |class: &str| {
        let of_types = options.iter().map(|option| shown(fleet, group, option, class));
        of_types.reduce(|one, other| Some(one?.min(other?))).flatten()
    };
    fleet.capacities.compared().map(|class| (class.to_owned(), least(class))).collect()
}

/// Returns the most that a sibling shows. Nothing is known without siblings; where settled ones
/// report nothing, a new one will have nothing.
fn shown(fleet: &Fleet<'_>, group: &GroupEntry<'_>, option: &LaunchOption, class: &str) -> Option<EmptyStorage> {
    const NOTHING: EmptyStorage = EmptyStorage { largest_volume: 0, total: 0 };
    let siblings = group.siblings.of_type(&option.machine_type);
    let nodes = fleet.nodes_of(siblings);
    let shown = nodes.iter().filter_map(|node| fleet.capacities.when_empty(class, &node.labels)).max();
    let is_settled = !nodes.is_empty() && siblings.evidence != Evidence::Young;
    shown.or_else(|| is_settled.then_some(NOTHING))
}
