//! Groups that are alike except in their zone: `--balance-similar-groups` spreads new nodes over
//! them.
//!
//! The rule is that of Cluster Autoscaler (`cluster-autoscaler/processors/nodegroupset`,
//! `compare_nodegroups.go` and the cloud's own comparator): labels are equal except those that name
//! a place, a node or the group itself, and amounts are within a twentieth of the larger one.
//! Stricter here: taints, devices, region, priority, market and whether the group has one zone or
//! several must be the same, since each of them may be the very reason for two groups. Looser: a
//! label that only live nodes have is no difference from a group without live nodes, or groups
//! would not be balanced while one is empty.

use std::collections::{BTreeMap, BTreeSet};

use crate::index_vec::IndexVec;
use crate::plan::amounts::small;
use crate::plan::fleet::{GroupEntry, GroupIx};
use crate::plan::report::{FactSource, Unlike};
use crate::plan::situation::Situation;
use crate::plan::template::Template;
use crate::snapshot::{GroupId, Resources, Taint};
use crate::well_known::labels::{NOT_OF_SIMILAR_GROUPS, is_not_of_the_shape};

/// Amounts may differ by one part in so many of the larger one.
const TOLERANCE: i128 = 20;

/// Whether a label may differ: it names the place, the node or the group.
fn is_ignored(label: &str) -> bool {
    is_not_of_the_shape(label) || NOT_OF_SIMILAR_GROUPS.contains(&label)
}

/// The traits of a group that are compared.
struct Traits<'t> {
    group: &'t GroupEntry<'t>,
    machine_types: BTreeSet<&'t str>,
    labels: BTreeMap<&'t str, BTreeSet<&'t str>>,
    /// Labels of live nodes; none without a live node.
    seen: BTreeSet<&'t str>,
    taints: BTreeSet<&'t Taint>,
    allocatable: &'t Resources,
}

/// Returns for each group the first one that is similar, which may be itself.
pub(crate) fn first_alike(situation: &Situation<'_>) -> IndexVec<GroupIx, GroupIx> {
    let mut sets: Vec<(GroupIx, Traits<'_>)> = Vec::new();
    let of_group = |index: GroupIx| {
        let Some(traits) = Traits::of(situation, index) else { return index };
        let known = sets.iter().find(|(_, first)| traits.is_comparable(first) && traits.differences(first).is_empty());
        if let Some((first, _)) = known {
            return *first;
        }
        sets.push((index, traits));
        index
    };
    situation.groups().map(of_group).collect()
}

/// Returns groups that look similar and are not: they launch the same types and differ in one trait
/// only. More differences are hardly an oversight.
pub(crate) fn nearly_alike(situation: &Situation<'_>) -> Vec<(GroupId, GroupId, Unlike)> {
    let first = first_alike(situation);
    let firsts = situation.groups().filter(|group| first[*group] == *group);
    let traits: Vec<Traits<'_>> = firsts.filter_map(|group| Traits::of(situation, group)).collect();
    let mut found = Vec::new();
    for (place, one) in traits.iter().enumerate() {
        let only_difference = |other: &Traits<'_>| {
            let mut differences = one.differences(other);
            (one.is_comparable(other) && differences.len() == 1).then(|| (other.id(), differences.remove(0)))
        };
        if let Some((other, difference)) = traits[..place].iter().find_map(only_difference) {
            found.push((one.id(), other, difference));
        }
    }
    found
}

impl<'t> Traits<'t> {
    /// Returns the traits of a group, if its template is known.
    fn of(situation: &'t Situation<'_>, group: GroupIx) -> Option<Self> {
        Some(Self::new(&situation.fleet.groups[group], situation.template(group)?))
    }

