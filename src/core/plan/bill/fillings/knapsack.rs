//! The most valuable filling of a node, as far as it is found in time.
//!
//! The linear program of the node, in which parts of pods may be chosen, has a worth of each
//! resource and with it a reduced worth of each pod. A filling is worth what the program is, less
//! the reduced worth of pods that it has in spite of it or lacks, less what stays free. So the
//! search begins near the solution of the program, tries the pods beside it that lose the least,
//! and leaves every branch that has lost too much (Balas and Zemel, "An Algorithm for Large
//! Zero-One Knapsack Problems", 1980).

use super::grid;
use super::node_program::NodeProgram;
use super::{Assortment, Filling, NodeKindIx, PodKindIx};
use crate::index_vec::IndexVec;

/// A filling that is better by a smaller part is not looked for.
const TOLERANCE: f64 = 1e-4;
/// With so many steps the table is worth its time where they are not enough.
const MANY_STEPS: u32 = 4_000;

/// A knapsack search, with what it keeps from one to the next.
pub(crate) struct Knapsack<'s> {
    supply: &'s Assortment,
    /// What one pod takes of a node of each kind, as parts of what is free there.
    parts: IndexVec<NodeKindIx, IndexVec<PodKindIx, Vec<f64>>>,
    /// How many pods of each shape a node takes that has no others.
    alone: IndexVec<NodeKindIx, IndexVec<PodKindIx, u32>>,
    /// First those that the program has, the most certain ones first; then the others, those that
    /// lose the least first.
    items: Vec<Packable<'s>>,
    /// How many of them the program has.
    core: usize,
    program: NodeProgram,
    /// What all that is free of each resource is worth by the program.
    of_resources: Vec<f64>,
    free: Vec<i64>,
    chosen: Vec<u32>,
    best: Vec<u32>,
    best_value: f64,
    steps: u32,
    /// How many amounts were looked at, in all searches.
    work: u64,
    /// Pods that fit beside what is chosen, by the place of their shape.
    beside: Vec<(usize, u32)>,
}

/// What was found.
#[derive(Debug, Clone)]
pub(crate) struct FoundFilling {
    pub(crate) pods: Filling,
    pub(crate) value: f64,
    /// No filling is worth more.
    pub(crate) at_most: f64,
}

/// Pods of a shape that may be chosen.
struct Packable<'s> {
    shape: PodKindIx,
    most: u32,
    worth: f64,
    /// What one is worth beyond the resources that it takes.
    reduced: f64,
    /// How many of them the program has.
    wanted: u32,
    requests: &'s [i64],
}

impl Packable<'_> {
    /// Returns what a filling with so many of them loses against the program.
    fn loss(&self, pods: u32) -> f64 {
        if self.reduced > 0.0 { self.reduced * f64::from(self.most - pods) } else { -self.reduced * f64::from(pods) }
    }
}

impl<'s> Knapsack<'s> {
    pub(crate) fn new(supply: &'s Assortment) -> Self {
        let parts = |machine: NodeKindIx| {
            let free = &supply.machines[machine].free;
            let of_shape = |requests: &Vec<i64>| {
                let bounded = requests.iter().zip(free).filter(|(_, free)| **free > 0);
                bounded.map(|(requested, free)| ratio(*requested, *free)).collect()
            };
            supply.shapes.iter().map(of_shape).collect()
        };
        let alone = |machine: NodeKindIx| supply.shapes.numbers().map(|shape| supply.alone(machine, shape)).collect();
        Self {
            supply,
            parts: supply.machines.numbers().map(parts).collect(),
            alone: supply.machines.numbers().map(alone).collect(),
            items: Vec::new(),
            core: 0,
            program: NodeProgram::default(),
            of_resources: Vec::new(),
            free: Vec::new(),
            chosen: Vec::new(),
            best: Vec::new(),
            best_value: 0.0,
            steps: 0,
            work: 0,
            beside: Vec::new(),
        }
    }

    /// Returns how many amounts were looked at, in all searches: it stands for the time.
    pub(crate) fn work(&self) -> u64 {
        self.work
    }

