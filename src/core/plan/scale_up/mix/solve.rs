//! Several searches for the cheapest mix, of which the cheapest result is kept.

use super::chance::Draws;
use super::compact::Compact;
use super::parts::parts;
use super::problem::{FilledNode, LoadIx, Mix, Problem};
use super::rebuild::Rebuilder;
use super::{dive, greedy, improve};
use crate::index_vec::{IndexVec, Number};
use crate::plan::amounts::small;
use crate::plan::bill::fillings::{
    Bundle, Effort, ExactTask, Knapsack, NodeLimits, PodKindIx, Relaxation, cheaper, float, relax,
};
use crate::plan::bill::{Load, worth};

/// A problem is not solved when its groups times its shapes times its pods are more.
const MOST_COMPARISONS: u64 = 1_000_000_000;
/// The linear program has a row for each shape. With more it takes too long.
const MOST_ROWS: usize = 120;
/// How much is tried to solve it.
const EFFORT: Effort = Effort { rounds: 400, steps: 1_000, most_steps: 60_000, work: 100_000_000 };
/// How much more for each pod.
const WORK_A_POD: u64 = 30_000;
/// How far chance decides which nodes of the program are made whole, each time.
const DIVES: [f64; 12] = [0.0, 0.5, 1.0, 3.0, 0.5, 1.0, 3.0, 0.5, 1.0, 3.0, 0.5, 1.0];
/// What they may look at together.
const DIVES_WORK: u64 = 30_000_000;
/// So many of the cheapest mixes are packed anew.
const KEPT: usize = 3;
/// How often a few nodes are packed anew for each node of a mix: before the exact search, and after
/// it.
const ROUNDS_A_NODE: (u32, u32) = (60, 60);
/// How often at least after it, however few nodes there are.
const LEAST_ROUNDS: u32 = 1_200;
/// What each of the two may look at.
const REBUILDING: u64 = 45_000_000;
/// How much more of it for each pod where there are too many shapes for the program, whose time is
/// left then.
const REBUILDING_A_POD: u64 = 10_000;
/// Errors of rounding are smaller, in millionths of a dollar.
const ROUNDING: f64 = 1e-3;

/// Returns the cheapest mix that is found. It has no nodes for a part of the problem where the
/// limits leave a pod without a node, or which is too large.
pub(super) fn solve(problem: &Problem, seed: u64) -> Mix {
    let mut mix = Mix::new();
    for loads in parts(problem) {
        let of_part = solve_part(&problem.part(&loads), seed, (u32::MAX, None)).unwrap_or_default();
        let whole = |(load, pods): (LoadIx, u32)| (loads[load.index()], pods);
        mix.extend(of_part.into_iter().map(|node| FilledNode { pods: node.pods.into_iter().map(whole).collect(), ..node }));
    }
    mix
}

/// Returns the cheapest mix that is found with at most so many nodes, where one is known already.
/// The parts of the problem share these nodes, so that they are solved together, unless each of
/// them needs so few when it is solved on its own.
pub(super) fn solve_within(problem: &Problem, seed: u64, (most, known): (u32, &Mix)) -> Option<Mix> {
    let apart = solve(problem, seed);
    let served =
        |mix: &Mix| -> u32 { mix.iter().map(|node| node.copies * node.pods.iter().map(|(_, pods)| pods).sum::<u32>()).sum() };
    if count(&apart) <= most && served(&apart) >= served(known) {
        return Some(apart);
    }
    let all: Vec<LoadIx> = problem.loads.numbers().collect();
    solve_part(&problem.part(&all), seed, (most, Some(known)))
}

/// Returns how many nodes a mix has.
fn count(mix: &[FilledNode]) -> u32 {
    mix.iter().map(|node| node.copies).fold(0, u32::saturating_add)
}

fn solve_part(problem: &Problem, seed: u64, (most, known): (u32, Option<&Mix>)) -> Option<Mix> {
    let groups = problem.offers.iter().flatten().count() as u64;
    let pods: u64 = problem.loads.iter().map(|load| u64::from(load.load.pods)).sum();
    if problem.loads.is_empty() || groups * problem.loads.len() as u64 * pods > MOST_COMPARISONS {
        return None;
    }
    let compact = Compact::new(problem);
    let liquid = worth_of_loads(problem);
    let values = [liquid.clone(), problem.alone()];
    let found = values.iter().filter_map(|values| Some(improve::improved(problem, greedy::greedy(problem, values)?)));
    let by_order =
        found.chain(greedy::of_one_group(problem)).min_by_key(|mix| problem.price(mix)).map(|mix| compact.bundles(&mix));
    let mut search = MixSearch::new(&compact, seed, (pods, most));
    search.keep(by_order);
    search.keep(known.map(|mix| compact.bundles(mix)));
    let liquid = compact.of_shapes(&liquid);
    let relaxed = search.relax(&liquid);
    if let Some(relaxed) = &relaxed {
        search.dive(relaxed);
    }
    let of_shapes = relaxed.as_ref().map_or(liquid, |relaxed| relaxed.worth.clone());
    search.into_cheapest(of_shapes, relaxed.as_ref()).map(|mix| compact.mix(problem, &mix))
}

/// The searches for one part of a problem, and what they found.
struct MixSearch<'c> {
    compact: &'c Compact,
    limits: NodeLimits,
    knapsack: Knapsack<'c>,
    pool: Vec<Bundle>,
    chance: Draws,
    effort: Effort,
    /// The cheapest first, each with its price.
    found: Vec<(u64, Vec<Bundle>)>,
}

