//! Makes a mix cheaper by taking a few nodes away and packing their pods anew (Schrimpf et al.,
//! "Record Breaking Optimization Results Using the Ruin and Recreate Principle", 2000).

use super::chance::Draws;
use crate::index_vec::IndexVec;
use crate::plan::amounts::small;
use crate::plan::bill::fillings::{Assortment, Bundle, Filling, Knapsack, NodeKindIx, NodeLimits, PodKindIx, float};

/// So many nodes are taken away at least and at most.
const NODES: (usize, usize) = (2, 9);
/// The steps of one knapsack search.
const STEPS: u32 = 120;
/// How often a few nodes are packed anew at most.
const MOST_ROUNDS: u32 = 6_000;
/// By how large a part the worth of pods is moved at random.
const NOISE: f64 = 0.06;
/// By how large a part that of whole nodes is where a mix has few nodes: some that are each a
/// little worse may be cheaper together.
const NOISE_OF_NODES: f64 = 0.25;

/// What a search for cheaper nodes goes by.
pub(super) struct Rebuilder<'s> {
    pub(super) supply: &'s Assortment,
    pub(super) knapsack: Knapsack<'s>,
    /// What a pod of each shape is worth: no filling of a node is worth more than it costs.
    pub(super) worth: IndexVec<PodKindIx, f64>,
    /// How many more nodes may be bought.
    pub(super) left: NodeLimits,
    pub(super) chance: Draws,
}

impl Rebuilder<'_> {
    /// Tries so many times for each node, and at least so often, to pack a few of them anew, as
    /// long as no more is looked at, with no more nodes than the limits.
    pub(super) fn improve_within(
        &mut self,
        limits: &NodeLimits,
        mix: &mut Vec<Bundle>,
        ((rounds_a_node, least), work): ((u32, u32), u64),
    ) {
        self.left.clone_from(limits);
        for bundle in mix.iter() {
            self.left.take(bundle.machine);
        }
        let most_work = self.knapsack.work().saturating_add(work);
        let rounds = small(mix.len()).saturating_mul(rounds_a_node).min(MOST_ROUNDS);
        for round in 0..rounds.max(least) {
            if mix.len() < 2 || self.knapsack.work() > most_work {
                return;
            }
            self.improve_some(mix, if round < rounds { 0.0 } else { NOISE_OF_NODES });
        }
    }

    /// Returns nodes for all these pods, one after the other the one whose filling is worth most
    /// for its price, as often as its pods are there; none where the limits leave pods without a
    /// node.
    pub(super) fn filled_by_worth(&mut self, limits: &NodeLimits, mut pods: Filling) -> Option<Vec<Bundle>> {
        self.left.clone_from(limits);
        let worth = self.worth.clone();
        let mut mix = Vec::new();
        while !pods.is_empty() {
            let bundle = self.next(&pods, (&worth, 0.0), f64::INFINITY)?;
            let times =
                |(shape, each): &(PodKindIx, u32)| pods.iter().find(|(known, _)| known == shape).map(|(_, left)| left / each);
            for _ in 0..bundle.pods.iter().filter_map(times).min().unwrap_or(1).max(1) {
                if !self.left.allow(bundle.machine) {
                    break;
                }
                self.left.take(bundle.machine);
                subtract(&mut pods, &bundle.pods);
                mix.push(bundle.clone());
            }
        }
        Some(mix)
    }

    fn improve_some(&mut self, mix: &mut Vec<Bundle>, noise_of_nodes: f64) {
        let most = NODES.1.min(mix.len());
        let count = NODES.0 + self.chance.below(most - NODES.0 + 1);
        let mut chosen: Vec<usize> = Vec::with_capacity(count);
        while chosen.len() < count {
            let mut pick = self.chance.below(mix.len());
            if chosen.len() < 2 {
                // Nodes whose pods are worth little are the first to look at.
                for _ in 0..3 {
                    let other = self.chance.below(mix.len());
                    if self.loss(&mix[other]) > self.loss(&mix[pick]) {
                        pick = other;
                    }
                }
            }
            if !chosen.contains(&pick) {
                chosen.push(pick);
            } else if chosen.len() + 1 >= mix.len() || self.chance.below(4) == 0 {
                break;
            }
        }
        let price: u64 = chosen.iter().map(|place| self.supply.machines[mix[*place].machine].price).sum();
        let mut pods: Filling = Vec::new();
        for place in &chosen {
            add(&mut pods, &mix[*place].pods);
            self.left.give_back(mix[*place].machine);
        }
        match self.pack(pods, (price, chosen.len()), noise_of_nodes) {
            Some(packed) => {
                chosen.sort_unstable();
                for place in chosen.into_iter().rev() {
                    mix.swap_remove(place);
                }
                for bundle in &packed {
                    self.left.take(bundle.machine);
                }
                mix.extend(packed);
            }
            None => chosen.iter().for_each(|place| self.left.take(mix[*place].machine)),
        }
    }

    fn loss(&self, bundle: &Bundle) -> f64 {
        self.supply.price(bundle.machine) - self.value(&bundle.pods)
    }

    fn value(&self, pods: &[(PodKindIx, u32)]) -> f64 {
        pods.iter().map(|(shape, pods)| self.worth[*shape] * f64::from(*pods)).sum()
    }

    /// Packs pods on nodes that cost no more than so much, or as much and are no more nodes.
    fn pack(&mut self, mut pods: Filling, (price, count): (u64, usize), noise_of_nodes: f64) -> Option<Vec<Bundle>> {
        let mut packed = Vec::new();
        let mut paid = 0;
        let mut taken: Vec<NodeKindIx> = Vec::new();
        let mut noisy = self.worth.clone();
        let noise = NOISE * self.chance.part();
        let of_nodes = if noise_of_nodes > 0.0 { noise_of_nodes * self.chance.part() } else { 0.0 };
        for (shape, _) in &pods {
            noisy[*shape] *= 1.0 + noise * (2.0 * self.chance.part() - 1.0);
        }
        let result = loop {
            if pods.is_empty() {
                break (paid < price || (paid == price && packed.len() <= count)).then_some(packed);
            }
            if float(paid) + self.value(&pods) * 0.999_999 > float(price) {
                break None;
            }
            let budget = float(price - paid) - self.value(&pods);
            let Some(bundle) = self.next(&pods, (&noisy, of_nodes), budget) else { break None };
            paid += self.supply.machines[bundle.machine].price;
            if paid > price {
                break None;
            }
            self.left.take(bundle.machine);
            taken.push(bundle.machine);
            subtract(&mut pods, &bundle.pods);
            packed.push(bundle);
        };
        for machine in taken {
            self.left.give_back(machine);
        }
        result
    }

    /// Returns the node whose filling is worth most for its price. No more than the budget may be
    /// paid beyond what pods are worth.
    fn next(
        &mut self,
        pods: &[(PodKindIx, u32)],
        (worth, noise): (&IndexVec<PodKindIx, f64>, f64),
        budget: f64,
    ) -> Option<Bundle> {
        let mut machines: Vec<(f64, f64, NodeKindIx)> = Vec::new();
        for machine in self.supply.machines.numbers() {
            if self.left.allow(machine) {
                let at_most = self.knapsack.at_most(machine, pods.iter().copied(), worth);
                let price = self.supply.price(machine);
                if at_most > 0.0 && at_most * (1.0 + NOISE) >= price - budget {
                    let factor = if noise > 0.0 { 1.0 + noise * (2.0 * self.chance.part() - 1.0) } else { 1.0 };
                    machines.push((at_most / price.max(1.0) * factor, factor, machine));
                }
            }
        }
        machines.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.2.cmp(&other.2)));
        let mut best: Option<(f64, Bundle)> = None;
        for (at_most, factor, machine) in machines {
            if best.as_ref().is_some_and(|(most, _)| at_most <= *most) {
                break;
            }
            let found = self.knapsack.best(machine, pods.iter().copied(), worth, STEPS);
            let price = self.supply.price(machine);
            let ratio = found.value / price.max(1.0) * factor;
            let is_better = best.as_ref().is_none_or(|(most, _)| ratio > *most);
            if is_better && !found.pods.is_empty() && self.value(&found.pods) >= price - budget - 1e-3 {
                best = Some((ratio, Bundle { machine, pods: found.pods }));
            }
        }
        best.map(|(_, bundle)| bundle)
    }
}

