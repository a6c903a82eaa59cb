//! Which group is tried first: the chain `priority,region,single-zone,spot,least-waste` of `reference/groups.md`, then the name.

use std::cmp::Reverse;
use std::collections::BTreeMap;

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

/// The candidates, the best first. Waste is computed only where several stand equal in everything before it.
pub(super) fn in_order<'a>(candidates: &[(usize, &'a GroupEntry<'a>)], mut waste: impl FnMut(usize) -> Waste) -> Vec<usize> {
    let mut by_standing: BTreeMap<Standing, Vec<(usize, &GroupId)>> = BTreeMap::new();
    for (index, group) in candidates {
        by_standing.entry(Standing::of(group)).or_default().push((*index, group.id()));
    }
    let mut order = Vec::with_capacity(candidates.len());
    for mut equal in by_standing.into_values() {
        if equal.len() > 1 {
            equal.sort_by_cached_key(|(index, id)| (waste(*index), *id));
        }
        order.extend(equal.into_iter().map(|(index, _)| index));
    }
    order
}
