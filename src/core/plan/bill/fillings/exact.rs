//! The cheapest nodes for pods of a few shapes, by trying all fillings that can be part of a mix
//! cheaper than the known one.
//!
//! By the dual of the linear program every filling has a loss: what its node costs beyond what its
//! pods are worth. A mix costs the bound and its losses. So only fillings count whose loss is less
//! than what the known mix costs beyond the bound.

use std::collections::BTreeMap;

use super::{Assortment, Bundle, Filling, NodeKindIx, NodeLimits, PodKindIx, float};
use crate::index_vec::IndexVec;

/// More fillings are not tried.
const MOST_FILLINGS: usize = 40_000;
/// How many steps to list them.
const MOST_LISTED: u32 = 1_000_000;
/// How many nodes are put into a mix, in all of them together.
const MOST_STEPS: u32 = 500_000;
/// How many fillings are looked at for them.
const MOST_LOOKS: u64 = 10_000_000;
/// With more shapes, or more pods, nothing is tried.
const FEW: (usize, u32) = (24, 64);

/// What came of a search.
pub(crate) struct Searched {
    /// A mix that is cheaper than the known one.
    pub(crate) mix: Option<Vec<Bundle>>,
    /// Whether no mix is cheaper than this, or than the known one.
    pub(crate) is_finished: bool,
}

/// What a search goes by.
pub(crate) struct ExactTask<'s> {
    pub(crate) supply: &'s Assortment,
    pub(crate) pods: &'s IndexVec<PodKindIx, u32>,
    pub(crate) limits: &'s NodeLimits,
    pub(crate) worth: &'s IndexVec<PodKindIx, f64>,
    pub(crate) toll: &'s IndexVec<NodeKindIx, f64>,
    pub(crate) bound: f64,
    /// Every price is a multiple of it.
    pub(crate) step: u64,
}

struct ExactChoice {
    machine: NodeKindIx,
    pods: Filling,
    price: f64,
    /// What the node costs beyond what all its pods are worth.
    loss: f64,
}

struct ExactSearch<'s> {
    task: &'s ExactTask<'s>,
    /// The fillings with pods of each shape, the least loss first.
    of_shape: IndexVec<PodKindIx, Vec<usize>>,
    choices: Vec<ExactChoice>,
    /// The shapes in the order in which they are put on nodes.
    order: Vec<PodKindIx>,
    left: IndexVec<PodKindIx, u32>,
    limits: NodeLimits,
    /// The machines with limits that matter, and whether that of all nodes does.
    limited: Vec<NodeKindIx>,
    is_limited: bool,
    /// What losses could be allowed with these pods left.
    tried: BTreeMap<Vec<u32>, f64>,
    budget: f64,
    mix: Vec<(usize, Filling)>,
    found: Option<Vec<Bundle>>,
    steps: u32,
    looks: u64,
}

/// Whether pods are few enough to try all ways to serve them.
pub(crate) fn is_small(pods: &IndexVec<PodKindIx, u32>) -> bool {
    pods.len() <= FEW.0 && pods.iter().sum::<u32>() <= FEW.1
}

/// Returns a mix that is cheaper than one of that price, if it is found in time.
pub(crate) fn cheaper(task: &ExactTask<'_>, price: u64) -> Searched {
    if !is_small(task.pods) {
        return Searched { mix: None, is_finished: false };
    }
    let budget = float(price.saturating_sub(task.step)) - task.bound + 1e-3;
    if budget < 0.0 {
        return Searched { mix: None, is_finished: true };
    }
    let Some(choices) = choices(task, budget) else { return Searched { mix: None, is_finished: false } };
    let supply = task.supply;
    let shapes = supply.shapes.len();
    let mut of_shape: IndexVec<PodKindIx, Vec<usize>> = IndexVec::filled(shapes, Vec::new());
    for (number, choice) in choices.iter().enumerate() {
        for (shape, _) in &choice.pods {
            of_shape[*shape].push(number);
        }
    }
    let mut order: Vec<PodKindIx> = task.pods.numbers().filter(|shape| task.pods[*shape] > 0).collect();
    order.sort_by(|one, other| task.worth[*other].total_cmp(&task.worth[*one]));
    let all: u64 = task.pods.iter().map(|pods| u64::from(*pods)).sum();
    let limits = &task.limits.of_kind;
    let limited = limits.numbers().filter(|machine| u64::from(limits[*machine]) < all).collect();
    let mut search = ExactSearch {
        task,
        of_shape,
        choices,
        order,
        left: task.pods.clone(),
        limits: task.limits.clone(),
        limited,
        is_limited: u64::from(task.limits.in_all) < all,
        tried: BTreeMap::new(),
        budget,
        mix: Vec::new(),
        found: None,
        steps: MOST_STEPS,
        looks: MOST_LOOKS,
    };
    search.go(0.0);
    Searched { mix: search.found, is_finished: search.steps > 0 && search.looks > 0 }
}

