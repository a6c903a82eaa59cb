//! Which group is tried first: the chain `priority,region,single-zone,spot,least-waste` of `reference/groups.md`, then the name.

use std::cmp::Reverse;

use super::waste::Waste;
use crate::plan::fleet::GroupEntry;
use crate::snapshot::GroupId;

/// The part of the rank that does not depend on the pods; the smaller goes first.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Standing {
    priority: Reverse<i64>,
    region: u32,
    spans_zones: bool,
    on_demand: bool,
}

impl Standing {
    pub(crate) fn of(group: &GroupEntry<'_>) -> Self {
        Self {
            priority: Reverse(group.policy.priority),
            region: group.preference,
            spans_zones: group.group.zones.len() > 1,
            on_demand: !group.group.purchase.may_be_spot(),
        }
    }
}

/// The best of the candidates. Waste is computed only for those that stand equal in everything before it.
pub(super) fn best<'a>(candidates: &[(usize, &'a GroupEntry<'a>)], waste: impl Fn(usize) -> Waste) -> Option<usize> {
    let first = candidates.iter().map(|(_, group)| Standing::of(group)).min()?;
    let mut equal: Vec<(usize, &GroupId)> = candidates
        .iter()
        .filter(|(_, group)| Standing::of(group) == first)
        .map(|(index, group)| (*index, group.id()))
        .collect();
    if equal.len() > 1 {
        equal.sort_by_cached_key(|(index, id)| (waste(*index), *id));
    }
    equal.first().map(|(index, _)| *index)
}
