//! A lower bound on the cost of new nodes for some pods: nothing that could be bought for them
//! would be cheaper.
//!
//! Pods are treated as liquid and nodes as divisible. That is a linear program, and each solution
//! of its dual is a lower bound on what whole nodes for whole pods cost (weak duality; Dantzig,
//! "Linear Programming and Extensions", 1963, chapter 6). The dual states what share of a node's
//! price each of its resources bears. A pod then costs at least what it takes of the cheapest group
//! for it. The shares are chosen so that the sum is large. They are searched with floating-point
//! numbers and then rounded to millionths, from which the bound itself is computed in whole
//! numbers, always down. For a few pods it is at least what a whole node costs.

use std::collections::BTreeMap;

use super::fillings::{
    Assortment, Effort, ExactTask, Knapsack, NodeKind, PodKindIx, Relaxation, bound_by_counts, cheaper, float, is_small, relax,
};
use crate::index_vec::IndexVec;
use crate::plan::amounts::greatest_common_divisor;
use crate::plan::fleet::GroupIx;
use crate::snapshot::UsdPerHour;

/// Pods that are alike, and the groups whose new nodes would take them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Load {
    /// The requests of one pod, one amount a column.
    pub(crate) requests: Vec<i64>,
    pub(crate) pods: u32,
    pub(crate) groups: Vec<GroupIx>,
}

/// A new node of a group.
#[derive(Debug, Clone)]
pub(crate) struct Offered {
    /// What is free for pods on it, one amount a column.
    pub(crate) free: Vec<i64>,
    pub(crate) price: UsdPerHour,
}

/// Shares are in millionths of the price.
const WHOLE: i64 = 1_000_000;
/// The most steps of the search. Each compares every load with every group.
const MOST_STEPS: usize = 800;
/// The same where there are too many loads for the program over fillings: then nodes are filled by
/// what these steps find.
const MOST_STEPS_ALONE: usize = 2_000;
/// With more loads the program over fillings takes too long.
const MOST_LOADS: usize = 120;
/// How much is tried to solve it.
const EFFORT: Effort = Effort { rounds: 400, steps: 1_000, most_steps: 60_000, work: 100_000_000 };
/// How much more for each pod.
const WORK_A_POD: u64 = 30_000;
/// In so many steps the bound is raised to what is bought: to try all ways to spend less takes the
/// longer, the more that is.
const RAISES: u64 = 4;
/// Errors of rounding are a smaller part.
const ROUNDING: f64 = 1e-7;
/// The most comparisons of a load with a group.
const MOST_COMPARISONS: usize = 12_000_000;

/// Returns what new nodes for these pods cost at least. A group without an offer is left out.
pub(crate) fn lower_bound(loads: &[Load], offers: &IndexVec<GroupIx, Option<Offered>>) -> UsdPerHour {
    let program = Program::new(loads, offers);
    round_up(program.proven(&program.best_shares()), program.step()).max(program.dearest_single())
}

/// Returns what one pod of each load costs by the shares of the bound, in millionths of a dollar:
/// no set of pods that fits on a node is worth more than the node.
pub(crate) fn worth(loads: &[Load], offers: &IndexVec<GroupIx, Option<Offered>>) -> Vec<f64> {
    let program = Program::new(loads, offers);
    let shares = program.best_shares();
    let cost = |(offer, costs): &(usize, Vec<f64>)| costs.iter().zip(&shares[*offer]).map(|(cost, share)| cost * share).sum();
    let of_load = |costs: &Vec<(usize, Vec<f64>)>| costs.iter().map(cost).fold(f64::INFINITY, f64::min);
    program.costs.iter().map(of_load).collect()
}

/// Returns what new nodes for these pods cost at least where each group may have no more than so
/// many, by the linear program over fillings ([`fillings`](super::fillings)): it counts whole pods,
/// which parts of pods may undercut. For a few pods every way to serve them is tried, as far as its
/// steps reach: then it is the price of the cheapest, or what is `bought` where nothing is cheaper.
pub(crate) fn bound_by_fillings(
    loads: &[Load],
    offers: &IndexVec<GroupIx, Option<Offered>>,
    limits: &IndexVec<GroupIx, u32>,
    bought: UsdPerHour,
) -> UsdPerHour {
    let (supply, pods) = assortment(loads, offers, limits);
    if pods.is_empty() || pods.len() > MOST_LOADS {
        return UsdPerHour::ZERO;
    }
    let limits = supply.limits(u32::MAX);
    let all: u64 = pods.iter().map(|pods| u64::from(*pods)).sum();
    let effort = Effort { work: EFFORT.work + all * WORK_A_POD, ..EFFORT };
    let near = worth_of_shapes(loads, offers);
    let relaxed = relax(&mut Knapsack::new(&supply), (&supply, &pods, &limits), &mut Vec::new(), (effort, &near));
    let Some(Relaxation { worth, toll, bound, .. }) = relaxed else { return UsdPerHour::ZERO };
    let bound = bound * (1.0 - ROUNDING);
    let step = supply.step();
    let task = ExactTask { supply: &supply, pods: &pods, limits: &limits, worth: &worth, toll: &toll, bound, step };
    let raised = raised(&task, rounded_up(bound, step), bought);
    if raised >= bought || !is_small(&pods) {
        return raised;
    }
    raised.max(rounded_up(bound_by_counts(&supply, (&pods, &worth), float(bought.micros())), step))
}