impl ExactSearch<'_> {
    fn go(&mut self, loss: f64) {
        if self.steps == 0 {
            return;
        }
        self.steps -= 1;
        let Some(shape) = self.order.iter().copied().find(|shape| self.left[*shape] > 0) else {
            return self.settle();
        };
        let mut state: Vec<u32> = self.order.iter().map(|shape| self.left[*shape]).collect();
        state.extend(self.limited.iter().map(|machine| self.limits.of_kind[*machine]));
        state.extend(self.is_limited.then_some(self.limits.in_all));
        let allowed = self.budget - loss;
        if self.tried.get(&state).is_some_and(|tried| *tried >= allowed) {
            return;
        }
        self.tried.insert(state, allowed);
        for place in 0..self.of_shape[shape].len() {
            let number = self.of_shape[shape][place];
            let ExactChoice { machine, pods, price, loss: of_all } = &self.choices[number];
            let (machine, price) = (*machine, *price);
            if loss + of_all > self.budget || self.looks == 0 {
                // With fewer pods it loses more, and all after it lose more.
                break;
            }
            self.looks -= 1;
            if !self.limits.allow(machine) {
                continue;
            }
            let left = |(shape, pods): &(PodKindIx, u32)| (*shape, (*pods).min(self.left[*shape]));
            let worth = |(shape, pods): (PodKindIx, u32)| self.task.worth[shape] * f64::from(pods);
            let value: f64 = pods.iter().map(left).map(worth).sum();
            let after = loss + (price - value).max(0.0);
            if after > self.budget {
                continue;
            }
            let pods: Filling = pods.iter().map(left).collect();
            self.limits.take(machine);
            for (shape, pods) in &pods {
                self.left[*shape] -= pods;
            }
            self.mix.push((number, pods));
            self.go(after);
            if let Some((_, pods)) = self.mix.pop() {
                for (shape, pods) in &pods {
                    self.left[*shape] += pods;
                }
            }
            self.limits.give_back(machine);
        }
    }

    /// Keeps the mix, and looks for cheaper ones only from now on.
    fn settle(&mut self) {
        let node = |(number, pods): &(usize, Filling)| {
            let pods = pods.iter().copied().filter(|(_, pods)| *pods > 0).collect();
            Bundle { machine: self.choices[*number].machine, pods }
        };
        let mix: Vec<Bundle> = self.mix.iter().map(node).collect();
        let price = self.task.supply.price_of_all(&mix);
        let budget = float(price.saturating_sub(self.task.step)) - self.task.bound + 1e-3;
        if budget < self.budget {
            self.budget = budget;
            self.found = Some(mix);
        }
    }
}

/// Returns the fillings that take no more pods and have no more than so much loss, the least loss
/// first; `None` where they are too many.
fn choices(task: &ExactTask<'_>, budget: f64) -> Option<Vec<ExactChoice>> {
    let mut all: Vec<ExactChoice> = Vec::new();
    let mut steps = MOST_LISTED;
    for (machine, kind) in task.supply.machines.iter_numbered().filter(|(machine, _)| task.limits.allow(*machine)) {
        let price = task.supply.price(machine) + task.toll[machine];
        let fits = |shape: &PodKindIx| task.pods[*shape] > 0 && task.supply.alone(machine, *shape) > 0;
        let mut shapes: Vec<PodKindIx> = task.supply.shapes.numbers().filter(fits).collect();
        shapes.sort_by(|one, other| task.worth[*other].total_cmp(&task.worth[*one]));
        let mut list = Listing {
            task,
            shapes,
            free: kind.free.clone(),
            pods: Vec::new(),
            least: price - budget,
            found: Vec::new(),
            steps,
        };
        if !list.list(0, 0.0) {
            return None;
        }
        steps = list.steps;
        all.extend(list.found.into_iter().map(|pods| {
            let value: f64 = pods.iter().map(|(shape, pods)| task.worth[*shape] * f64::from(*pods)).sum();
            ExactChoice { machine, pods, price, loss: (price - value).max(0.0) }
        }));
        if all.len() > MOST_FILLINGS {
            return None;
        }
    }
    all.sort_by(|one, other| {
        one.loss.total_cmp(&other.loss).then(one.machine.cmp(&other.machine)).then_with(|| one.pods.cmp(&other.pods))
    });
    Some(all)
}

struct Listing<'t> {
    task: &'t ExactTask<'t>,
    shapes: Vec<PodKindIx>,
    free: Vec<i64>,
    pods: Filling,
    /// What the pods are worth at least.
    least: f64,
    found: Vec<Filling>,
    steps: u32,
}

impl Listing<'_> {
    /// Lists the fillings that no pod can be added to. Returns whether they are not too many.
    fn list(&mut self, from: usize, value: f64) -> bool {
        if self.steps == 0 || self.found.len() > MOST_FILLINGS {
            return false;
        }
        self.steps -= 1;
        let Some(&shape) = self.shapes.get(from) else {
            if value >= self.least && self.is_full() {
                self.found.push(self.pods.clone());
            }
            return true;
        };
        let more: f64 = self.shapes[from..]
            .iter()
            .map(|shape| {
                let room = self.task.supply.room(&self.free, *shape).min(self.task.pods[*shape]);
                self.task.worth[*shape] * f64::from(room)
            })
            .sum();
        if value + more < self.least {
            return true;
        }
        let most = self.task.supply.room(&self.free, shape).min(self.task.pods[shape]);
        for pods in (0..=most).rev() {
            self.change(shape, pods, 1);
            let is_done = self.list(from + 1, value + self.task.worth[shape] * f64::from(pods));
            self.change(shape, pods, -1);
            if !is_done {
                return false;
            }
        }
        true
    }

    fn change(&mut self, shape: PodKindIx, pods: u32, sign: i64) {
        if pods == 0 {
            return;
        }
        for (free, requested) in self.free.iter_mut().zip(&self.task.supply.shapes[shape]) {
            *free -= sign * requested * i64::from(pods);
        }
        if sign > 0 {
            self.pods.push((shape, pods));
        } else {
            self.pods.pop();
        }
    }

    fn is_full(&self) -> bool {
        self.shapes.iter().all(|shape| {
            let on_it = self.pods.iter().find(|(known, _)| known == shape).map_or(0, |(_, pods)| *pods);
            on_it == self.task.pods[*shape] || self.task.supply.room(&self.free, *shape) == 0
        })
    }
}
