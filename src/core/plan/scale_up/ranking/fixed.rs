//! Which group is tried first: the chain of `--expander`, then the name.

use std::cmp::Reverse;

use super::waste::Waste;
use crate::index_vec::IndexVec;
use crate::plan::fleet::{Fleet, GroupEntry, GroupIx};
use crate::policy::Expander;

/// The key by which an expander sorts groups; the smallest is the first. Only keys of the same
/// expander are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::plan::scale_up) enum Key {
    Priority(Reverse<i64>),
    /// Place in `--regions`.
    Region(u32),
    SpansZones(bool),
    OnDemand(bool),
    /// What a pod costs per hour, in millionths of a dollar; [`UNKNOWN_PRICE`] where the price of a
    /// node is not known.
    Price(u64),
    LeastWaste(Waste),
    MostPods(Reverse<u32>),
    /// [`u32::MAX`] where the next node takes none of the pods.
    LeastNodes(u32),
    Random(u64),
    /// Whether the next node uses no reservation.
    Paid(bool),
}

/// Stands for an unknown price: such groups come last.
pub(in crate::plan::scale_up) const UNKNOWN_PRICE: u64 = u64::MAX;

/// Returns the key of a group for an expander whatever the pods are; `None` where it depends on
/// them.
pub(in crate::plan::scale_up) fn fixed_key(expander: Expander, group: &GroupEntry<'_>) -> Option<Key> {
    match expander {
        Expander::Priority => Some(Key::Priority(Reverse(group.policy.priority))),
        Expander::Region => Some(Key::Region(group.preference)),
        Expander::SingleZone => Some(Key::SpansZones(group.zones.len() > 1)),
        Expander::Spot => Some(Key::OnDemand(!group.group.purchase.may_be_spot())),
        Expander::Price | Expander::LeastWaste | Expander::MostPods | Expander::LeastNodes | Expander::Random => None,
    }
}

/// Returns the groups in the order in which they are tried as far as that does not depend on the
/// pods.
pub(crate) fn fixed_order(fleet: &Fleet<'_>) -> Vec<GroupIx> {
    let keys = |group: &GroupEntry<'_>| -> Vec<Key> {
        fleet.policy.expander.iter().filter_map(|expander| fixed_key(expander, group)).collect()
    };
    let mut order: Vec<GroupIx> = fleet.groups.numbers().collect();
    order.sort_by_cached_key(|&group| (keys(&fleet.groups[group]), fleet.groups[group].id()));
    order
}

/// A rule that ranks groups for some pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::plan::scale_up) enum RankRule {
    /// Groups whose next node uses a reservation come first.
    Reserved,
    /// An expander.
    Of(Expander),
}

/// Returns the rules by which groups are ranked: the expanders in their order, and where there are
/// reservations those before all of them, but for the priority that a person gave to groups.
pub(in crate::plan::scale_up) fn rules(fleet: &Fleet<'_>) -> Vec<RankRule> {
    rules_of(fleet, fleet.policy.expander.iter())
}

/// Returns the same with other expanders.
fn rules_of(fleet: &Fleet<'_>, expanders: impl Iterator<Item = Expander>) -> Vec<RankRule> {
    let mut rules: Vec<RankRule> = expanders.map(RankRule::Of).collect();
    if !fleet.reserved.is_empty() {
        let priority = usize::from(rules.first() == Some(&RankRule::Of(Expander::Priority)));
        rules.insert(priority, RankRule::Reserved);
    }
    rules
}

/// The chain of expanders, prepared for one fleet.
pub(in crate::plan::scale_up) struct Chain(Vec<RankStage>);

enum RankStage {
    /// Consecutive expanders that do not depend on the pods: the rank of each group, the same for
    /// equals.
    Standing(IndexVec<GroupIx, u32>),
    /// A rule that does.
    ByPods(RankRule),
}

