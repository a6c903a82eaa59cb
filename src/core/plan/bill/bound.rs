//! How little new nodes for some pods can cost: nothing that could be bought instead would be cheaper than this.
//!
//! Pods are taken to be liquid and nodes to come in any part: that is a linear program, and each solution of its dual is a lower
//! bound on what whole nodes for whole pods cost (weak duality; Dantzig, "Linear Programming and Extensions", 1963, chapter 6).
//! The dual says what share of a node's price each of its resources bears. A pod then costs at least what it takes of the
//! cheapest group for it; the shares are chosen so that this adds up to much. They are searched with floating-point numbers and
//! then rounded to millionths, from which the bound itself is computed in whole numbers, always down. For a few pods it is at
//! least what a whole node costs.

use crate::index_vec::IndexVec;
use crate::plan::fleet::GroupIx;
use crate::snapshot::UsdPerHour;

/// Pods that are alike, and the groups of which a new node would take them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Load {
    /// Of one pod, one amount a column.
    pub(crate) requests: Vec<i64>,
    pub(crate) pods: u32,
    pub(crate) groups: Vec<GroupIx>,
}

/// A new node of a group.
#[derive(Debug, Clone)]
pub(crate) struct Offered {
    /// What pods may have of it, one amount a column.
    pub(crate) free: Vec<i64>,
    pub(crate) price: UsdPerHour,
}

/// Shares are in millionths of the price.
const WHOLE: i64 = 1_000_000;
/// Most steps of the search: each asks every load about every group.
const MOST_STEPS: usize = 400;
/// So many comparisons of a load with a group are made at most.
const MOST_COMPARISONS: usize = 2_000_000;

/// What new nodes for these pods cost at least. A group without an offer takes no part.
pub(crate) fn lower_bound(loads: &[Load], offers: &IndexVec<GroupIx, Option<Offered>>) -> UsdPerHour {
    let program = Program::new(loads, offers);
    round_up(program.proven(&program.best_shares()), program.step()).max(program.dearest_single())
}

/// What one pod of each load costs by the shares that the bound is made of, in millionths of a dollar: no set of pods that fits on
/// a node is worth more than the node.
pub(crate) fn worth(loads: &[Load], offers: &IndexVec<GroupIx, Option<Offered>>) -> Vec<f64> {
    let program = Program::new(loads, offers);
    let shares = program.best_shares();
    let cost = |(offer, costs): &(usize, Vec<f64>)| costs.iter().zip(&shares[*offer]).map(|(cost, share)| cost * share).sum();
    let of_load = |costs: &Vec<(usize, Vec<f64>)>| costs.iter().map(cost).fold(f64::INFINITY, f64::min);
    program.costs.iter().map(of_load).collect()
}

/// The linear program, each amount as the share of a node that it is.
struct Program<'p> {
    loads: &'p [Load],
    offers: Vec<&'p Offered>,
    /// By load: the offers that take it, each with the price of a node times the share of each column that one pod takes.
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

    /// Shares to begin with: all of the price on one column, or the same on each.
    fn start(&self, column: Option<usize>) -> Vec<Vec<f64>> {
        let share = |offer: &&Offered| -> Vec<f64> {
            let bears = |at: usize| offer.free[at] > 0 && column.is_none_or(|only| only == at);
            let mut shares: Vec<f64> = (0..self.columns).map(|at| f64::from(u8::from(bears(at)))).collect();
            normalise(&mut shares);
            shares
        };
        self.offers.iter().map(share).collect()
    }

    /// However few pods there are, the most demanding of them needs a whole node.
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

    /// The bound that shares give; `tell` hears of each load which offer is the cheapest for it.
    fn value(&self, shares: &[Vec<f64>], mut tell: impl FnMut(usize, usize)) -> f64 {
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
                tell(number, place);
            }
        }
        sum
    }

    /// Moves the shares towards the columns that the pods need most of, in ever smaller steps, and keeps the best.
    fn climb(&self, best: &mut (f64, Vec<Vec<f64>>)) {
        let comparisons: usize = self.costs.iter().map(Vec::len).sum();
        let steps = MOST_STEPS.min(MOST_COMPARISONS / comparisons.max(1));
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

    /// The bound in millionths of a dollar times [`WHOLE`], from shares that are whole millionths and no more than all of them.
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

    /// Whatever is bought costs a multiple of this.
    fn step(&self) -> u64 {
        self.offers.iter().map(|offer| offer.price.micros()).fold(0, greatest_common_divisor)
    }
}

fn costs_of(load: &Load, offer: &Offered) -> Vec<f64> {
    #[expect(clippy::cast_precision_loss, reason = "the bound itself is computed in whole numbers")]
    let cost = |(asked, free): (&i64, &i64)| {
        if *free > 0 { offer.price.micros() as f64 * (*asked as f64) / (*free as f64) } else { 0.0 }
    };
    load.requests.iter().zip(&offer.free).map(cost).collect()
}

fn cost_of_a_pod(load: &Load, offer: &Offered, shares: &[i64]) -> i128 {
    let price = i128::from(offer.price.micros());
    let columns = load.requests.iter().zip(&offer.free).zip(shares);
    // A number that does not fit counts for nothing, which only lowers the bound.
    let cost = |((asked, free), share): ((&i64, &i64), &i64)| {
        price.checked_mul(i128::from(*share))?.checked_mul(i128::from(*asked))?.checked_div(i128::from(*free))
    };
    columns.map(|column| cost(column).unwrap_or(0).max(0)).sum()
}

/// Rounding may leave some parts too many.
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

/// The least multiple of a step that is no less than the bound.
fn round_up(bound: i128, step: u64) -> UsdPerHour {
    let step = i128::from(step.max(1));
    let whole = i128::from(WHOLE) * step;
    let steps = bound / whole + i128::from(bound % whole > 0);
    UsdPerHour::from_micros(u64::try_from(steps * step).unwrap_or(u64::MAX))
}

fn greatest_common_divisor(one: u64, other: u64) -> u64 {
    if other == 0 { one } else { greatest_common_divisor(other, one % other) }
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

    /// Pods that need much of one resource or of the other, and a group for either kind beside one for both: the one for both must
    /// let both resources bear its price, or it would look cheap for half of the pods.
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
