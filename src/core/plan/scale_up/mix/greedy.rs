//! Adds node after node, each the one that is filled best for its price (Chvátal, "A greedy
//! heuristic for the set-covering problem", 1979).

use std::cmp::{Ordering, Reverse};

use crate::index_vec::IndexVec;
use crate::plan::fleet::GroupIx;

use super::problem::{FilledNode, LoadIx, Mix, Problem};

/// With at most so many loads, each of them is tried as the first on a node.
const FEW_LOADS: usize = 16;

/// With more pods the last node of a group matters little, and one order has to do.
const PODS_IN_ORDERS: u32 = 1_000;

/// Shares are whole numbers of millionths.
const MILLION: i128 = 1_000_000;

/// A way to fill the next node.
struct Way {
    node: FilledNode,
    /// The value of the pods per dollar of the node.
    yields: f64,
}

/// Returns nodes for all pods, each with as much value for its price as can be found; `None` where
/// the limits leave pods without a node. `values` are the values of a pod of each load.
pub(super) fn greedy(problem: &Problem, values: &IndexVec<LoadIx, f64>) -> Option<Mix> {
    let mut left: IndexVec<LoadIx, u32> = problem.loads.iter().map(|load| load.load.pods).collect();
    let mut limits = problem.limits.clone();
    let mut mix = Mix::new();
    while left.iter().any(|pods| *pods > 0) {
        let open = limits.numbers().filter(|group| limits[*group] > 0);
        let ways = open.flat_map(|group| ways(problem, values, &left, group));
        let mut best = ways.reduce(|best, other| if is_better(problem, &other, &best) { other } else { best })?.node;
        let fillings = best.pods.iter().map(|(load, pods)| left[*load] / pods).min().unwrap_or(0);
        best.copies = fillings.clamp(1, limits[best.group]);
        limits[best.group] -= best.copies;
        for (load, pods) in &best.pods {
            left[*load] -= pods * best.copies;
        }
        mix.push(best);
    }
    Some(mix)
}

/// Returns nodes of the one group that is cheapest for all pods, each filled first fit; `None`
/// where no group takes all of them.
pub(super) fn of_one_group(problem: &Problem) -> Option<Mix> {
    let of_group = |group: GroupIx| orders(problem, group).into_iter().map(move |order| (group, order));
    let mixes = problem.by_price().flat_map(of_group).filter_map(|(group, order)| filled_first_fit(problem, group, &order));
    mixes.min_by_key(|mix| problem.price(mix))
}

/// Returns orders in which nodes of a group may be filled: that of the classes, and the largest
/// first by one resource, by the scarcest one, and by all together. Which of them packs best
/// depends on what runs out.
fn orders(problem: &Problem, group: GroupIx) -> Vec<Vec<LoadIx>> {
    let all: Vec<LoadIx> = problem.loads.numbers().collect();
    let Some(offer) = problem.offers[group].as_ref() else { return Vec::new() };
    if problem.loads.iter().map(|load| load.load.pods).fold(0, u32::saturating_add) > PODS_IN_ORDERS {
        return vec![all];
    }
    let shares = |load: LoadIx| -> Vec<u64> {
        let share = |(requested, free): (&i64, &i64)| {
            u64::try_from(i128::from(*requested).max(0) * MILLION / i128::from(*free).max(1)).unwrap_or(u64::MAX)
        };
        problem.requests(load).iter().zip(&offer.free).map(share).collect()
    };
    let shares: IndexVec<LoadIx, Vec<u64>> = problem.loads.numbers().map(shares).collect();
    let largest_first = |size: &dyn Fn(&[u64]) -> u64| {
        let mut order = all.clone();
        order.sort_by_key(|load| (Reverse(size(&shares[*load])), *load));
        order
    };
    let columns = offer.free.len();
    let is_used = |column: &usize| shares.iter().any(|shares| shares[*column] > 0);
    let mut orders: Vec<Vec<LoadIx>> =
        (0..columns).filter(is_used).map(|column| largest_first(&|shares: &[u64]| shares[column])).collect();
    orders.push(largest_first(&|shares: &[u64]| shares.iter().copied().max().unwrap_or(0)));
    orders.push(largest_first(&|shares: &[u64]| shares.iter().fold(0, |sum, share| sum.saturating_add(*share))));
    orders.push(all);
    orders.sort_unstable();
    orders.dedup();
    orders
}

fn filled_first_fit(problem: &Problem, group: GroupIx, order: &[LoadIx]) -> Option<Mix> {
    let mut left: IndexVec<LoadIx, u32> = problem.loads.iter().map(|load| load.load.pods).collect();
    let mut open = problem.limits[group];
    let mut mix = Mix::new();
    while left.iter().any(|pods| *pods > 0) {
        let pods = problem.fill(group, &left, order.iter().copied());
        let copies = pods.iter().map(|(load, pods)| left[*load] / pods).min()?.clamp(1, open.max(1));
        open = open.checked_sub(copies)?;
        for (load, pods) in &pods {
            left[*load] -= pods * copies;
        }
        mix.push(FilledNode { group, pods, copies });
    }
    Some(mix)
}

fn ways(problem: &Problem, values: &IndexVec<LoadIx, f64>, left: &IndexVec<LoadIx, u32>, group: GroupIx) -> Vec<Way> {
    let waiting: Vec<LoadIx> = left.numbers().filter(|load| left[*load] > 0 && problem.takes(group, *load)).collect();
    let firsts = if waiting.len() <= FEW_LOADS { waiting.len() } else { 1 };
    let way = |first: &LoadIx| {
        let others = waiting.iter().copied().filter(|load| load != first);
        let pods = problem.fill(group, left, std::iter::once(*first).chain(others));
        let worth: f64 = pods.iter().map(|(load, pods)| values[*load] * f64::from(*pods)).sum();
        #[expect(clippy::cast_precision_loss, reason = "a guide for the search")]
        let price = problem.price_of(group).max(1) as f64;
        Way { node: FilledNode { group, pods, copies: 1 }, yields: worth / price }
    };
    waiting.iter().take(firsts).map(way).filter(|way| !way.node.pods.is_empty()).collect()
}

/// Whether a way is better than another: of those with the same yield it is the cheaper node, since
/// it leaves more to choose.
fn is_better(problem: &Problem, one: &Way, other: &Way) -> bool {
    match one.yields.total_cmp(&other.yields) {
        Ordering::Greater => true,
        Ordering::Less => false,
        Ordering::Equal => problem.price_of(one.node.group) < problem.price_of(other.node.group),
    }
}
