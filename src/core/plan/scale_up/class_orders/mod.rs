//! Buys for the classes in several orders and keeps the purchases that cost the least. No order
//! packs best for all pods: large ones first leaves nodes full before pods come that keep each
//! other away, and what is left of one resource where another is used up.

mod attempt;
mod least_nodes;
mod order;
mod outlay;

use super::buying::Buying;
use super::existing_capacity::candidates::Candidates;
use super::placements::Placements;
use crate::index_vec::IndexVec;
use crate::plan::pending::{Class, ClassIx};
use attempt::BuyingAttempt;
use order::{ClassOrder, OrderKeys};
use outlay::Outlay;

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
}

impl Tried {
    /// Buys in an order.
    fn new<'a>(
        order: Vec<ClassIx>,
        buying: &mut Buying<'a, '_>,
        candidates: &mut Candidates<'a>,
        placements: &Placements,
    ) -> Self {
        let attempt = BuyingAttempt::make(&order, buying, candidates, placements);
        Self { order, attempt, outlay: Outlay::of(buying) }
    }

    /// Whether no class gets fewer nodes than with another order, and more pods get one or all of
    /// it costs less.
    fn is_better_than(&self, other: &Self) -> bool {
        let serves_more = self.attempt.left != other.attempt.left;
        self.attempt.serves_all_of(&other.attempt) && (serves_more || self.outlay.is_less_than(&other.outlay))
    }
}

/// Buys in the order that is best of those tried. That of the classes themselves comes first, and
/// the others only where they could do better.
fn cheapest<'a>(buying: &mut Buying<'a, '_>, candidates: &mut Candidates<'a>, placements: &Placements) -> BuyingAttempt {
    let start = (buying.bookmark(), candidates.bookmark());
    let largest_first = buying.catalogue().classes.numbers().collect();
    let mut best = Tried::new(largest_first, buying, candidates, placements);
    if !best.attempt.order_matters || buying.is_at_a_limit() {
        return best.attempt;
    }
    let mut newest_order = best.order.clone();
    let keys = OrderKeys::new(buying.catalogue(), &candidates.cluster);
    for order in ClassOrder::OTHERS.map(|order| keys.sorted(order)) {
        if !best.attempt.leaves_any_with_rules(candidates) && least_nodes::are_bought(buying, candidates, &best.attempt) {
            break;
        }
        if order == best.order || order == newest_order {
            continue;
        }
        buying.go_back(start.0.clone());
        candidates.go_back(start.1);
        let tried = Tried::new(order, buying, candidates, placements);
        newest_order.clone_from(&tried.order);
        if tried.is_better_than(&best) {
            best = tried;
        }
    }
    if newest_order == best.order {
        return best.attempt;
    }
    buying.go_back(start.0);
    candidates.go_back(start.1);
    BuyingAttempt::make(&best.order, buying, candidates, placements)
}