/// Raises a bound towards what is bought, as long as every way to serve the pods for less is tried.
fn raised(task: &ExactTask<'_>, bound: UsdPerHour, bought: UsdPerHour) -> UsdPerHour {
    let gap = bought - bound;
    let mut proven = bound;
    for part in 1..=RAISES {
        // A multiple of the step, as every price is.
        let goal = (bound.micros() + gap.micros() * part / RAISES).div_ceil(task.step) * task.step;
        let searched = cheaper(task, goal);
        if let (Some(mix), true) = (&searched.mix, searched.is_finished) {
            return UsdPerHour::from_micros(task.supply.price_of_all(mix));
        }
        if !searched.is_finished {
            break;
        }
        proven = proven.max(UsdPerHour::from_micros(goal));
    }
    proven
}

/// Returns what one pod of each shape of [`assortment`] costs by the shares of the bound.
fn worth_of_shapes(loads: &[Load], offers: &IndexVec<GroupIx, Option<Offered>>) -> IndexVec<PodKindIx, f64> {
    let mut alike: BTreeMap<(&[i64], &[GroupIx]), f64> = BTreeMap::new();
    for (load, worth) in loads.iter().zip(worth(loads, offers)) {
        alike.insert((&load.requests, &load.groups), worth);
    }
    alike.into_values().collect()
}

/// Returns the pods and the nodes for them, loads that are alike counted together.
fn assortment(
    loads: &[Load],
    offers: &IndexVec<GroupIx, Option<Offered>>,
    limits: &IndexVec<GroupIx, u32>,
) -> (Assortment, IndexVec<PodKindIx, u32>) {
    let mut alike: BTreeMap<(&[i64], &[GroupIx]), u32> = BTreeMap::new();
    for load in loads {
        *alike.entry((&load.requests, &load.groups)).or_default() += load.pods;
    }
    let machine = |(group, offer): (GroupIx, &Option<Offered>)| {
        let Offered { free, price } = offer.as_ref()?;
        let takes: IndexVec<PodKindIx, bool> = alike.keys().map(|(_, groups)| groups.contains(&group)).collect();
        let is_of_use = takes.iter().any(|takes| *takes) && limits[group] > 0;
        is_of_use.then(|| NodeKind { free: free.clone(), price: price.micros(), limit: limits[group], takes })
    };
    let supply = Assortment {
        shapes: alike.keys().map(|(requests, _)| requests.to_vec()).collect(),
        machines: offers.iter_numbered().filter_map(machine).collect(),
    };
    (supply, alike.into_values().collect())
}

/// The linear program, with each amount as a share of a node.
struct Program<'p> {
    loads: &'p [Load],
    offers: Vec<&'p Offered>,
    /// By load: the offers that take it, each with the price of a node times the share of each
    /// column that one pod takes.
    costs: Vec<Vec<(usize, Vec<f64>)>>,
    columns: usize,
}

impl<'p> Program<'p> {
    fn new(loads: &'p [Load], offers: &'p IndexVec<GroupIx, Option<Offered>>) -> Self {
        let mut number: IndexVec<GroupIx, Option<usize>> = IndexVec::filled(offers.len(), None);
        let mut known = Vec::new();
        for group in loads.iter().flat_map(|load| &load.groups) {
            if let (None, Some(offer)) = (number[*group], &offers[*group]) {
                number[*group] = Some(known.len());
                known.push(offer);
            }
        }
        let costs = loads
            .iter()
            .map(|load| {
                let own = load.groups.iter().filter_map(|group| number[*group]);
                own.map(|offer| (offer, costs_of(load, known[offer]))).collect()
            })
            .collect();
        let columns = known.first().map_or(0, |offer| offer.free.len());
        Self { loads, offers: known, costs, columns }
    }

    /// Returns the shares to begin with: all of the price on one column, or the same on each.
    fn start(&self, column: Option<usize>) -> Vec<Vec<f64>> {
        let share = |offer: &&Offered| -> Vec<f64> {
            let bears = |at: usize| offer.free[at] > 0 && column.is_none_or(|only| only == at);
            let mut shares: Vec<f64> = (0..self.columns).map(|at| f64::from(u8::from(bears(at)))).collect();
            normalise(&mut shares);
            shares
        };
        self.offers.iter().map(share).collect()
    }

