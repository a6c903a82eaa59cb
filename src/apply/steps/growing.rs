//! What is looked at again before a group grows, however that is requested.

use std::ops::RangeInclusive;

use crate::apply::SkipReason;
use crate::cloud::GroupNow;

/// Whether the group is still one that launches, with a desired capacity that the step presumes.
pub(super) fn is_as_planned(group: &GroupNow, presumed: &RangeInclusive<i64>) -> Result<(), SkipReason> {
    if group.cannot.is_being_deleted() {
        return Err(SkipReason::GroupBeingDeleted);
    }
    if !presumed.contains(&group.desired) {
        return Err(SkipReason::DesiredChanged { expected: *presumed.end(), found: group.desired });
    }
    group.cannot.launch.clone().map_or(Ok(()), |hindrance| Err(hindrance.into()))
}
