//! Groups in which nothing is bought for a class of pods, since a promise was refuted there.

use std::collections::BTreeMap;

use crate::plan::fleet::GroupIx;
use crate::plan::pending::ClassIx;
use crate::plan::reason::Refusal;

/// Why nothing is bought in a group for a class of pods.
pub(in crate::plan::scale_up) type NotAgain = BTreeMap<(ClassIx, GroupIx), Refusal>;

/// Returns the groups that are closed to a class.
pub(in crate::plan::scale_up) fn of_class(all: &NotAgain, class: ClassIx) -> BTreeMap<GroupIx, Refusal> {
    all.iter().filter(|((its, _), _)| *its == class).map(|((_, group), refusal)| (*group, refusal.clone())).collect()
}
