//! What would be bought with another expander in the place of the one that decides. Neither `price`
//! nor `least-waste` can be certain of its choice: mixes are searched for as far as the steps
//! reach, and waste is estimated class by class, before anybody knows which nodes the scheduler
//! will need beside them. So the whole plan is made again with others, and kept where it is better.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::buying::loads::Choices;
use super::class_orders::Outlay;
use super::{PodRuling, ScaleUp};
use crate::plan::fleet::Fleet;
use crate::plan::report::Replay;
use crate::policy::Expander;

/// For more pods nothing else is tried by price: a plan by another expander takes a tenth of a
/// second for so many.
const MOST_PODS: u32 = 5_000;
/// For more pods nothing else is tried by waste: every plan that needs more nodes than it counted
/// is made three times, and the more pods, the smaller a part the last nodes are.
const MOST_PODS_OF_WASTE: u32 = 500;

/// A plan for the pending pods, as it is compared with others.
pub(super) struct Solution {
    pub(super) scale_up: ScaleUp,
    /// Whether cordoned nodes were left out to spare their devices.
    pub(super) is_sparing: bool,
    pub(super) outlay: Outlay,
    /// What could have been bought for its pods, until it is known what that costs at least.
    pub(super) choices: Option<Choices>,
}

impl Solution {
    /// Finds out what could be bought for its pods at least.
    pub(super) fn prove(&mut self) {
        if let Some(choices) = self.choices.take() {
            self.scale_up.lower_bound = choices.least();
        }
    }

    /// Takes over what is known of another solution where it buys for the same pods: to prove it
    /// takes long.
    pub(super) fn with_proof_of(mut self, other: &Self) -> Self {
        if self.scale_up.loads == other.scale_up.loads {
            self.choices = None;
            self.scale_up.lower_bound = other.scale_up.lower_bound;
        }
        self
    }

    /// Returns the chains of expanders with which something better may be bought.
    pub(super) fn other_chains(&self, fleet: &Fleet<'_>) -> Vec<Vec<Expander>> {
        let pods = self.pods_on_new_nodes();
        let others: &[Option<Expander>] = match fleet.policy.expander.parts().1 {
            Some(Expander::Price) if (1..=MOST_PODS).contains(&pods) && !self.is_proved_the_cheapest() => {
                &[Some(Expander::LeastWaste), Some(Expander::LeastNodes), Some(Expander::MostPods), None]
            }
            Some(Expander::LeastWaste) if pods <= MOST_PODS_OF_WASTE && self.needs_more_than_it_counted() => {
                &[Some(Expander::LeastNodes), Some(Expander::MostPods)]
            }
            _ => &[],
        };
        others.iter().map(|other| fleet.policy.expander.with_instead(*other)).collect()
    }

    /// Whether this is better than what the policy's own expanders bought: it helps the same pods,
    /// or by `price` as many of each priority and age, no more of them wait for another run where
    /// nodes are bought against that, and it costs less by `price`, or buys less by any other.
    pub(super) fn is_better_than(&self, other: &Self, fleet: &Fleet<'_>) -> bool {
        let waits_no_longer = !fleet.policy.packs_as_the_scheduler() || waiting(&self.scale_up) <= waiting(&other.scale_up);
        let (is_less, helps_as_many) = match fleet.policy.expander.parts().1 {
            Some(Expander::Price) => {
                (self.outlay.is_less_than(&other.outlay), self.unhelped_by_turn(fleet) == other.unhelped_by_turn(fleet))
            }
            _ => (self.outlay.is_smaller_than(&other.outlay), self.unhelped().eq(other.unhelped())),
        };
        is_less && waits_no_longer && helps_as_many
    }

    /// Returns how many pods of each priority and age nothing helps. A pod must not wait for ever
    /// since younger ones are cheaper.
    fn unhelped_by_turn(&self, fleet: &Fleet<'_>) -> BTreeMap<(i32, Timestamp), usize> {
        let mut unhelped = BTreeMap::new();
        for (pod, _) in fleet.unbound.iter().zip(self.unhelped()).filter(|(_, is_unhelped)| *is_unhelped) {
            *unhelped.entry((fleet.spec(pod).priority, pod.created_at)).or_default() += 1;
        }
        unhelped
    }

    /// Whether nothing that could be bought for its pods costs less.
    fn is_proved_the_cheapest(&self) -> bool {
        let proved = self.scale_up.lower_bound;
        proved.is_some() && self.outlay.price() == proved
    }

    /// Whether nodes are bought beyond those that its pods fill.
    fn needs_more_than_it_counted(&self) -> bool {
        self.scale_up.purchases.iter().any(|purchase| purchase.loose > 0)
    }

    fn pods_on_new_nodes(&self) -> u32 {
        self.scale_up.purchases.iter().map(|purchase| purchase.pods + purchase.absent_pods).sum()
    }

    /// Returns of every pod whether nothing helps it.
    fn unhelped(&self) -> impl Iterator<Item = bool> {
        let is_unhelped = |pod: &PodRuling| pod.ruling.verdict.refusals().is_some();
        self.scale_up.rulings_on_all().map(is_unhelped)
    }
}

/// Returns how many pods may have to wait for another run, whichever way the nodes appear.
fn waiting(scale_up: &ScaleUp) -> u32 {
    let of_replay = |replay: &Replay| replay.waiting_at_once.saturating_add(replay.waiting_one_by_one);
    scale_up.replay.as_ref().map_or(0, of_replay)
}
