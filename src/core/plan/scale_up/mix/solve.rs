//! Several searches for the cheapest mix, of which the cheapest result is kept.

use super::chance::Draws;
use super::compact::Compact;
use super::parts::parts;
use super::problem::{FilledNode, LoadIx, Mix, Problem};
use super::rebuild::{Bundle, Rebuilder};
use super::{dive, exact, greedy, improve};
use crate::index_vec::{IndexVec, Number};
use crate::plan::amounts::small;
use crate::plan::bill::fillings::{Effort, Knapsack, NodeKindIx, Relaxation, float, relax};
use crate::plan::bill::{Load, greatest_common_divisor, worth};

/// A problem is not solved when its groups times its shapes times its pods are more.
const MOST_COMPARISONS: u64 = 1_000_000_000;
/// The linear program has a row for each shape. With more it takes too long.
const MOST_ROWS: usize = 120;
/// How much is tried at first.
const FIRST: Effort = Effort { rounds: 400, steps: 300, most_steps: 20_000, work: 100_000_000 };
/// How often a few nodes are packed anew for each node of a mix: before the exact search, and after
/// it.
const ROUNDS_A_NODE: (u32, u32) = (40, 60);
/// How often at most.
const MOST_ROUNDS: u32 = 3_000;
/// Errors of rounding are smaller, in millionths of a dollar.
const ROUNDING: f64 = 1e-3;
/// Pods of more shapes, or more pods, are too many for the exact search.
const FEW: (usize, u32) = (24, 64);

/// Returns the cheapest mix that is found. It has no nodes for a part of the problem where the
/// limits leave a pod without a node, or which is too large.
pub(super) fn solve(problem: &Problem, seed: u64) -> Mix {
    let mut mix = Mix::new();
    for loads in parts(problem) {
        let of_part = solve_part(&problem.part(&loads), seed).unwrap_or_default();
        let whole = |(load, pods): (LoadIx, u32)| (loads[load.index()], pods);
        mix.extend(of_part.into_iter().map(|node| FilledNode { pods: node.pods.into_iter().map(whole).collect(), ..node }));
    }
    mix
}

fn solve_part(problem: &Problem, seed: u64) -> Option<Mix> {
    let groups = problem.offers.iter().flatten().count() as u64;
    let pods: u64 = problem.loads.iter().map(|load| u64::from(load.load.pods)).sum();
    if problem.loads.is_empty() || groups * problem.loads.len() as u64 * pods > MOST_COMPARISONS {
        return None;
    }
    let compact = Compact::new(problem);
    let limits = compact.limits();
    let liquid = worth_of_loads(problem);
    let values = [liquid.clone(), problem.alone()];
    let found = values.iter().filter_map(|values| Some(improve::improved(problem, greedy::greedy(problem, values)?)));
    let by_order = found.min_by_key(|mix| problem.price(mix));
    let mut known: Option<Vec<Bundle>> = by_order.map(|mix| compact.bundles(&mix));

    let mut knapsack = Knapsack::new(&compact.supply);
    let mut pool = Vec::new();
    let relaxed = (compact.supply.shapes.len() <= MOST_ROWS)
        .then(|| relax(&mut knapsack, (&compact.supply, &compact.pods, &limits), &mut pool, FIRST))
        .flatten()
        .filter(|relaxed| !relaxed.is_over);
    if let Some(relaxed) = &relaxed {
        let start = (compact.pods.clone(), limits.clone());
        keep_cheaper(&compact, &mut known, dive::dive(&mut knapsack, &compact.supply, start, (&mut pool, relaxed)));
    }
    let mut known = known?;
    let of_shapes = relaxed.as_ref().map_or_else(|| compact.of_shapes(&liquid), |relaxed| relaxed.worth.clone());
    let mut left = limits.clone();
    for bundle in &known {
        left[bundle.machine] = left[bundle.machine].saturating_sub(1);
    }
    let chance = Draws::seeded(seed);
    let mut rebuilder = Rebuilder { supply: &compact.supply, knapsack, worth: of_shapes, left, chance };
    let rounds = |nodes: usize, each: u32| small(nodes).saturating_mul(each).min(MOST_ROUNDS);
    let at_first = rounds(known.len(), ROUNDS_A_NODE.0);
    rebuilder.improve(&mut known, at_first);
    let is_least = relaxed.as_ref().is_some_and(|relaxed| exactly(&compact, &limits, relaxed, &mut known));
    if !is_least {
        rebuilder.left.clone_from(&limits);
        for bundle in &known {
            rebuilder.left[bundle.machine] = rebuilder.left[bundle.machine].saturating_sub(1);
        }
        let at_last = rounds(known.len(), ROUNDS_A_NODE.1);
        rebuilder.improve(&mut known, at_last);
    }
    Some(compact.mix(problem, &known))
}

fn worth_of_loads(problem: &Problem) -> IndexVec<LoadIx, f64> {
    let loads: Vec<Load> = problem.loads.iter().map(|load| load.load.clone()).collect();
    worth(&loads, &problem.offers).into()
}

/// Makes a mix the cheapest if that is found in time. Returns whether no mix is cheaper.
fn exactly(compact: &Compact, limits: &IndexVec<NodeKindIx, u32>, relaxed: &Relaxation, known: &mut Vec<Bundle>) -> bool {
    let step = compact.supply.machines.iter().map(|machine| machine.price).fold(0, greatest_common_divisor).max(1);
    let paid = price(compact, known);
    let Relaxation { worth, toll, bound, .. } = relaxed;
    if float(paid.saturating_sub(step)) < *bound - ROUNDING {
        return true;
    }
    if compact.pods.len() > FEW.0 || compact.pods.iter().sum::<u32>() > FEW.1 {
        return false;
    }
    let task = exact::ExactTask { supply: &compact.supply, pods: &compact.pods, limits, worth, toll, bound: *bound, step };
    let searched = exact::cheaper(&task, paid);
    if let Some(mix) = searched.mix {
        *known = mix;
    }
    searched.is_finished
}

fn keep_cheaper(compact: &Compact, known: &mut Option<Vec<Bundle>>, other: Option<Vec<Bundle>>) {
    let cost = |mix: &Vec<Bundle>| (price(compact, mix), mix.len());
    if let Some(other) = other
        && known.as_ref().is_none_or(|known| cost(&other) < cost(known))
    {
        *known = Some(other);
    }
}

fn price(compact: &Compact, mix: &[Bundle]) -> u64 {
    mix.iter().map(|bundle| compact.supply.machines[bundle.machine].price).fold(0, u64::saturating_add)
}
