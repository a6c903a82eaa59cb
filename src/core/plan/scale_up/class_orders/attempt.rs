//! Buying for every class once, in a certain order.

use crate::index_vec::IndexVec;
use crate::plan::fleet::GroupIx;
use crate::plan::pending::ClassIx;
use crate::plan::scale_up::buying::Buying;
use crate::plan::scale_up::existing_capacity::candidates::{Candidates, Placement};
use crate::plan::scale_up::offers::fit::Fit;
use crate::plan::scale_up::placements::Placements;

/// What came of buying in one order.
pub(super) struct BuyingAttempt {
    /// How many pods of each class have no node.
    pub(super) left: IndexVec<ClassIx, u32>,
    /// Who got a node, in the order of the purchases.
    pub(super) placed: Vec<(ClassIx, Vec<Placement>)>,
    /// Whether the order of the classes could make a difference.
    pub(super) order_matters: bool,
}

impl BuyingAttempt {
    /// Buys for the pods that have no node yet. First the zones count in which nothing is bought
    /// yet; the pods that get no node that way are bought for without them. Gives up, and returns
    /// `None`, when what is bought has become too much.
    pub(super) fn make<'a>(
        order: &[ClassIx],
        buying: &mut Buying<'a, '_>,
        candidates: &mut Candidates<'a>,
        placements: &Placements,
        is_too_much: &dyn Fn(&Buying<'a, '_>) -> bool,
    ) -> Option<Self> {
        let left = buying.catalogue().classes.numbers().map(|class| placements.left(class)).collect();
        let mut attempt = Self { left, placed: Vec::new(), order_matters: false };
        candidates.cluster.count_expected_domains();
        let is_done = attempt.buy(order, buying, candidates, is_too_much);
        let is_to_be_repeated = candidates.cluster.ignore_expected_domains();
        (is_done && (!is_to_be_repeated || attempt.buy(order, buying, candidates, is_too_much))).then_some(attempt)
    }

    /// Buys for every class in its turn, with `price` for all together as far as possible; then
    /// again for those that the purchases for others may have helped, until nothing changes.
    /// Returns whether it got so far.
    fn buy<'a>(
        &mut self,
        order: &[ClassIx],
        buying: &mut Buying<'a, '_>,
        candidates: &mut Candidates<'a>,
        is_too_much: &dyn Fn(&Buying<'a, '_>) -> bool,
    ) -> bool {
        for (class, placed) in buying.buy_mix(candidates, order, &|class| self.left[class]) {
            self.record(class, placed);
        }
        self.order_matters |= order.iter().filter(|class| self.left[**class] > 0).count() > 1;
        for (turn, &class) in order.iter().enumerate() {
            let before = buying.ledger().nodes().len();
            let placed = buying.buy_for(candidates, class, &order[turn + 1..], &|class| self.left[class]);
            self.record(class, placed);
            if buying.ledger().nodes().len() > before && is_too_much(buying) {
                return false;
            }
        }
        let mut progress = true;
        while progress {
            progress = false;
            for (turn, &class) in order.iter().enumerate() {
                if self.left[class] > 0 && buying.catalogue().may_be_helped_later(candidates, class) {
                    progress |= self.buy_again(class, &order[turn + 1..], buying, candidates);
                }
            }
        }
        true
    }

    /// Places pods of a class on anything that is there by now, and buys for the others. Returns
    /// whether any was bought for.
    fn buy_again<'a>(
        &mut self,
        class: ClassIx,
        later: &[ClassIx],
        buying: &mut Buying<'a, '_>,
        candidates: &mut Candidates<'a>,
    ) -> bool {
        let placed = candidates.place(class, self.left[class], 0..candidates.len());
        buying.count_placed(&placed);
        self.record(class, placed);
        let bought = buying.buy_for(candidates, class, later, &|class| self.left[class]);
        let any = !bought.is_empty();
        self.record(class, bought);
        any
    }

    /// Whether pods have no node of which more than requests matters: others that were bought for
    /// before them may be why.
    pub(super) fn leaves_any_with_rules(&self, candidates: &Candidates<'_>) -> bool {
        let has_rules = |class: ClassIx| !candidates.cluster.demand(class.demand()).is_plain();
        self.left.iter_numbered().any(|(class, left)| *left > 0 && has_rules(class))
    }

    /// Whether every pod has a node.
    pub(super) fn serves_everyone(&self) -> bool {
        self.left.iter().all(|left| *left == 0)
    }

    /// Whether pods have no node that could get one in another order, given what could be bought
    /// at the start: those that a group would take which may grow, or others might help.
    pub(super) fn leaves_any_that_may_be_served(&self, buying: &Buying<'_, '_>, candidates: &Candidates<'_>) -> bool {
        let catalogue = buying.catalogue();
        let may_grow = |group: &GroupIx| catalogue.situation.health(*group).block.is_none() && buying.nodes_left(*group) > 0;
        let growing: Vec<GroupIx> = catalogue.fleet.groups.numbers().filter(may_grow).collect();
        let may_be_served = |class: ClassIx| {
            candidates.cluster.demand(class.demand()).follows_others()
                || growing.iter().any(|group| catalogue.fit(class, *group) != Fit::Nowhere)
        };
        self.left.iter_numbered().any(|(class, left)| *left > 0 && may_be_served(class))
    }

    /// Whether no class got fewer nodes than in another attempt.
    pub(super) fn serves_all_of(&self, other: &Self) -> bool {
        self.left.iter().zip(&other.left).all(|(left, other)| left <= other)
    }

    fn record(&mut self, class: ClassIx, placed: Vec<Placement>) {
        if !placed.is_empty() {
            self.left[class] -= placed.iter().map(|placed| placed.pods).sum::<u32>();
            self.placed.push((class, placed));
        }
    }
}
