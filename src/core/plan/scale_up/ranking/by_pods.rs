//! In which groups the next nodes of a class are bought: those that can help it, in the order of `--expander`.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::fixed::{Key, UNKNOWN_PRICE, fixed_key};
use super::price::price_of_a_pod;
use super::random::drawn;
use super::reason::Precedence;
use super::trace::{Ranking, RankingTrace};
use super::wanted::Wanted;
use super::waste::{LOOKAHEAD, Waste, waste};
use crate::index_vec::Number;
use crate::plan::fleet::GroupIx;
use crate::plan::pending::{Class, ClassIx};
use crate::plan::scale_up::buying::Buying;
use crate::plan::scale_up::existing_capacity::candidates::Candidates;
use crate::plan::scale_up::offers::fit::{Fit, ShapeIx};
use crate::policy::Expander;
use crate::snapshot::UsdPerHour;

/// What was worked out already while groups are ranked: it is the same for groups that offer the same.
#[derive(Default)]
pub(in crate::plan::scale_up) struct Known {
    waste: BTreeMap<ShapeIx, Waste>,
    /// By shape and by the price of a node.
    prices: BTreeMap<(ShapeIx, UsdPerHour), u64>,
}

impl<'a> Buying<'a, '_> {
    /// The groups to buy the next nodes of a class in, the best first.
    pub(in crate::plan::scale_up) fn groups_in_order(
        &mut self,
        candidates: &mut Candidates<'a>,
        wanted: Wanted<'_>,
    ) -> Vec<GroupIx> {
        let class = &self.classes[wanted.class];
        let may_grow = |group: GroupIx| self.situation.health(group).block.is_none() && self.nodes_left(group) > 0;
        let mut groups: Vec<GroupIx> = self
            .fleet
            .groups
            .numbers()
            .filter(|&group| self.fits[wanted.class][group] != Fit::Nowhere && may_grow(group))
            .filter(|&group| !self.waits_instead(class, group))
            .collect();
        self.sort(candidates, wanted, &mut groups);
        groups
    }

    /// Puts groups into the order in which they are tried for a class.
    pub(in crate::plan::scale_up) fn sort(
        &mut self,
        candidates: &mut Candidates<'a>,
        wanted: Wanted<'_>,
        groups: &mut [GroupIx],
    ) {
        let chain = Rc::clone(&self.chain);
        let mut known = Known::default();
        chain.sort(groups, &mut |expander, group| self.key(candidates, wanted, expander, group, &mut known));
    }

    /// What an expander says of a group. Waste and prices take their time, so that they are `known` once.
    pub(in crate::plan::scale_up) fn key(
        &mut self,
        candidates: &mut Candidates<'a>,
        wanted: Wanted<'_>,
        expander: Expander,
        group: GroupIx,
        known: &mut Known,
    ) -> Key {
        let entry = &self.fleet.groups[group];
        match expander {
            Expander::LeastWaste => {
                Key::LeastWaste(*known.waste.entry(self.shapes[group]).or_insert_with(|| self.waste(candidates, wanted, group)))
            }
            Expander::MostPods => {
                let places = self.pods_on_a_new_node(candidates, wanted.class, group).saturating_mul(self.nodes_left(group));
                Key::MostPods(Reverse(places.min(wanted.pods)))
            }
            Expander::LeastNodes => {
                let each = self.pods_on_a_new_node(candidates, wanted.class, group);
                Key::LeastNodes(wanted.pods.checked_div(each).map_or(u32::MAX, |_| wanted.pods.div_ceil(each)))
            }
            Expander::Random => {
                let first = self.classes[wanted.class].pods.first().map(|waiting| self.fleet.unbound[waiting.pod]);
                Key::Random(drawn(self.fleet.policy.seed, entry.id(), first))
            }
            Expander::Price => Key::Price(self.situation.next_price(group).map_or(UNKNOWN_PRICE, |price| {
                let place = (self.shapes[group], price);
                *known.prices.entry(place).or_insert_with(|| self.price_of_a_pod(candidates, wanted, group, price))
            })),
            Expander::Priority | Expander::Region | Expander::SingleZone | Expander::Spot => {
                fixed_key(expander, entry).unwrap_or(Key::Price(UNKNOWN_PRICE))
            }
        }
    }

    fn waste(&self, candidates: &Candidates<'a>, wanted: Wanted<'_>, group: GroupIx) -> Waste {
        let own = (candidates.cluster.demand(wanted.class.demand()).requests.as_slice(), wanted.pods);
        waste(&self.fleet.columns, self.offered(group), own, self.later(candidates, wanted, group))
    }

    fn price_of_a_pod(&self, candidates: &Candidates<'a>, wanted: Wanted<'_>, group: GroupIx, price: UsdPerHour) -> u64 {
        let own = (candidates.cluster.demand(wanted.class.demand()).requests.as_slice(), wanted.pods);
        price_of_a_pod(self.offered(group), price, own, self.later(candidates, wanted, group))
    }

    fn offered(&self, group: GroupIx) -> &[i64] {
        self.offers.of(group).map_or(&[], |offer| &offer.free)
    }

    /// What the later classes request that a new node of a group takes, each with the pods it still has.
    fn later<'o>(
        &'o self,
        candidates: &'o Candidates<'a>,
        wanted: Wanted<'o>,
        group: GroupIx,
    ) -> impl Iterator<Item = (&'o [i64], u32)> + use<'o, 'a> {
        let later = self
            .classes
            .numbers()
            .skip(wanted.class.index() + 1)
            .filter(move |&other| self.fits[other][group] == Fit::Everywhere);
        let requests = |class: ClassIx| candidates.cluster.demand(class.demand()).requests.as_slice();
        let left = later.map(move |other| (requests(other), (wanted.left_of)(other))).filter(|(_, count)| *count > 0);
        left.take(LOOKAHEAD)
    }

    /// How many pods of a class the next node of a group takes, with what keeps them apart from each other and from others.
    fn pods_on_a_new_node(&mut self, candidates: &mut Candidates<'a>, class: ClassIx, group: GroupIx) -> u32 {
        if self.offers.of(group).is_none() {
            return 0;
        }
        if candidates.cluster.demand(class.demand()).is_plain() {
            return self.room(candidates, class, group);
        }
        let launch = self.offers.next(group);
        let checkpoint = candidates.cluster.checkpoint();
        let node = self.offers.try_launch(candidates, group, &launch);
        let pods = candidates.cluster.fill(class.demand(), node, u32::MAX);
        candidates.cluster.roll_back(checkpoint);
        pods
    }

    /// Whether the class waits for an unreadable region rather than be bought for in this group: a group there might stand
    /// before it. Standing can be told only by the region, since nothing else is known of groups that could not be read.
    pub(in crate::plan::scale_up) fn waits_instead(&self, class: &Class<'_>, group: GroupIx) -> bool {
        let is_preferred = |region: &&str| {
            self.fleet.snapshot.region(region).is_some_and(|region| region.preference < self.fleet.groups[group].preference)
        };
        class.waits_for.iter().any(is_preferred)
    }

    /// Notes how the groups rank, the first time that nodes are wanted for the class that is asked about.
    pub(in crate::plan::scale_up) fn trace_ranking(&mut self, candidates: &mut Candidates<'a>, wanted: Wanted<'_>) {
        if self.trace.as_ref().is_none_or(|trace| trace.class != wanted.class || trace.ranking.is_some()) {
            return;
        }
        let fits = &self.fits[wanted.class];
        let mut order: Vec<GroupIx> = self.fleet.groups.numbers().filter(|group| fits[*group] != Fit::Nowhere).collect();
        self.sort(candidates, wanted, &mut order);
        let groups = self.balance.balanced(&order, self.ledger()).into_owned();
        let because = groups.windows(2).map(|pair| self.precedence(candidates, wanted, &order, pair[0], pair[1])).collect();
        if let Some(trace) = &mut self.trace {
            trace.ranking = Some(Ranking { groups, because, refusals: Vec::new(), together: false });
        }
    }

    /// Why a group stands before another. Groups that are balanced stand where the first of them does.
    fn precedence(
        &mut self,
        candidates: &mut Candidates<'a>,
        wanted: Wanted<'_>,
        order: &[GroupIx],
        better: GroupIx,
        worse: GroupIx,
    ) -> Precedence {
        let sizes = (self.size_of(better), self.size_of(worse));
        if self.balance.are_alike(better, worse) && sizes.0 != sizes.1 {
            return Precedence::Balance { better: sizes.0, worse: sizes.1 };
        }
        let best_of = |group: GroupIx| self.balance.alike(group, order).next().unwrap_or(group);
        let pair = match self.balance.are_alike(better, worse) {
            true => [better, worse],
            false => [best_of(better), best_of(worse)],
        };
        let mut known = Known::default();
        let fleet = self.fleet;
        let decided = fleet.policy.expander.iter().find_map(|expander| {
            let [one, other] =
                pair.map(|group| (&fleet.groups[group], self.key(candidates, wanted, expander, group, &mut known)));
            Precedence::by(fleet, expander, one, other)
        });
        decided.unwrap_or(Precedence::Name)
    }

    /// Notes that nodes for these classes were bought together.
    pub(in crate::plan::scale_up) fn note_together(&mut self, classes: impl Iterator<Item = ClassIx>) {
        if let Some(RankingTrace { class, ranking: Some(ranking) }) = &mut self.trace {
            ranking.together = classes.into_iter().any(|bought| bought == *class);
        }
    }

    /// The ranking, with what each group says by the end of the plan.
    pub(in crate::plan::scale_up) fn ranking(&mut self, candidates: &mut Candidates<'a>) -> Option<Ranking> {
        let RankingTrace { class, ranking } = self.trace.take()?;
        let mut ranking = ranking?;
        ranking.refusals = ranking.groups.iter().map(|group| self.refusal(candidates, class, *group)).collect();
        Some(ranking)
    }
}