    /// Returns what the most demanding pod needs: however few pods there are, it needs a whole
    /// node.
    fn dearest_single(&self) -> UsdPerHour {
        let cheapest = |costs: &Vec<(usize, Vec<f64>)>| costs.iter().map(|(offer, _)| self.offers[*offer].price).min();
        let wanted = self.loads.iter().zip(&self.costs).filter(|(load, _)| load.pods > 0);
        wanted.filter_map(|(_, costs)| cheapest(costs)).max().unwrap_or_default()
    }

    fn best_shares(&self) -> Vec<Vec<f64>> {
        let mut best: (f64, Vec<Vec<f64>>) = (-1.0, Vec::new());
        for column in (0..self.columns).map(Some).chain([None]) {
            self.keep_better(&mut best, self.start(column));
        }
        self.climb(&mut best);
        best.1
    }

    fn keep_better(&self, best: &mut (f64, Vec<Vec<f64>>), shares: Vec<Vec<f64>>) {
        let value = self.value(&shares, |_, _| {});
        if value > best.0 {
            *best = (value, shares);
        }
    }

    /// Returns the bound that shares give. `visit` gets each load with the offer that is cheapest
    /// for it.
    fn value(&self, shares: &[Vec<f64>], mut visit: impl FnMut(usize, usize)) -> f64 {
        let mut sum = 0.0;
        for (number, (load, costs)) in self.loads.iter().zip(&self.costs).enumerate() {
            let mut least: Option<(f64, usize)> = None;
            for (place, (offer, of_columns)) in costs.iter().enumerate() {
                let cost: f64 = of_columns.iter().zip(&shares[*offer]).map(|(cost, share)| cost * share).sum();
                if least.is_none_or(|(least, _)| cost < least) {
                    least = Some((cost, place));
                }
            }
            if let Some((cost, place)) = least {
                sum += cost * f64::from(load.pods);
                visit(number, place);
            }
        }
        sum
    }

    /// Moves the shares towards the columns that the pods need most of, in ever smaller steps, and
    /// keeps the best.
    fn climb(&self, best: &mut (f64, Vec<Vec<f64>>)) {
        let comparisons: usize = self.costs.iter().map(Vec::len).sum();
        let most = if self.loads.len() > MOST_LOADS { MOST_STEPS_ALONE } else { MOST_STEPS };
        let steps = most.min(MOST_COMPARISONS / comparisons.max(1));
        let mut shares = self.start(None);
        for step in 0..steps {
            let mut pull = vec![vec![0.0; self.columns]; self.offers.len()];
            let value = self.value(&shares, |load, place| {
                let (offer, costs) = &self.costs[load][place];
                for (pull, cost) in pull[*offer].iter_mut().zip(costs) {
                    *pull += cost * f64::from(self.loads[load].pods);
                }
            });
            if value > best.0 {
                *best = (value, shares.clone());
            }
            #[expect(clippy::cast_precision_loss, reason = "a small number of steps")]
            let stride = 1.0 / (1.0 + step as f64 / 8.0);
            for (shares, pull) in shares.iter_mut().zip(&pull) {
                let strongest = pull.iter().copied().fold(0.0, f64::max);
                if strongest > 0.0 {
                    shares.iter_mut().zip(pull).for_each(|(share, pull)| *share *= 1.0 + stride * pull / strongest);
                    normalise(shares);
                }
            }
        }
    }

    /// Returns the bound in millionths of a dollar times [`WHOLE`], from shares that are whole
    /// millionths and no more than all of them.
    fn proven(&self, shares: &[Vec<f64>]) -> i128 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a share is between 0 and 1")]
        let whole = |share: &f64| (share * WHOLE as f64) as i64;
        let shares: Vec<Vec<i64>> = shares.iter().map(|shares| within_whole(shares.iter().map(whole).collect())).collect();
        let of_load = |(load, costs): (&Load, &Vec<(usize, Vec<f64>)>)| {
            let of_offer = |(offer, _): &(usize, Vec<f64>)| cost_of_a_pod(load, self.offers[*offer], &shares[*offer]);
            i128::from(load.pods) * costs.iter().map(of_offer).min().unwrap_or(0)
        };
        self.loads.iter().zip(&self.costs).map(of_load).sum()
    }

    /// Returns the greatest amount of which every purchase costs a multiple.
    fn step(&self) -> u64 {
        self.offers.iter().map(|offer| offer.price.micros()).fold(0, greatest_common_divisor)
    }
}