pub(super) fn add(pods: &mut Filling, more: &[(PodKindIx, u32)]) {
    for (shape, count) in more {
        match pods.iter_mut().find(|(known, _)| known == shape) {
            Some((_, pods)) => *pods += count,
            None => pods.push((*shape, *count)),
        }
    }
}

pub(super) fn subtract(pods: &mut Filling, less: &[(PodKindIx, u32)]) {
    for (shape, count) in less {
        if let Some((_, pods)) = pods.iter_mut().find(|(known, _)| known == shape) {
            *pods = pods.saturating_sub(*count);
        }
    }
    pods.retain(|(_, pods)| *pods > 0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index_vec::Number as _;
    use crate::plan::bill::fillings::NodeKind;

    /// Returns two shapes that fill a node together, and nodes of two sizes.
    fn supply(limit: u32) -> Assortment {
        let kind = |size: i64, price: u64| NodeKind { free: vec![size; 2], price, limit, takes: vec![true; 2].into() };
        Assortment { shapes: vec![vec![8, 2], vec![2, 8]].into(), machines: vec![kind(10, 100), kind(20, 230)].into() }
    }

    fn filled(limit: u32, each: u32) -> Option<Vec<Bundle>> {
        let supply = supply(limit);
        let (limits, worth) = (supply.limits(u32::MAX), vec![50.0; 2].into());
        let mut rebuilder = Rebuilder {
            supply: &supply,
            knapsack: Knapsack::new(&supply),
            worth,
            left: limits.clone(),
            chance: Draws::seeded(1),
        };
        let pods = (0..2).map(|shape| (PodKindIx::from_index(shape), each)).collect();
        rebuilder.filled_by_worth(&limits, pods)
    }

    /// Goes red when a node is filled with one shape after the other.
    #[test]
    fn shapes_that_complete_each_other_share_the_cheapest_nodes() {
        let one_of_each = vec![(PodKindIx::from_index(0), 1), (PodKindIx::from_index(1), 1)];
        let node = Bundle { machine: NodeKindIx::from_index(0), pods: one_of_each };
        let mut mix = filled(1000, 700).expect("room for all");
        for bundle in &mut mix {
            bundle.pods.sort_unstable();
        }
        assert_eq!(mix, vec![node; 700]);
    }

    /// Goes red when a filling is repeated beyond its limit, or pods are forgotten for want of
    /// nodes.
    #[test]
    fn no_kind_has_more_nodes_than_its_limit() {
        let mix = filled(2, 4).expect("room for all");
        let of_kind = |kind: usize| mix.iter().filter(|bundle| bundle.machine.index() == kind).count();
        assert_eq!((of_kind(0), of_kind(1)), (2, 1));
        let pods: u32 = mix.iter().flat_map(|bundle| &bundle.pods).map(|(_, pods)| pods).sum();
        assert_eq!(pods, 8);
        assert_eq!(filled(2, 7), None);
    }
}