    fn new(group: &'t GroupEntry<'_>, template: &'t Template) -> Self {
        let mut labels: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (key, value) in template.variants.iter().flat_map(|variant| &variant.labels) {
            if !is_ignored(key) {
                labels.entry(key).or_default().insert(value);
            }
        }
        let sources = template.variants.iter().flat_map(|variant| &variant.label_sources);
        let live = sources.filter(|(_, source)| matches!(source, FactSource::LiveNodes { .. }));
        Self {
            group,
            machine_types: template.variants.iter().map(|variant| variant.machine_type.as_str()).collect(),
            labels,
            seen: live.map(|(key, _)| key.as_str()).collect(),
            taints: template.taints.iter().collect(),
            allocatable: &template.allocatable,
        }
    }

    fn id(&self) -> GroupId {
        self.group.id().clone()
    }

    fn is_comparable(&self, other: &Self) -> bool {
        self.group.id().region == other.group.id().region && self.machine_types == other.machine_types
    }

    fn differences(&self, other: &Self) -> Vec<Unlike> {
        let (own, others) = (self.group, other.group);
        let own_spot = own.group.purchase.may_be_spot();
        let zones = |group: &GroupEntry<'_>| small(group.zones.len());
        let mut found = Vec::new();
        if own.policy.priority != others.policy.priority {
            found.push(Unlike::Priority { own: own.policy.priority, other: others.policy.priority });
        }
        if own_spot != others.group.purchase.may_be_spot() {
            found.push(Unlike::Purchase { own_spot });
        }
        if (zones(own) > 1) != (zones(others) > 1) {
            found.push(Unlike::Zones { own: zones(own), other: zones(others) });
        }
        found.extend(self.labels_unlike(other));
        if self.taints != other.taints {
            let list = |taints: &BTreeSet<&Taint>| taints.iter().map(|taint| (*taint).clone()).collect();
            found.push(Unlike::Taints { own: list(&self.taints), other: list(&other.taints) });
        }
        found.extend(self.amount_unlike(other));
        found
    }

    fn labels_unlike(&self, other: &Self) -> Vec<Unlike> {
        let values = |of: &Self, key: &str| -> Vec<String> {
            of.labels.get(key).into_iter().flatten().map(|value| (*value).to_owned()).collect()
        };
        let keys: BTreeSet<&str> = self.labels.keys().chain(other.labels.keys()).copied().collect();
        let is_different = |key: &str| match (self.labels.get(key), other.labels.get(key)) {
            (Some(own), Some(others)) => own != others,
            (Some(_), None) => self.vouches_for(key, other),
            (None, Some(_)) => other.vouches_for(key, self),
            (None, None) => false,
        };
        let different = keys.into_iter().filter(|key| is_different(key));
        different.map(|key| Unlike::Label { key: key.to_owned(), own: values(self, key), other: values(other, key) }).collect()
    }

    /// Whether a label that the other group lacks is a difference: it is configured, or both groups
    /// have live nodes.
    fn vouches_for(&self, key: &str, other: &Self) -> bool {
        self.group.group.tags.labels.contains_key(key) || self.seen.contains(key) && !other.seen.is_empty()
    }

    /// Returns the first amount that differs: where one does, others often do for the same reason.
    fn amount_unlike(&self, other: &Self) -> Option<Unlike> {
        let names: BTreeSet<&str> = self.allocatable.iter().chain(other.allocatable.iter()).map(|(name, _)| name).collect();
        names.into_iter().find_map(|name| {
            let (own, others) = (self.allocatable.get(name), other.allocatable.get(name));
            // One device more or less is never the same machine.
            let is_same = if name.contains('/') { own == others } else { is_within_tolerance(own, others) };
            (!is_same).then(|| Unlike::Amount { resource: name.to_owned(), own, other: others })
        })
    }
}

fn is_within_tolerance(one: i64, other: i64) -> bool {
    let (smaller, larger) = (i128::from(one.min(other)), i128::from(one.max(other)));
    (larger - smaller) * TOLERANCE <= larger
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_twentieth_of_the_larger_amount_is_tolerated() {
        for (one, other, same) in [(95, 100, true), (100, 95, true), (94, 100, false), (0, 0, true), (0, 1, false)] {
            assert_eq!(is_within_tolerance(one, other), same, "{one} {other}");
        }
    }
}
