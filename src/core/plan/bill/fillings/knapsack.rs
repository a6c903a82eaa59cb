//! The most valuable filling of a node, as far as it is found in time.
//!
//! The linear program of the node, in which parts of pods may be chosen, has a worth of each
//! resource and with it a reduced worth of each pod. A filling is worth what the program is, less
//! the reduced worth of pods that it has in spite of it or lacks, less what stays free. So the
//! search begins near the solution of the program, with the shapes whose choice matters most, and leaves
//! every branch that has lost too much (Balas and Zemel, "An Algorithm for Large Zero-One Knapsack
//! Problems", 1980).

use super::node_program::NodeProgram;
use super::{Assortment, Filling, NodeKindIx, PodKindIx};
use crate::index_vec::IndexVec;

/// A filling that is better by a smaller part is not looked for.
const TOLERANCE: f64 = 1e-4;

/// A knapsack search, with what it keeps from one to the next.
pub(crate) struct Knapsack<'s> {
    supply: &'s Assortment,
    items: Vec<Packable>,
    program: NodeProgram,
    chosen: Vec<u32>,
    best: Vec<u32>,
    best_value: f64,
    steps: u32,
    /// How many amounts were looked at, in all searches.
    work: u64,
    /// What all that is free of a resource is worth, for one of its units.
    of_free: Vec<f64>,
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
struct Packable {
    shape: PodKindIx,
    most: u32,
    worth: f64,
    /// What one is worth beyond the resources that it takes.
    reduced: f64,
    /// How many of them the program has.
    wanted: u32,
    requests: Vec<i64>,
}

