//! What the purchases of a plan cost, so that two ways to buy can be compared.

use crate::plan::scale_up::buying::Buying;
use crate::snapshot::UsdPerHour;

/// The cost of what is bought.
#[derive(Debug)]
pub(super) struct Outlay {
    nodes: usize,
    /// An hour of all of them, in millionths of a dollar; `None` where the price of any is not
    /// known.
    price: Option<u64>,
    /// What they offer pods together, one amount per column.
    capacity: Vec<i128>,
}

impl Outlay {
    /// Returns the cost of what is bought by now.
    pub(super) fn of(buying: &Buying<'_, '_>) -> Self {
        let (catalogue, purchases) = (buying.catalogue(), buying.ledger().purchases());
        let bought = || purchases.iter_numbered().filter(|(_, purchase)| purchase.count() > 0);
        let mut capacity = vec![0; catalogue.fleet.columns.len()];
        for (group, purchase) in bought() {
            for (sum, amount) in capacity.iter_mut().zip(catalogue.free(group)) {
                *sum += i128::from(*amount) * i128::from(purchase.count());
            }
        }
        let price = bought().map(|(group, purchase)| {
            let each = catalogue.situation.next_price(group).map(UsdPerHour::micros)?;
            Some(each.saturating_mul(u64::from(purchase.count())))
        });
        Self { nodes: buying.ledger().nodes().len(), price: price.sum(), capacity }
    }

    /// Whether this is certainly less: in price where prices are known, otherwise in every
    /// resource.
    pub(super) fn is_less_than(&self, other: &Self) -> bool {
        match (self.price, other.price) {
            (Some(price), Some(than)) => (price, self.nodes) < (than, other.nodes),
            _ => self.nodes <= other.nodes && self.capacity != other.capacity && self.has_no_more_than(other),
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
}
