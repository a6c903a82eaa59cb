//! Adds node after node, each the one that is filled best for its price (Chvátal, "A greedy
//! heuristic for the set-covering problem", 1979).

use crate::index_vec::IndexVec;
use crate::plan::fleet::GroupIx;
use std::cmp::Ordering;

use super::problem::{FilledNode, LoadIx, Mix, Problem};

/// With at most so many loads, each of them is tried as the first on a node.
const FEW_LOADS: usize = 16;

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
    let mixes = problem.by_price().filter_map(|group| filled_first_fit(problem, group));
    mixes.min_by_key(|mix| problem.price(mix))
}

fn filled_first_fit(problem: &Problem, group: GroupIx) -> Option<Mix> {
    let mut left: IndexVec<LoadIx, u32> = problem.loads.iter().map(|load| load.load.pods).collect();
    let mut open = problem.limits[group];
    let mut mix = Mix::new();
    while left.iter().any(|pods| *pods > 0) {
        let pods = problem.fill(group, &left, left.numbers());
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
