//! The groups among which an expander that depends on the pods decides.

use super::Buying;
use crate::plan::fleet::GroupIx;
use crate::plan::pending::ClassIx;
use crate::plan::scale_up::offers::fit::Fit;
use crate::plan::scale_up::ranking::fixed::fixed_key;
use crate::policy::Expander;

impl Buying<'_, '_> {
    /// Returns the groups for a class that are equal for all expanders `before` the one that
    /// decides, and of which it can be decided by price. A group that helps only in some of its
    /// zones, or whose price is not known, may rank before all of them: then there is none.
    pub(in crate::plan::scale_up) fn first_in_rank(
        &self,
        class: ClassIx,
        before: &[Expander],
        has_price: impl Fn(GroupIx) -> bool,
    ) -> Vec<GroupIx> {
        let catalogue = self.catalogue();
        let may_grow = |group: &GroupIx| catalogue.situation.health(*group).block.is_none() && self.nodes_left(*group) > 0;
        let takes = |group: &GroupIx| catalogue.fit(class, *group) != Fit::Nowhere;
        let waits = |group: &GroupIx| catalogue.waits_instead(class, *group);
        let helpful = catalogue.fleet.groups.numbers().filter(|group| takes(group) && may_grow(group) && !waits(group));
        let key = |group: GroupIx| -> Vec<_> {
            before.iter().filter_map(|expander| fixed_key(*expander, &catalogue.fleet.groups[group])).collect()
        };
        let mut keyed: Vec<_> = helpful.map(|group| (key(group), group)).collect();
        keyed.sort_unstable();
        let first = keyed.first().map(|(key, _)| key.clone());
        let equal = keyed.into_iter().filter(|(key, _)| Some(key) == first.as_ref()).map(|(_, group)| group);
        equal.filter(|group| has_price(*group) && catalogue.fit(class, *group) == Fit::Everywhere).collect()
    }
}
