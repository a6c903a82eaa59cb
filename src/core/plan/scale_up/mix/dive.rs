//! Whole nodes from the linear program: those that it has whole are bought, then the one it has
//! most of, and the program is solved anew for the pods that are left.

use super::chance::Draws;
use crate::index_vec::IndexVec;
use crate::plan::bill::fillings::{Assortment, Bundle, Effort, Filling, Knapsack, NodeLimits, PodKindIx, Relaxation, relax};

/// How much is tried each time that it is solved anew.
const AGAIN: Effort = Effort { rounds: 4, steps: 100, most_steps: 100, work: 3_000_000 };

/// Returns nodes for all pods; `None` where the limits leave some without.
pub(super) fn dive(
    knapsack: &mut Knapsack<'_>,
    supply: &Assortment,
    (mut left, mut limits): (IndexVec<PodKindIx, u32>, NodeLimits),
    (pool, first): (&mut Vec<Bundle>, &Relaxation),
    (chance, noise): (&mut Draws, f64),
) -> Option<Vec<Bundle>> {
    let mut mix = Vec::new();
    let mut relaxed = first.clone();
    loop {
        let mut amounts = relaxed.amounts.clone();
        amounts.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
        let mut any = false;
        for (column, amount) in &amounts {
            for _ in 0..whole(*amount + 1e-6) {
                any |= buy(supply, &pool[*column], &mut left, &mut limits, &mut mix);
            }
        }
        if left.iter().all(|pods| *pods == 0) {
            return Some(mix);
        }
        for (_, amount) in &mut amounts {
            *amount = (*amount + 1e-6).fract() + noise * chance.part();
        }
        amounts.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
        let is_bought = amounts.iter().any(|(column, _)| buy(supply, &pool[*column], &mut left, &mut limits, &mut mix));
        if !is_bought && !any && relaxed.is_over {
            return None;
        }
        if left.iter().all(|pods| *pods == 0) {
            return Some(mix);
        }
        let before = mix.len();
        relaxed = relax(knapsack, (supply, &left, &limits), pool, (AGAIN, &relaxed.worth))?;
        if relaxed.amounts.is_empty() || (!is_bought && !any && before == mix.len()) {
            return None;
        }
    }
}

/// Buys a node filled like a column, as far as its pods are left.
fn buy(
    supply: &Assortment,
    column: &Bundle,
    left: &mut IndexVec<PodKindIx, u32>,
    limits: &mut NodeLimits,
    mix: &mut Vec<Bundle>,
) -> bool {
    let of_shape = |(shape, pods): &(PodKindIx, u32)| (*shape, (*pods).min(left[*shape]));
    let pods: Filling = column.pods.iter().map(of_shape).filter(|(_, pods)| *pods > 0).collect();
    if pods.is_empty() {
        return false;
    }
    let holding = supply.machines.numbers().filter(|machine| limits.allow(*machine) && supply.holds(*machine, &pods));
    let Some(machine) = holding.min_by_key(|machine| supply.machines[*machine].price) else { return false };
    limits.take(machine);
    for (shape, pods) in &pods {
        left[*shape] -= pods;
    }
    mix.push(Bundle { machine, pods });
    true
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of nodes")]
fn whole(amount: f64) -> u32 {
    amount as u32
}
