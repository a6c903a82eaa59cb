//! What emptying nodes is worth: what it saves against what it disrupts, both as shares of the
//! fleet, so that neither the size of the fleet nor the currency matters.

use crate::plan::drain::EvictionCost;
use crate::plan::fleet::{Fleet, NodeIx, price_of};
use crate::plan::report::ConsolidationScore;
use crate::snapshot::UsdPerHour;

/// The sums of which the shares are taken: those of all nodes whose price is known.
pub(super) struct Scoring {
    price: UsdPerHour,
    disruption: u128,
}

impl Scoring {
    /// Adds up a fleet; `None` where no price is known.
    pub(super) fn new(fleet: &Fleet<'_>) -> Option<Self> {
        fleet.prices.as_ref()?;
        let mut sums = Self { price: UsdPerHour::ZERO, disruption: 0 };
        for node in fleet.nodes.numbers() {
            if let Some(price) = price_of(fleet, node) {
                sums.price = sums.price + price;
                sums.disruption += disruption(cost_of_all(fleet, node));
            }
        }
        (sums.price > UsdPerHour::ZERO).then_some(sums)
    }

    /// Returns the score of saving a price with disruptions.
    pub(super) fn score(&self, saved: UsdPerHour, disruptions: impl Iterator<Item = EvictionCost>) -> ConsolidationScore {
        let caused: u128 = disruptions.map(disruption).sum();
        let thousandths = share(u128::from(saved.micros()), self.disruption, caused, u128::from(self.price.micros()));
        ConsolidationScore(u64::try_from(thousandths).unwrap_or(u64::MAX))
    }
}

/// Returns (saved ÷ price) ÷ (caused ÷ disruption), in thousandths.
fn share(saved: u128, disruption: u128, caused: u128, price: u128) -> u128 {
    let divisor = caused.saturating_mul(price).max(1);
    saved.saturating_mul(disruption).saturating_mul(1000) / divisor
}

/// Returns what a node disrupts by going: itself as much as one ordinary pod, as in Karpenter, and
/// its pods. Pods of negative cost do not pay for others.
fn disruption(pods: EvictionCost) -> u128 {
    u128::try_from(EvictionCost::ONE.0.saturating_add(pods.0.max(0))).unwrap_or(0)
}

fn cost_of_all(fleet: &Fleet<'_>, node: NodeIx) -> EvictionCost {
    fleet.nodes[node].holders.iter().map(|pod| EvictionCost::of(pod, fleet.spec(pod), fleet.now())).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the score in a fleet of ten dollars an hour and thirty ordinary pods.
    fn score(saved: &str, pods: &[i64]) -> String {
        let scoring = Scoring { price: "10".parse().expect("an amount"), disruption: 40 * disruption(EvictionCost(0)) };
        let costs = pods.iter().map(|pods| EvictionCost(pods * EvictionCost::ONE.0));
        scoring.score(saved.parse().expect("an amount"), costs).to_string()
    }

    #[test]
    fn an_average_node_scores_one() {
        assert_eq!(score("1", &[3]), "1.00");
        assert_eq!(score("2", &[3, 3]), "1.00");
    }

    #[test]
    fn savings_raise_it_and_pods_lower_it() {
        assert_eq!(score("2", &[3]), "2.00");
        assert_eq!(score("1", &[7]), "0.50");
        assert_eq!(score("1", &[0]), "4.00");
        assert_eq!(score("1", &[-9]), "4.00", "pods that would rather go are no merit of their node");
    }

    #[test]
    fn no_size_of_fleet_is_too_large() {
        let scoring = Scoring { price: "100000".parse().expect("an amount"), disruption: 1 << 64 };
        assert_eq!(scoring.score("100000".parse().expect("an amount"), [EvictionCost(1 << 60)].into_iter()).0, 15_999);
    }
}
