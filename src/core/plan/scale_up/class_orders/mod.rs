//! Buys for the classes in several orders and keeps the purchases that cost the least. No order
//! packs best for all pods: large ones first leaves nodes full before pods come that keep each
//! other away, and what is left of one resource where another is used up.

mod attempt;
mod least_nodes;
mod order;
mod outlay;

use super::buying::Buying;
use super::every_zone;
use super::existing_capacity::candidates::Candidates;
use super::placements::Placements;
use crate::index_vec::IndexVec;
use crate::plan::pending::{Class, ClassIx};
use attempt::BuyingAttempt;
use order::{ClassOrder, OrderKeys};
pub(super) use outlay::Outlay;

/// Buys for the pods that have no node yet, and gives them their places.
pub(super) fn buy<'a>(
    buying: &mut Buying<'a, '_>,
    candidates: &mut Candidates<'a>,
    classes: &IndexVec<ClassIx, Class<'a>>,
    placements: &mut Placements,
) {
    for (class, placed) in cheapest(buying, candidates, placements).placed {
        placements.record(class, &classes[class], &placed);
    }
}

/// What came of an order.
struct Tried {
    order: Vec<ClassIx>,
    attempt: BuyingAttempt,
    outlay: Outlay,
    /// Whether no order needs fewer nodes.
    is_least: bool,
}

impl Tried {
    /// Buys in an order. Returns `None` when it has become too much.
    fn new<'a>(
        order: Vec<ClassIx>,
        buying: &mut Buying<'a, '_>,
        candidates: &mut Candidates<'a>,
        placements: &Placements,
        is_too_much: &dyn Fn(&Buying<'a, '_>) -> bool,
    ) -> Option<Self> {
        let attempt = BuyingAttempt::make(&order, buying, candidates, placements, is_too_much)?;
        let is_least = !attempt.leaves_any_with_rules(candidates) && least_nodes::are_bought(buying, candidates, &attempt);
        Some(Self { order, attempt, outlay: Outlay::of(buying), is_least })
    }

    /// Whether no class gets fewer nodes than with another order, and more pods get one or all of
    /// it costs less.
    fn is_better_than(&self, other: &Self) -> bool {
        let serves_more = self.attempt.left != other.attempt.left;
        self.attempt.serves_all_of(&other.attempt) && (serves_more || self.outlay.is_less_than(&other.outlay))
    }
}

/// Buys in the order that is best of those tried. That of the classes themselves comes first, and
/// the others only where they could do better, and only for as long.
fn cheapest<'a>(buying: &mut Buying<'a, '_>, candidates: &mut Candidates<'a>, placements: &Placements) -> BuyingAttempt {
    every_zone::expect(buying, candidates, placements);
    let start = (buying.bookmark(), candidates.bookmark());
    let largest_first: Vec<ClassIx> =
        buying.catalogue().classes.numbers().filter(|class| placements.left(*class) > 0).collect();
    let first = Tried::new(largest_first.clone(), buying, candidates, placements, &|_| false);
    let mut best = first.expect("nothing is too much");
    if !best.attempt.order_matters || buying.is_at_a_limit() {
        return best.attempt;
    }
    let mut newest_order = best.order.clone();
    // What the best order has bought, while something else is.
    let mut bought = None;
    let keys = OrderKeys::new(buying.catalogue(), &candidates.cluster);
    for order in ClassOrder::OTHERS.map(|order| keys.sorted(&largest_first, order)) {
        if best.is_least {
            break;
        }
        if order == best.order || order == newest_order {
            continue;
        }
        if newest_order == best.order {
            bought = Some(buying.bookmark());
        }
        buying.go_back(start.0.clone());
        candidates.go_back(start.1);
        newest_order.clone_from(&order);
        let serves_more = best.attempt.leaves_any_that_may_be_served(buying, candidates);
        let may_lose_price = buying.catalogue().may_lack_a_price();
        let is_too_much =
            |buying: &Buying<'a, '_>| !serves_more && Outlay::of(buying).can_be_no_less_than(&best.outlay, may_lose_price);
        let tried = Tried::new(order, buying, candidates, placements, &is_too_much);
        if let Some(tried) = tried.filter(|tried| tried.is_better_than(&best)) {
            best = tried;
        }
    }
    if newest_order == best.order {
        return best.attempt;
    }
    buying.go_back(start.0);
    candidates.go_back(start.1);
    if let Some(bought) = bought.filter(|_| best.attempt.serves_everyone() && !buying.is_traced()) {
        // Nothing else looks at where the pods are.
        buying.go_back(bought);
        return best.attempt;
    }
    let again = BuyingAttempt::make(&best.order, buying, candidates, placements, &|_| false);
    again.expect("nothing is too much")
}
