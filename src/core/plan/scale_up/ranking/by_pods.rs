//! Compares the groups for some pods: the keys of the expanders that depend on the pods.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::fixed::{Key, RankRule, UNKNOWN_PRICE, fixed_key};
use super::later_classes::LaterClasses;
use super::price::price_of_a_pod;
use super::random::drawn;
use super::wanted::Wanted;
use super::waste::{LOOKAHEAD, Waste, waste};
use crate::plan::fleet::GroupIx;
use crate::plan::pending::ClassIx;
use crate::plan::scale_up::buying::ledger::Ledger;
use crate::plan::scale_up::existing_capacity::candidates::Candidates;
use crate::plan::scale_up::offers::catalogue::Catalogue;
use crate::plan::scale_up::offers::fit::{Fit, ShapeIx};
use crate::policy::Expander;
use crate::snapshot::UsdPerHour;
use crate::well_known::resources::is_device;

/// The groups as they are compared for some pods.
pub(in crate::plan::scale_up) struct GroupComparison<'r, 'a, 'b> {
    catalogue: &'r mut Catalogue<'a, 'b>,
    ledger: &'r Ledger<'a>,
    candidates: &'r mut Candidates<'a>,
    wanted: Wanted<'r>,
    later: LaterClasses<'r>,
    /// Waste and prices take long to compute, and are the same for groups that offer the same.
    waste: BTreeMap<ShapeIx, Waste>,
    prices: BTreeMap<(ShapeIx, UsdPerHour), u64>,
}

impl<'r, 'a, 'b> GroupComparison<'r, 'a, 'b> {
    pub(in crate::plan::scale_up) fn new(
        catalogue: &'r mut Catalogue<'a, 'b>,
        ledger: &'r Ledger<'a>,
        candidates: &'r mut Candidates<'a>,
        wanted: Wanted<'r>,
    ) -> Self {
        let later = LaterClasses::of(wanted);
        Self { catalogue, ledger, candidates, wanted, later, waste: BTreeMap::new(), prices: BTreeMap::new() }
    }

    /// Returns the class for which the groups are compared.
    pub(super) fn class(&self) -> ClassIx {
        self.wanted.class
    }

    /// Returns what is bought so far.
    pub(super) fn ledger(&self) -> &'r Ledger<'a> {
        self.ledger
    }

    /// Returns the groups whose new nodes take pods of the class, whether they may grow or not.
    pub(super) fn fitting(&self) -> Vec<GroupIx> {
        let class = self.class();
        self.catalogue.fleet.groups.numbers().filter(|group| self.catalogue.fit(class, *group) != Fit::Nowhere).collect()
    }

    /// Returns those of these groups that may grow now, and for which the class does not wait for a
    /// region instead.
    pub(super) fn helpful(&self) -> Vec<GroupIx> {
        let class = self.class();
        let may_grow =
            |group: GroupIx| self.catalogue.situation.health(group).block.is_none() && self.ledger.nodes_left(group) > 0;
        let mut groups = self.fitting();
        groups.retain(|group| may_grow(*group) && !self.catalogue.waits_instead(class, *group));
        groups
    }

    /// Returns the key of a group for a rule.
    pub(super) fn rule_key(&mut self, rule: RankRule, group: GroupIx) -> Key {
        match rule {
            RankRule::Reserved => self.reserved_key(group),
            RankRule::Of(expander) => self.key(expander, group),
        }
    }

    /// Returns the key of a group for an expander.
    fn key(&mut self, expander: Expander, group: GroupIx) -> Key {
        let fleet = self.catalogue.fleet;
        match expander {
            Expander::LeastWaste => Key::LeastWaste(self.waste(group)),
            Expander::MostPods => {
                let places = self.pods_on_a_new_node(group).saturating_mul(self.ledger.nodes_left(group));
                Key::MostPods(Reverse(places.min(self.wanted.pods)))
            }
            Expander::LeastNodes => {
                let (pods, each) = (self.wanted.pods, self.pods_on_a_new_node(group));
                Key::LeastNodes(pods.checked_div(each).map_or(u32::MAX, |_| pods.div_ceil(each)))
            }
            Expander::Random => {
                let first = self.catalogue.classes[self.class()].pods.first().map(|waiting| fleet.unbound[waiting.pod]);
                Key::Random(drawn(fleet.policy.seed, fleet.groups[group].id(), first))
            }
            Expander::Price => {
                let paid = self.catalogue.situation.paid_price(group);
                let price = if self.ledger.is_next_reserved(group) { Some(UsdPerHour::ZERO) } else { paid };
                Key::Price(price.map_or(UNKNOWN_PRICE, |price| self.price_of_a_pod(group, price)))
            }
            Expander::Priority | Expander::Region | Expander::SingleZone | Expander::Spot => {
                fixed_key(expander, &fleet.groups[group]).unwrap_or(Key::Price(UNKNOWN_PRICE))
            }
        }
    }

    /// Returns the key of a group by whether its next node uses a reservation. One with devices
    /// that the pods do not request is left to those that do.
    fn reserved_key(&self, group: GroupIx) -> Key {
        let (columns, free) = (&self.catalogue.fleet.columns, self.catalogue.free(group));
        let requests = &self.candidates.cluster.demand(self.class().demand()).requests;
        let devices = || (0..free.len()).filter(|column| free[*column] > 0 && is_device(columns.name(*column)));
        let serves = devices().next().is_none() || devices().any(|column| requests[column] > 0);
        Key::Paid(!(serves && self.ledger.is_next_reserved(group)))
    }

    fn pods_on_a_new_node(&mut self, group: GroupIx) -> u32 {
        self.catalogue.pods_on_a_new_node(self.candidates, self.wanted.class, group)
    }

    fn waste(&mut self, group: GroupIx) -> Waste {
        let shape = self.catalogue.shape(group);
        if let Some(known) = self.waste.get(&shape) {
            return *known;
        }
        let later = self.later(shape);
        let others = self.requests_of(&later);
        let found = waste(&self.catalogue.fleet.columns, self.catalogue.free(group), self.own(), others);
        self.waste.insert(shape, found);
        found
    }

    fn price_of_a_pod(&mut self, group: GroupIx, price: UsdPerHour) -> u64 {
        let place = (self.catalogue.shape(group), price);
        if let Some(known) = self.prices.get(&place) {
            return *known;
        }
        let later = self.later(place.0);
        let found = price_of_a_pod(self.catalogue.free(group), price, self.own(), self.requests_of(&later));
        self.prices.insert(place, found);
        found
    }

    /// Returns what one of the pods requests, and how many they are.
    fn own(&self) -> (&[i64], u32) {
        (&self.candidates.cluster.demand(self.class().demand()).requests, self.wanted.pods)
    }

    /// Returns the later classes that a new node of a shape takes, with the pods each still has.
    fn later(&mut self, shape: ShapeIx) -> Vec<(ClassIx, u32)> {
        let fits = self.catalogue.fits_of(shape);
        self.later.first(LOOKAHEAD, |class| fits[class] == Fit::Everywhere)
    }

    /// Returns what a pod of each class requests, with their number.
    fn requests_of(&self, classes: &[(ClassIx, u32)]) -> impl Iterator<Item = (&[i64], u32)> {
        classes.iter().map(|(class, pods)| (self.candidates.cluster.demand(class.demand()).requests.as_slice(), *pods))
    }
}
