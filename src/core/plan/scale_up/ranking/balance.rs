//! `--balance-similar-groups`, and also without it where pods are spread over the groups: similar
//! groups rank together, where the best of them does, and the smallest of them gets the next node.

use std::borrow::Cow;

use super::similar_groups::first_alike;
use crate::index_vec::IndexVec;
use crate::plan::amounts::small;
use crate::plan::fleet::GroupIx;
use crate::plan::scale_up::buying::ledger::Ledger;
use crate::plan::situation::Situation;

/// The facts about the groups that balancing needs.
pub(in crate::plan::scale_up) struct Balance {
    /// Whether new nodes of any group are spread over others.
    is_on: bool,
    /// For each group the first of those over which its new nodes are spread: itself, unless that
    /// is on.
    first_alike: IndexVec<GroupIx, GroupIx>,
    /// How many nodes of each group are live or upcoming.
    sizes: IndexVec<GroupIx, u32>,
}

impl Balance {
    pub(in crate::plan::scale_up) fn new(situation: &Situation<'_>, are_spread: bool) -> Self {
        let fleet = &situation.fleet;
        let first_alike: IndexVec<GroupIx, GroupIx> = match fleet.policy.balance_similar_groups || are_spread {
            true => first_alike(situation),
            false => fleet.groups.numbers().collect(),
        };
        let is_on = first_alike.iter_numbered().any(|(group, first)| group != *first);
        let live = |group: GroupIx| small(fleet.groups[group].live().count());
        let sizes = situation.groups().map(|group| live(group).saturating_add(situation.health(group).gap.coming())).collect();
        Self { is_on, first_alike, sizes }
    }

    /// Returns the groups in their order, with similar ones together where the best of them ranks,
    /// the smallest first.
    pub(in crate::plan::scale_up) fn balanced<'o>(&self, order: &'o [GroupIx], ledger: &Ledger<'_>) -> Cow<'o, [GroupIx]> {
        if !self.is_on {
            return Cow::Borrowed(order);
        }
        let mut best: IndexVec<GroupIx, Option<usize>> = IndexVec::filled(self.first_alike.len(), None);
        for (rank, group) in order.iter().enumerate() {
            best[self.first_alike[*group]].get_or_insert(rank);
        }
        let mut balanced = order.to_vec();
        balanced.sort_by_cached_key(|group| (best[self.first_alike[*group]], self.size_of(*group, ledger)));
        Cow::Owned(balanced)
    }

    /// Returns those of some groups that are similar to a group, itself among them.
    pub(in crate::plan::scale_up) fn alike<'o>(
        &'o self,
        group: GroupIx,
        among: &'o [GroupIx],
    ) -> impl Iterator<Item = GroupIx> + 'o {
        among.iter().copied().filter(move |other| self.are_alike(*other, group))
    }

    /// Whether new nodes are spread over two groups.
    pub(in crate::plan::scale_up) fn are_alike(&self, one: GroupIx, other: GroupIx) -> bool {
        self.first_alike[one] == self.first_alike[other]
    }

    /// Returns how many nodes of a group are live, upcoming or planned.
    pub(in crate::plan::scale_up) fn size_of(&self, group: GroupIx, ledger: &Ledger<'_>) -> u32 {
        self.sizes[group].saturating_add(ledger.bought(group))
    }
}