impl Chain {
    pub(in crate::plan::scale_up) fn new(fleet: &Fleet<'_>, expanders: impl Iterator<Item = Expander>) -> Self {
        let mut stages = Vec::new();
        let mut in_a_row: Vec<Expander> = Vec::new();
        let keys = |expanders: &[Expander], group: &GroupEntry<'_>| -> Vec<Key> {
            expanders.iter().filter_map(|expander| fixed_key(*expander, group)).collect()
        };
        for rule in rules_of(fleet, expanders) {
            if let RankRule::Of(expander) = rule
                && !expander.depends_on_pods()
            {
                in_a_row.push(expander);
                continue;
            }
            stages.push(RankStage::Standing(places(fleet, |group| keys(&in_a_row, group))));
            in_a_row.clear();
            stages.push(RankStage::ByPods(rule));
        }
        stages.push(RankStage::Standing(places(fleet, |group| (keys(&in_a_row, group), group.id()))));
        Self(stages)
    }

    /// Sorts groups, the best first. `key` is called only where groups are equal in all earlier
    /// stages.
    pub(in crate::plan::scale_up) fn sort(&self, groups: &mut [GroupIx], key: &mut dyn FnMut(RankRule, GroupIx) -> Key) {
        sort(&self.0, groups, key);
    }
}

fn sort(stages: &[RankStage], groups: &mut [GroupIx], key: &mut dyn FnMut(RankRule, GroupIx) -> Key) {
    let Some((stage, later)) = stages.split_first().filter(|_| groups.len() > 1) else { return };
    match stage {
        RankStage::Standing(places) => {
            groups.sort_unstable_by_key(|group| places[*group]);
            for equal in groups.chunk_by_mut(|one, other| places[*one] == places[*other]) {
                sort(later, equal, key);
            }
        }
        RankStage::ByPods(rule) => {
            let mut keyed: Vec<(Key, GroupIx)> = groups.iter().map(|group| (key(*rule, *group), *group)).collect();
            keyed.sort_unstable();
            let mut rest = groups;
            for equal in keyed.chunk_by(|one, other| one.0 == other.0) {
                let (part, others) = rest.split_at_mut(equal.len());
                part.iter_mut().zip(equal).for_each(|(slot, (_, group))| *slot = *group);
                sort(later, part, key);
                rest = others;
            }
        }
    }
}

/// Returns the rank of each group by a key, the same for equals.
fn places<'f, K: Ord>(fleet: &'f Fleet<'_>, key: impl Fn(&'f GroupEntry<'_>) -> K) -> IndexVec<GroupIx, u32> {
    let keys: Vec<K> = fleet.groups.iter().map(key).collect();
    let mut different: Vec<&K> = keys.iter().collect();
    different.sort_unstable();
    different.dedup();
    let place = |key: &K| u32::try_from(different.partition_point(|other| *other < key)).unwrap_or(u32::MAX);
    keys.iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index_vec::Number;

    /// Returns two stages for groups 0 to 3: the first two groups are equal, and so are the others.
    fn stages() -> Vec<RankStage> {
        vec![
            RankStage::Standing(vec![1, 1, 0, 0].into()),
            RankStage::ByPods(RankRule::Of(Expander::MostPods)),
            RankStage::ByPods(RankRule::Of(Expander::LeastNodes)),
            RankStage::Standing(vec![3, 2, 1, 0].into()),
        ]
    }

    #[test]
    fn each_expander_decides_between_ties_of_those_before_it() {
        let mut groups = [0, 1, 2, 3].map(GroupIx::from_index);
        let mut calls = Vec::new();
        sort(&stages(), &mut groups, &mut |rule, group| {
            calls.push((rule, group));
            match rule {
                // 2 and 3 are tied here, 0 and 1 are not.
                RankRule::Of(Expander::MostPods) => Key::MostPods(Reverse([5, 9, 7, 7][group.index()])),
                _ => Key::LeastNodes(1),
            }
        });
        assert_eq!(groups.map(Number::index), [3, 2, 1, 0]);
        let later: Vec<usize> = calls
            .iter()
            .filter(|(rule, _)| *rule == RankRule::Of(Expander::LeastNodes))
            .map(|(_, group)| group.index())
            .collect();
        assert_eq!(later, [2, 3], "a later expander decides about ties only");
    }

    #[test]
    fn one_candidate_needs_no_key() {
        sort(&stages(), &mut [GroupIx::from_index(2)], &mut |_, _| panic!("nothing to decide"));
    }
}
