//! What the purchases of a plan cost, so that two ways to buy can be compared.

use crate::plan::scale_up::buying::Buying;
use crate::snapshot::UsdPerHour;

/// The cost of what is bought.
#[derive(Debug)]
pub(in crate::plan::scale_up) struct Outlay {
    nodes: usize,
    /// An hour of all of them, in millionths of a dollar; `None` where the price of any is not
    /// known.
    price: Option<u64>,
    /// What they offer pods together, one amount per column.
    capacity: Vec<i128>,
}

impl Outlay {
    /// Returns the cost of what is bought by now.
    pub(in crate::plan::scale_up) fn of(buying: &Buying<'_, '_>) -> Self {
        let (catalogue, purchases) = (buying.catalogue(), buying.ledger().purchases());
        let bought = || purchases.iter_numbered().filter(|(_, purchase)| purchase.count() > 0);
        let mut capacity = vec![0; catalogue.fleet.columns.len()];
        for (group, purchase) in bought() {
            for (sum, amount) in capacity.iter_mut().zip(catalogue.free(group)) {
                *sum += i128::from(*amount) * i128::from(purchase.count());
            }
        }
        let price = bought().map(|(group, purchase)| {
            let paid = purchase.count() - purchase.reserved;
            if paid == 0 && catalogue.fleet.prices.is_some() {
                return Some(0);
            }
            let each = catalogue.situation.paid_price(group).map(UsdPerHour::micros)?;
            Some(each.saturating_mul(u64::from(paid)))
        });
        Self { nodes: buying.ledger().nodes().len(), price: price.sum(), capacity }
    }

    /// Whether this is certainly less: in price where prices are known, otherwise in every
    /// resource.
    pub(in crate::plan::scale_up) fn is_less_than(&self, other: &Self) -> bool {
        match (self.price, other.price) {
            (Some(price), Some(than)) => (price, self.nodes) < (than, other.nodes),
            _ => self.nodes <= other.nodes && self.capacity != other.capacity && self.has_no_more_than(other),
        }
    }

    /// Whether this is certainly less in every resource, and no dearer where prices are known.
    pub(in crate::plan::scale_up) fn is_smaller_than(&self, other: &Self) -> bool {
        let is_no_dearer = self.price.zip(other.price).is_none_or(|(price, than)| price <= than);
        is_no_dearer && self.nodes <= other.nodes && self.capacity != other.capacity && self.has_no_more_than(other)
    }

    /// Returns how many nodes are bought.
    pub(in crate::plan::scale_up) fn nodes(&self) -> usize {
        self.nodes
    }

    /// Returns the price of an hour; `None` where the price of any node is not known.
    pub(in crate::plan::scale_up) fn price(&self) -> Option<UsdPerHour> {
        self.price.map(UsdPerHour::from_micros)
    }

    /// Whether this is not less and cannot become so by further purchases. `may_lose_price` is
    /// whether the price of some node that could be bought is not known.
    pub(in crate::plan::scale_up) fn can_be_no_less_than(&self, other: &Self, may_lose_price: bool) -> bool {
        let by_price = match (self.price, other.price) {
            (Some(price), Some(than)) => Some((price, self.nodes) >= (than, other.nodes)),
            _ => None,
        };
        let by_resources = || self.nodes > other.nodes || !self.has_no_more_than(other);
        match by_price {
            Some(is_dear) => is_dear && (!may_lose_price || by_resources()),
            None => by_resources(),
        }
    }

    fn has_no_more_than(&self, other: &Self) -> bool {
        self.capacity.iter().zip(&other.capacity).all(|(amount, than)| amount <= than)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outlay(nodes: usize, price: Option<u64>, capacity: [i128; 2]) -> Outlay {
        Outlay { nodes, price, capacity: capacity.to_vec() }
    }

    #[test]
    fn prices_decide_where_they_are_known() {
        let (cheap, dear) = (outlay(5, Some(4), [9, 9]), outlay(4, Some(5), [8, 8]));
        assert!(cheap.is_less_than(&dear) && !dear.is_less_than(&cheap));
        assert!(outlay(4, Some(5), [9, 9]).is_less_than(&outlay(5, Some(5), [9, 9])));
    }

    #[test]
    fn without_prices_no_resource_may_be_bought_more_of() {
        let first = outlay(4, None, [8, 8]);
        assert!(outlay(3, None, [6, 8]).is_less_than(&first));
        assert!(outlay(4, Some(1), [8, 7]).is_less_than(&first), "one price alone says nothing");
        assert!(!outlay(3, None, [9, 6]).is_less_than(&first), "fewer nodes, but of larger memory");
        assert!(!outlay(5, None, [7, 7]).is_less_than(&first), "more nodes");
        assert!(!first.is_less_than(&first));
    }

    #[test]
    fn what_has_become_too_much_stays_so() {
        let best = outlay(4, Some(4), [8, 8]);
        let is_too_much =
            |nodes, price, capacity, may_lose_price| outlay(nodes, price, capacity).can_be_no_less_than(&best, may_lose_price);
        assert!(is_too_much(1, Some(5), [2, 2], false) && is_too_much(4, Some(4), [8, 8], false));
        assert!(!is_too_much(3, Some(4), [9, 9], false), "of one price the fewer nodes are better");
        assert!(!is_too_much(1, Some(5), [2, 2], true), "without a price it may still be the smaller");
        assert!(is_too_much(1, None, [9, 2], true) && !is_too_much(4, None, [8, 7], true));
    }
}
