//! Which groups nobody waits for, so that what happened to them need not be read.

use std::collections::BTreeSet;

use crate::snapshot::{Group, Lifecycle};

/// Returns whether nothing is under way in a group: it has what was asked for, in service, and each
/// instance is a node here that stays. `registered` are the instances of those nodes. One that
/// never became a node is replaced by what the activities say of earlier ones, so its group is not
/// settled.
#[must_use]
pub fn is_settled(group: &Group, registered: &BTreeSet<&str>) -> bool {
    let at_rest = |lifecycle| matches!(lifecycle, Lifecycle::InService | Lifecycle::Standby | Lifecycle::Warm);
    group.live_weight() == group.desired
        && group.instances.iter().all(|instance| at_rest(instance.lifecycle))
        && group.live().all(|instance| registered.contains(instance.id.as_str()))
}