impl<'c> MixSearch<'c> {
    /// Prepares to search nodes for so many pods, and at most so many nodes.
    fn new(compact: &'c Compact, seed: u64, (pods, most): (u64, u32)) -> Self {
        let (knapsack, chance) = (Knapsack::new(&compact.supply), Draws::seeded(seed));
        let effort = Effort { work: EFFORT.work + pods * WORK_A_POD, ..EFFORT };
        let limits = compact.supply.limits(most);
        Self { compact, limits, knapsack, pool: Vec::new(), chance, effort, found: Vec::new() }
    }

    /// Keeps a mix if it is among the cheapest, and not of too many nodes.
    fn keep(&mut self, mix: Option<Vec<Bundle>>) {
        let Some(mix) = mix.filter(|mix| small(mix.len()) <= self.limits.in_all) else { return };
        let cost = (self.compact.supply.price_of_all(&mix), mix.len());
        let cost_of = |(price, mix): &(u64, Vec<Bundle>)| (*price, mix.len());
        let place = self.found.partition_point(|known| cost_of(known) < cost);
        if self.found.get(place).is_none_or(|known| cost_of(known) != cost) {
            self.found.insert(place, (cost.0, mix));
            self.found.truncate(KEPT);
        }
    }

    /// Solves the linear program, unless that takes too long, beginning with what pods are worth
    /// where they are liquid. Returns nothing where the limits leave pods without a node.
    fn relax(&mut self, liquid: &IndexVec<PodKindIx, f64>) -> Option<Relaxation> {
        let Compact { supply, pods, .. } = self.compact;
        if supply.shapes.len() > MOST_ROWS {
            return None;
        }
        let relaxed = relax(&mut self.knapsack, (supply, pods, &self.limits), &mut self.pool, (self.effort, liquid))?;
        (!relaxed.is_over).then_some(relaxed)
    }

    /// Makes whole nodes of the program, several times, first without chance.
    fn dive(&mut self, relaxed: &Relaxation) {
        let most_work = self.knapsack.work().saturating_add(DIVES_WORK);
        for noise in DIVES {
            if self.knapsack.work() > most_work || self.is_least(relaxed) {
                return;
            }
            let start = (self.compact.pods.clone(), self.limits.clone());
            let chance = (&mut self.chance, noise);
            let mix = dive::dive(&mut self.knapsack, &self.compact.supply, start, (&mut self.pool, relaxed), chance);
            self.keep(mix);
        }
    }

    /// Whether no mix can be cheaper.
    fn is_least(&self, relaxed: &Relaxation) -> bool {
        self.found
            .first()
            .is_some_and(|(paid, _)| float(paid.saturating_sub(self.compact.supply.step())) < relaxed.bound - ROUNDING)
    }

    /// Packs the cheapest mixes anew, and searches exactly where there is little to search.
    fn into_cheapest(self, worth: IndexVec<PodKindIx, f64>, relaxed: Option<&Relaxation>) -> Option<Vec<Bundle>> {
        if relaxed.is_some_and(|relaxed| self.is_least(relaxed)) {
            return self.found.into_iter().next().map(|(_, mix)| mix);
        }
        let (compact, limits) = (self.compact, self.limits);
        let pods: u64 = compact.pods.iter().map(|pods| u64::from(*pods)).sum();
        let work = if relaxed.is_some() { REBUILDING } else { REBUILDING + pods * REBUILDING_A_POD };
        let mut rebuilder =
            Rebuilder { supply: &compact.supply, knapsack: self.knapsack, worth, left: limits.clone(), chance: self.chance };
        let mut found = self.found;
        if relaxed.is_none() {
            let pods = compact.pods.iter_numbered().map(|(shape, pods)| (shape, *pods)).filter(|(_, pods)| *pods > 0).collect();
            found.extend(rebuilder.filled_by_worth(&limits, pods).map(|mix| (compact.supply.price_of_all(&mix), mix)));
        }
        let starts = small(found.len()).max(1);
        for (paid, mix) in &mut found {
            rebuilder.improve_within(&limits, mix, ((ROUNDS_A_NODE.0 / starts, 0), work / u64::from(starts)));
            *paid = compact.supply.price_of_all(mix);
        }
        let (_, mut known) = found.into_iter().min_by_key(|(paid, mix)| (*paid, mix.len()))?;
        let is_least = relaxed.is_some_and(|relaxed| exactly(compact, &limits, relaxed, &mut known));
        if !is_least {
            rebuilder.improve_within(&limits, &mut known, ((ROUNDS_A_NODE.1, LEAST_ROUNDS), work));
        }
        Some(known)
    }
}

fn worth_of_loads(problem: &Problem) -> IndexVec<LoadIx, f64> {
    let loads: Vec<Load> = problem.loads.iter().map(|load| load.load.clone()).collect();
    worth(&loads, &problem.offers).into()
}

/// Makes a mix the cheapest if that is found in time. Returns whether no mix is cheaper.
fn exactly(compact: &Compact, limits: &NodeLimits, relaxed: &Relaxation, known: &mut Vec<Bundle>) -> bool {
    let supply = &compact.supply;
    let (step, paid) = (supply.step(), supply.price_of_all(known));
    let Relaxation { worth, toll, bound, .. } = relaxed;
    if float(paid.saturating_sub(step)) < *bound - ROUNDING {
        return true;
    }
    let task = ExactTask { supply, pods: &compact.pods, limits, worth, toll, bound: *bound, step };
    let searched = cheaper(&task, paid);
    if let Some(mix) = searched.mix {
        *known = mix;
    }
    searched.is_finished
}