    /// Returns a filling of a node with as much worth as is found in so many steps, of at most so
    /// many pods of each of these shapes.
    pub(crate) fn best(
        &mut self,
        machine: NodeKindIx,
        pods: impl Iterator<Item = (PodKindIx, u32)>,
        worth: &IndexVec<PodKindIx, f64>,
        steps: u32,
    ) -> FoundFilling {
        let at_most = self.at_most(machine, pods, worth);
        // Once to the end, however few steps there are.
        (self.best_value, self.steps) = (0.0, steps.saturating_add(u32::try_from(self.items.len()).unwrap_or(0)));
        self.items.sort_by(|one, other| {
            (one.wanted == 0)
                .cmp(&(other.wanted == 0))
                .then(other.reduced.total_cmp(&one.reduced))
                .then(other.worth.total_cmp(&one.worth))
                .then(one.shape.cmp(&other.shape))
        });
        self.core = self.items.iter().position(|item| item.wanted == 0).unwrap_or(self.items.len());
        self.best.clear();
        self.chosen.clear();
        self.chosen.resize(self.items.len(), 0);
        let mut free = std::mem::take(&mut self.free);
        free.clone_from(&self.supply.machines[machine].free);
        self.search(&mut free, 0.0, at_most, self.items.len());
        self.free = free;
        let of_item = |(item, pods): (&Packable<'_>, &u32)| (item.shape, *pods);
        let pods = self.items.iter().zip(&self.best).map(of_item).filter(|(_, pods)| *pods > 0).collect();
        let at_most = if self.steps > 0 {
            at_most.min(self.best_value * (1.0 + TOLERANCE))
        } else if steps >= MANY_STEPS {
            at_most.min(self.by_grid(machine))
        } else {
            at_most
        };
        FoundFilling { pods, value: self.best_value, at_most: at_most.max(self.best_value) }
    }

    /// Returns what no filling of a node is worth more than.
    pub(crate) fn at_most(
        &mut self,
        machine: NodeKindIx,
        pods: impl Iterator<Item = (PodKindIx, u32)>,
        worth: &IndexVec<PodKindIx, f64>,
    ) -> f64 {
        let supply = self.supply;
        self.items.clear();
        for (shape, count) in pods.filter(|(shape, count)| *count > 0 && worth[*shape] > 0.0) {
            let most = self.alone[machine][shape].min(count);
            if most > 0 {
                let requests = &supply.shapes[shape];
                self.items.push(Packable { shape, most, worth: worth[shape], reduced: 0.0, wanted: 0, requests });
            }
        }
        self.solve_program(machine)
    }

    /// Solves the program of the node. Returns what no filling exceeds.
    fn solve_program(&mut self, machine: NodeKindIx) -> f64 {
        let rows = self.supply.machines[machine].free.iter().filter(|free| **free > 0).count();
        let parts = &self.parts[machine];
        self.program.begin(rows);
        for item in &self.items {
            self.program.add(parts[item.shape].iter().copied(), item.worth, f64::from(item.most));
        }
        let steps = self.program.solve() + 1;
        self.work += (steps * rows * (self.items.len() + rows)) as u64;
        let of_resources = self.program.resources();
        let mut at_most: f64 = of_resources.iter().sum();
        let mut worths = of_resources.iter();
        let of_free = self.supply.machines[machine].free.iter();
        self.of_resources.clear();
        self.of_resources.extend(of_free.map(|free| if *free > 0 { worths.next().copied().unwrap_or(0.0) } else { 0.0 }));
        for (number, item) in self.items.iter_mut().enumerate() {
            let taken: f64 = parts[item.shape].iter().zip(&of_resources).map(|(part, worth)| part * worth).sum();
            item.reduced = item.worth - taken;
            item.wanted = nearest(self.program.amount(number)).min(item.most);
            at_most += item.reduced.max(0.0) * f64::from(item.most);
        }
        at_most
    }

    /// Returns what no filling of a node is worth more than, by a table of what is left of it.
    fn by_grid(&mut self, machine: NodeKindIx) -> f64 {
        let items: Vec<(&[i64], f64)> = self.items.iter().map(|item| (item.requests, item.worth)).collect();
        self.work += grid::MOST_LOOKS;
        grid::at_most(&self.supply.machines[machine].free, &self.of_resources, &items)
    }

    /// Whether nothing that has lost so much is better than the best.
    fn is_lost(&self, at_most: f64) -> bool {
        at_most <= self.best_value * (1.0 + TOLERANCE)
    }

    /// Fills a node with what the program has, and then again beside pods of the first `limit`
    /// shapes that it does without. What is chosen is worth `value`, and no more than `at_most`
    /// with any others.
    fn search(&mut self, free: &mut [i64], value: f64, at_most: f64, limit: usize) {
        self.search_core(0, free, value, at_most);
        for place in self.core..limit {
            if self.steps == 0 || self.is_lost(at_most - self.items[place].loss(1)) {
                // All after it lose more.
                return;
            }
            let Packable { requests, worth, most, .. } = self.items[place];
            let most = room_for(free, requests).min(most);
            for pods in 1..=most {
                let left = at_most - self.items[place].loss(pods);
                take(free, requests, 1);
                self.chosen[place] = pods;
                if !self.is_lost(left) {
                    self.search(free, value + worth * f64::from(pods), left, place);
                }
            }
            take(free, requests, -i64::from(most));
            self.chosen[place] = 0;
        }
    }

    /// Chooses how many pods of the next shape that the program has are on the node, and then of
    /// those after it.
    fn search_core(&mut self, place: usize, free: &mut [i64], value: f64, at_most: f64) {
        if place == self.core {
            return self.settle(free, value);
        }
        if self.steps == 0 {
            return;
        }
        self.steps -= 1;
        self.work += (4 * free.len()) as u64;
        let Packable { requests, worth, wanted, most, .. } = self.items[place];
        let most = room_for(free, requests).min(most);
        let is_last = place + 1 == self.core;
        let begin = if is_last { most } else { wanted.min(most) };
        for away in 0..=most.max(begin) {
            let mut any = false;
            for pods in [begin.checked_sub(away), (away > 0).then_some(begin + away)] {
                let Some(pods) = pods.filter(|pods| *pods <= most) else { continue };
                let left = at_most - self.items[place].loss(pods);
                if self.is_lost(left) {
                    continue;
                }
                any = true;
                take(free, requests, i64::from(pods));
                self.chosen[place] = pods;
                self.search_core(place + 1, free, value + worth * f64::from(pods), left);
                take(free, requests, -i64::from(pods));
            }
            if !any || is_last {
                break;
            }
        }
        self.chosen[place] = 0;
    }

    /// Adds what still fits, and keeps the filling if it is the best.
    fn settle(&mut self, free: &mut [i64], value: f64) {
        let mut whole = value;
        self.beside.clear();
        self.work += 2 * self.items.len() as u64;
        for (place, item) in self.items.iter().enumerate() {
            let pods = room_for(free, item.requests).min(item.most - self.chosen[place]);
            if pods > 0 {
                take(free, item.requests, i64::from(pods));
                self.beside.push((place, pods));
                whole += item.worth * f64::from(pods);
            }
        }
        for (place, pods) in &self.beside {
            take(free, self.items[*place].requests, -i64::from(*pods));
        }
        if whole > self.best_value {
            self.best_value = whole;
            self.best.clone_from(&self.chosen);
            for (place, pods) in &self.beside {
                self.best[*place] += pods;
            }
        }
    }
}

fn room_for(free: &[i64], requests: &[i64]) -> u32 {
    let mut least = i64::MAX;
    for (free, requested) in free.iter().zip(requests) {
        if *requested > 0 {
            if free < requested {
                return 0;
            }
            least = least.min(free / requested);
        }
    }
    u32::try_from(least).unwrap_or(u32::MAX)
}

fn take(free: &mut [i64], requests: &[i64], pods: i64) {
    if pods != 0 {
        for (free, requested) in free.iter_mut().zip(requests) {
            *free -= requested * pods;
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a guide for the search")]
fn ratio(requested: i64, free: i64) -> f64 {
    requested as f64 / free as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of pods")]
fn nearest(amount: f64) -> u32 {
    (amount + 0.5) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index_vec::Number;
    use crate::plan::bill::fillings::NodeKind;

    /// Returns the greatest worth of a filling, by trying all.
    fn greatest(free: &[i64], shapes: &[(Vec<i64>, u32, f64)]) -> f64 {
        let Some(((requests, most, worth), others)) = shapes.split_first() else { return 0.0 };
        let with = |pods: u32| {
            let left: Vec<i64> = free.iter().zip(requests).map(|(free, one)| free - one * i64::from(pods)).collect();
            let fits = left.iter().all(|free| *free >= 0);
            fits.then(|| f64::from(pods) * worth + greatest(&left, others))
        };
        (0..=*most).filter_map(with).fold(0.0, f64::max)
    }

    #[test]
    fn the_most_valuable_filling_is_found_and_never_exceeds_what_is_stated() {
        let mut number = 7_u64;
        let mut below = |bound: u64| {
            number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (number >> 33) % bound
        };
        for _ in 0..300 {
            let free = vec![i64::try_from(8 + below(20)).expect("small"), i64::try_from(8 + below(40)).expect("small")];
            let mut shape = |_| {
                let requests = vec![i64::try_from(1 + below(8)).expect("small"), i64::try_from(1 + below(12)).expect("small")];
                (requests, u32::try_from(1 + below(4)).expect("small"), f64::from(u32::try_from(1 + below(30)).expect("small")))
            };
            let shapes: Vec<_> = (0..4).map(&mut shape).collect();
            let kind = NodeKind { free: free.clone(), price: 1, limit: 1, takes: vec![true; 4].into() };
            let requests = shapes.iter().map(|(requests, ..)| requests.clone()).collect();
            let supply = Assortment { shapes: requests, machines: vec![kind].into() };
            let worth: IndexVec<PodKindIx, f64> = shapes.iter().map(|(.., worth)| *worth).collect();
            let pods = shapes.iter().enumerate().map(|(place, (_, most, _))| (PodKindIx::from_index(place), *most));
            let machine = NodeKindIx::from_index(0);
            let found = Knapsack::new(&supply).best(machine, pods, &worth, 10_000);
            let greatest = greatest(&free, &shapes);
            assert!((found.value - greatest).abs() < 1e-6, "{} instead of {greatest}", found.value);
            assert!(found.at_most >= greatest - 1e-6 && supply.holds(machine, &found.pods));
        }
    }
}
