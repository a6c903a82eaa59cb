//! The pods that new nodes are bought for, and where else they could be bought for: the input of
//! the lower bound of the bill.

use std::collections::BTreeMap;

use super::Buying;
use crate::index_vec::IndexVec;
use crate::plan::amounts::small;
use crate::plan::bill::{Load, Offered, bound_by_fillings, lower_bound};
use crate::plan::fleet::GroupIx;
use crate::plan::group_health::headroom;
use crate::plan::pending::{Class, ClassIx};
use crate::plan::report::PodVerdict;
use crate::plan::scale_up::existing_capacity::candidates::Candidates;
use crate::plan::scale_up::offers::fit::Fit;
use crate::plan::scale_up::{GroupPurchase, PodRuling};
use crate::snapshot::{GroupId, UsdPerHour};

/// What every class requests and where it could be bought for, before anything is bought.
pub(in crate::plan::scale_up) struct Choices {
    /// The load of each class, without its pods until they are counted.
    loads: Vec<Load>,
    /// What is bought for them.
    bought: UsdPerHour,
    offers: IndexVec<GroupIx, Option<Offered>>,
    /// The most that nodes in free places of reservations would cost if they were paid for.
    reserved: UsdPerHour,
    /// How many nodes each group may add, where `price` is among the expanders.
    limits: Option<IndexVec<GroupIx, u32>>,
    /// The groups of known price.
    known: BTreeMap<GroupId, GroupIx>,
}

impl<'a> Buying<'a, '_> {
    /// Returns the choices, if there are any prices.
    pub(in crate::plan::scale_up) fn choices(&self, candidates: &Candidates<'a>) -> Option<Choices> {
        let prices = self.catalogue.fleet.prices.as_ref()?;
        let groups = self.catalogue.fleet.groups.numbers();
        let offer = |group: GroupIx| {
            let paid = prices.of_the_cheapest_node(&self.catalogue.fleet.groups[group]);
            let price = paid.or_else(|| self.ledger.is_next_reserved(group).then_some(UsdPerHour::ZERO))?;
            Some(Offered { free: self.catalogue.offers.of(group)?.free.clone(), price })
        };
        let offers: IndexVec<GroupIx, Option<Offered>> = groups.clone().map(offer).collect();
        let may_grow = |group: GroupIx| {
            self.catalogue.situation.health(group).block.is_none() && headroom(&self.catalogue.fleet.groups[group]) > 0
        };
        let takes = |class: ClassIx, group: GroupIx| self.catalogue.fit(class, group) != Fit::Nowhere && may_grow(group);
        let load = |class: ClassIx| Load {
            requests: candidates.cluster.demand(class.demand()).requests.clone(),
            pods: 0,
            groups: groups.clone().filter(|group| offers[*group].is_some() && takes(class, *group)).collect(),
        };
        let limits = || groups.clone().map(|group| headroom(&self.catalogue.fleet.groups[group])).collect();
        let known = groups.clone().filter(|group| offers[*group].is_some());
        let price = |group: GroupIx| offers[group].as_ref().map_or(UsdPerHour::ZERO, |offer| offer.price);
        let reserved = self.catalogue.fleet.reserved.worth(price);
        Some(Choices {
            reserved,
            limits: self.catalogue.fleet.policy.expander.needs_prices().then(limits),
            loads: self.catalogue.classes.numbers().map(load).collect(),
            bought: UsdPerHour::ZERO,
            known: known.map(|group| (self.catalogue.fleet.groups[group].id().clone(), group)).collect(),
            offers,
        })
    }
}

impl Choices {
    /// Counts the pods that got new nodes of a known price, and what these cost.
    pub(in crate::plan::scale_up) fn count_bought(
        &mut self,
        classes: &IndexVec<ClassIx, Class<'_>>,
        rulings: &[&PodRuling],
        purchases: &IndexVec<GroupIx, GroupPurchase>,
    ) {
        let is_bought = |pod: usize| match &rulings[pod].ruling.verdict {
            PodVerdict::FitsNew { group, .. } => self.known.contains_key(&**group),
            _ => false,
        };
        for (load, class) in self.loads.iter_mut().zip(classes) {
            load.pods = small(class.pods.iter().filter(|waiting| is_bought(waiting.pod)).count());
        }
        self.loads.retain(|load| load.pods > 0);
        self.bought = self.price_of(purchases);
    }

    /// Returns these pods.
    pub(in crate::plan::scale_up) fn loads(&self) -> &[Load] {
        &self.loads
    }

    /// Returns what new nodes for them cost at least.
    pub(in crate::plan::scale_up) fn least(&self) -> Option<UsdPerHour> {
        let by_fillings = |limits| bound_by_fillings(&self.loads, &self.offers, limits, self.bought);
        // What a free place takes over costs no more than its node would.
        let least = || {
            let by_fillings = self.limits.as_ref().map(by_fillings).unwrap_or_default();
            lower_bound(&self.loads, &self.offers).max(by_fillings) - self.reserved
        };
        (!self.loads.is_empty()).then(least)
    }

    /// Returns what the nodes cost that are bought because pods need them.
    fn price_of(&self, purchases: &IndexVec<GroupIx, GroupPurchase>) -> UsdPerHour {
        let needed = |bought: &GroupPurchase| bought.count() - bought.spare - bought.loose - bought.to_min.0;
        let price = |(group, bought)| Some(self.offers[group].as_ref()?.price.times(needed(bought)));
        purchases.iter_numbered().filter_map(price).sum()
    }
}
