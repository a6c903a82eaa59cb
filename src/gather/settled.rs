//! Which groups are settled, so that their activities need not be read.

use std::collections::BTreeSet;

use crate::snapshot::{Group, Lifecycle};

/// Returns whether nothing is under way in a group: all of its desired capacity is in service, and
/// each instance is a node of this cluster that stays. `registered` are the instances of those
/// nodes. An instance that never became a node is replaced depending on the activities of earlier
/// ones, so its group is not settled.
#[must_use]
pub fn is_settled(group: &Group, registered: &BTreeSet<&str>) -> bool {
    let at_rest = |lifecycle| matches!(lifecycle, Lifecycle::InService | Lifecycle::Standby | Lifecycle::Warm);
    group.live_weight() == group.desired
        && group.instances.iter().all(|instance| at_rest(instance.lifecycle))
        && group.live().all(|instance| registered.contains(instance.id.as_str()))
}