impl<'s> Knapsack<'s> {
    pub(crate) fn new(supply: &'s Assortment) -> Self {
        let program = NodeProgram::default();
        Self {
            supply,
            items: Vec::new(),
            program,
            chosen: Vec::new(),
            best: Vec::new(),
            best_value: 0.0,
            steps: 0,
            work: 0,
            of_free: Vec::new(),
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
        let of_all = steps.saturating_add(u32::try_from(2 * self.items.len()).unwrap_or(0));
        let mut free = self.supply.machines[machine].free.clone();
        (self.best_value, self.steps) = (0.0, of_all);
        self.items.sort_by(|one, other| {
            other
                .reduced
                .abs()
                .total_cmp(&one.reduced.abs())
                .then(other.worth.total_cmp(&one.worth))
                .then(one.shape.cmp(&other.shape))
        });
        self.search(&mut free, 0.0, at_most);
        let mut pods = self.filling();
        if self.steps == 0 {
            // In another order less may have to be tried.
            self.steps = of_all;
            let before = self.best_value;
            self.items.sort_by(|one, other| other.worth.total_cmp(&one.worth).then(one.shape.cmp(&other.shape)));
            self.search(&mut free, 0.0, at_most);
            if self.best_value > before {
                pods = self.filling();
            }
        }
        let at_most = if self.steps > 0 { at_most.min(self.best_value * (1.0 + TOLERANCE)) } else { at_most };
        FoundFilling { pods, value: self.best_value, at_most: at_most.max(self.best_value) }
    }

    fn filling(&self) -> Filling {
        let of_item = |(item, pods): (&Packable, &u32)| (item.shape, *pods);
        self.items.iter().zip(&self.best).map(of_item).filter(|(_, pods)| *pods > 0).collect()
    }

    /// Returns what no filling of a node is worth more than.
    pub(crate) fn at_most(
        &mut self,
        machine: NodeKindIx,
        pods: impl Iterator<Item = (PodKindIx, u32)>,
        worth: &IndexVec<PodKindIx, f64>,
    ) -> f64 {
        let supply = self.supply;
        let kind = &supply.machines[machine];
        self.items.clear();
        self.best.clear();
        self.chosen.clear();
        for (shape, count) in pods.filter(|(shape, count)| *count > 0 && kind.takes[*shape] && worth[*shape] > 0.0) {
            let most = supply.alone(machine, shape).min(count);
            if most > 0 {
                let requests = supply.shapes[shape].clone();
                self.items.push(Packable { shape, most, worth: worth[shape], reduced: 0.0, wanted: 0, requests });
            }
        }
        self.solve_program(&kind.free)
    }

    /// Solves the program of the node. Returns what no filling exceeds.
    fn solve_program(&mut self, free: &[i64]) -> f64 {
        let rows = free.iter().filter(|free| **free > 0).count();
        self.program.begin(rows);
        for item in &self.items {
            let parts =
                item.requests.iter().zip(free).filter(|(_, free)| **free > 0).map(|(requested, free)| ratio(*requested, *free));
            self.program.add(parts, item.worth, f64::from(item.most));
        }
        let steps = self.program.solve() + 1;
        self.work += (steps * rows * (self.items.len() + rows)) as u64;
        let of_resources = self.program.resources();
        let mut at_most: f64 = of_resources.iter().sum();
        self.of_free.clear();
        let mut worths = of_resources.iter();
        for free in free {
            self.of_free.push(if *free > 0 { worths.next().copied().unwrap_or(0.0) * ratio(1, *free) } else { 0.0 });
        }
        for (number, item) in self.items.iter_mut().enumerate() {
            let parts =
                item.requests.iter().zip(free).filter(|(_, free)| **free > 0).map(|(requested, free)| ratio(*requested, *free));
            item.reduced = item.worth - parts.zip(&of_resources).map(|(part, worth)| part * worth).sum::<f64>();
            item.wanted = nearest(self.program.amount(number)).min(item.most);
            at_most += item.reduced.max(0.0) * f64::from(item.most);
        }
        at_most
    }

    /// Returns what the pods from a place on are worth at most in what is free.
    fn rest(&self, place: usize, free: &[i64]) -> f64 {
        let more: f64 = self.items[place..]
            .iter()
            .filter(|item| item.reduced > 0.0)
            .map(|item| item.reduced * f64::from(room_for(free, &item.requests).min(item.most)))
            .sum();
        let of_free: f64 = free.iter().zip(&self.of_free).map(|(free, worth)| ratio(*free, 1) * worth).sum();
        more + of_free
    }

    /// Chooses how many pods of the next shape are on the node, and then of the others. What is
    /// chosen is worth `value`, and no more than `at_most` with any others.
    fn search(&mut self, free: &mut [i64], value: f64, at_most: f64) {
        let place = self.chosen.len();
        if place == self.items.len() {
            if value > self.best_value {
                self.best_value = value;
                self.best.clone_from(&self.chosen);
            }
            return;
        }
        if self.steps == 0 {
            return;
        }
        self.steps -= 1;
        self.work += ((self.items.len() - place) * free.len()) as u64;
        if value + self.rest(place, free) <= self.best_value * (1.0 + TOLERANCE) {
            return;
        }
        let Packable { most, worth, reduced, wanted, .. } = self.items[place];
        let most = room_for(free, &self.items[place].requests).min(most);
        let all = self.items[place].most;
        let is_last = place + 1 == self.items.len();
        let begin = if is_last { most } else { wanted.min(most) };
        for away in 0..=most.max(begin) {
            let mut any = false;
            for pods in [begin.checked_sub(away), (away > 0).then_some(begin + away)] {
                let Some(pods) = pods.filter(|pods| *pods <= most) else { continue };
                let lost = if reduced > 0.0 { reduced * f64::from(all - pods) } else { -reduced * f64::from(pods) };
                if at_most - lost <= self.best_value * (1.0 + TOLERANCE) {
                    continue;
                }
                any = true;
                take(free, &self.items[place].requests, i64::from(pods));
                self.chosen.push(pods);
                self.search(free, value + worth * f64::from(pods), at_most - lost);
                self.chosen.pop();
                take(free, &self.items[place].requests, -i64::from(pods));
            }
            if !any || is_last {
                return;
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