fn costs_of(load: &Load, offer: &Offered) -> Vec<f64> {
    #[expect(clippy::cast_precision_loss, reason = "the bound itself is computed in whole numbers")]
    let cost = |(requested, free): (&i64, &i64)| {
        if *free > 0 { offer.price.micros() as f64 * (*requested as f64) / (*free as f64) } else { 0.0 }
    };
    load.requests.iter().zip(&offer.free).map(cost).collect()
}

fn cost_of_a_pod(load: &Load, offer: &Offered, shares: &[i64]) -> i128 {
    let price = i128::from(offer.price.micros());
    let columns = load.requests.iter().zip(&offer.free).zip(shares);
    // A number that is too large counts as nothing, which only lowers the bound.
    let cost = |((requested, free), share): ((&i64, &i64), &i64)| {
        price.checked_mul(i128::from(*share))?.checked_mul(i128::from(*requested))?.checked_div(i128::from(*free))
    };
    columns.map(|column| cost(column).unwrap_or(0).max(0)).sum()
}

/// Takes back the few parts too many that rounding may leave.
fn within_whole(mut shares: Vec<i64>) -> Vec<i64> {
    let excess = shares.iter().sum::<i64>() - WHOLE;
    if let Some(largest) = shares.iter_mut().max().filter(|_| excess > 0) {
        *largest -= excess;
    }
    shares
}

fn normalise(shares: &mut [f64]) {
    let sum: f64 = shares.iter().sum();
    if sum > 0.0 {
        for share in shares.iter_mut() {
            *share /= sum;
        }
    }
}

fn rounded_up(bound: f64, step: u64) -> UsdPerHour {
    #[expect(clippy::cast_possible_truncation, reason = "no price is so large")]
    let whole = bound as i128;
    round_up(whole.saturating_mul(i128::from(WHOLE)), step)
}

/// Returns the least multiple of a step that is no less than the bound.
fn round_up(bound: i128, step: u64) -> UsdPerHour {
    let step = i128::from(step.max(1));
    let whole = i128::from(WHOLE) * step;
    let steps = bound / whole + i128::from(bound % whole > 0);
    UsdPerHour::from_micros(u64::try_from(steps * step).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index_vec::Number;

    fn load(requests: &[i64], pods: u32, groups: &[usize]) -> Load {
        Load { requests: requests.to_vec(), pods, groups: groups.iter().copied().map(GroupIx::from_index).collect() }
    }

    #[expect(clippy::unnecessary_wraps, reason = "it stands among groups that offer nothing")]
    fn offer(free: &[i64], micros: u64) -> Option<Offered> {
        Some(Offered { free: free.to_vec(), price: UsdPerHour::from_micros(micros) })
    }

    fn bound(loads: &[Load], offers: &[Option<Offered>]) -> u64 {
        lower_bound(loads, &offers.to_vec().into()).micros()
    }

    #[test]
    fn what_fills_whole_nodes_costs_as_much_as_they_do() {
        assert_eq!(bound(&[load(&[4, 0], 6, &[0])], &[offer(&[8, 100], 900)]), 2_700);
        assert_eq!(bound(&[load(&[4, 0], 5, &[0])], &[offer(&[8, 100], 900)]), 2_700, "half a node cannot be bought");
    }

    #[test]
    fn the_cheapest_group_counts_that_takes_the_pods() {
        let offers = [offer(&[8], 1_000), offer(&[8], 600), None];
        assert_eq!(bound(&[load(&[8], 1, &[0, 1, 2])], &offers), 600);
        assert_eq!(bound(&[load(&[8], 1, &[0])], &offers), 1_000);
    }

    /// Some pods need much of one resource, others of the other. Each kind has a group, and one
    /// group serves both. Both resources must bear a share of its price, or it would look cheap for
    /// half of the pods.
    #[test]
    fn each_resource_bears_its_share() {
        let offers = [offer(&[10, 10], 1_000), offer(&[10, 1], 501), offer(&[1, 10], 501)];
        let loads = [load(&[10, 1], 7, &[0, 1]), load(&[1, 10], 7, &[0, 2])];
        assert_eq!(bound(&loads, &offers), 14 * 501);
    }

    #[test]
    fn a_pod_needs_a_whole_node() {
        let offers = [offer(&[100], 1_000), offer(&[2], 30)];
        assert_eq!(bound(&[load(&[3], 1, &[0]), load(&[1], 1, &[0, 1])], &offers), 1_000);
    }

    #[test]
    fn nothing_costs_nothing() {
        assert_eq!(bound(&[], &[]), 0);
        assert_eq!(bound(&[load(&[1], 3, &[])], &[]), 0);
        assert_eq!(bound(&[load(&[1], 3, &[0])], &[offer(&[2], 0)]), 0);
    }
}
