//! The linear program over fillings: parts of nodes may be bought, whole pods go on them.

use super::basis::{Basis, EPSILON};
use super::{Assortment, Bundle, Knapsack, NodeKindIx, PodKindIx, float};
use crate::index_vec::{IndexVec, Number};

/// The program counts as solved when its price exceeds the bound by no greater part.
const ENOUGH: f64 = 3e-4;
/// How many times dearer a node is that exceeds the limit of its kind.
const PENALTY: f64 = 100.0;

/// What was found of the linear program.
#[derive(Debug, Clone)]
pub(crate) struct Relaxation {
    /// How many nodes of which columns, by their place in the pool.
    pub(crate) amounts: Vec<(usize, f64)>,
    /// What a pod of each shape is worth.
    pub(crate) worth: IndexVec<PodKindIx, f64>,
    /// What a place under the limit of each machine is worth.
    pub(crate) toll: IndexVec<NodeKindIx, f64>,
    /// Nodes for all the pods cost at least so much.
    pub(crate) bound: f64,
    /// Whether the limits are exceeded.
    pub(crate) is_over: bool,
}

/// How much may be tried.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    /// The rounds of searches, each for every machine.
    pub(crate) rounds: u32,
    /// The steps of each search at the start.
    pub(crate) steps: u32,
    /// The steps of each search where fewer find nothing.
    pub(crate) most_steps: u32,
    /// What all searches may look at.
    pub(crate) work: u64,
}

struct FillingProgram<'p> {
    supply: &'p Assortment,
    left: &'p IndexVec<PodKindIx, u32>,
    limits: &'p IndexVec<NodeKindIx, u32>,
    /// The row of each shape of which pods are left, and of each machine whose limit matters.
    row_of_shape: IndexVec<PodKindIx, Option<usize>>,
    row_of_machine: IndexVec<NodeKindIx, Option<usize>>,
    wanted: Vec<f64>,
    is_demand: Vec<bool>,
}

/// Bundles that are no fillings, behind those of the pool.
const SLACK: usize = usize::MAX / 2;
const EXCESS: usize = SLACK + SLACK / 2;

/// Solves the program for the pods that are left, within limits, and adds the columns it makes to
/// the pool.
pub(crate) fn relax(
    knapsack: &mut Knapsack<'_>,
    (supply, left, limits): (&Assortment, &IndexVec<PodKindIx, u32>, &IndexVec<NodeKindIx, u32>),
    pool: &mut Vec<Bundle>,
    effort: Effort,
) -> Option<Relaxation> {
    let program = FillingProgram::new(supply, left, limits);
    let mut basis = program.start(pool)?;
    let mut bound =
        Bound { least: 0.0, worth: IndexVec::filled(supply.shapes.len(), 0.0), toll: IndexVec::filled(limits.len(), 0.0) };
    let most_work = knapsack.work().saturating_add(effort.work);
    for _ in 0..effort.rounds {
        program.use_pool(&mut basis, pool);
        let duals = Duals { worth: program.worth(&basis), toll: program.toll(&basis) };
        let is_better = program.search(knapsack, pool, &duals, (&mut bound, effort, most_work));
        let is_solved = program.price(&basis, pool) <= bound.least * (1.0 + ENOUGH);
        if !is_better || is_solved || knapsack.work() > most_work {
            break;
        }
    }
    program.use_pool(&mut basis, pool);
    let used = basis.columns.iter().zip(&basis.amounts).filter(|(_, amount)| **amount > EPSILON);
    Some(Relaxation {
        is_over: used.clone().any(|(column, amount)| *column >= EXCESS && *amount > 1e-6),
        amounts: used.filter(|(column, _)| **column < SLACK).map(|(column, amount)| (*column, *amount)).collect(),
        worth: bound.worth,
        toll: bound.toll,
        bound: bound.least,
    })
}

/// What the program holds everything to be worth.
struct Duals {
    worth: IndexVec<PodKindIx, f64>,
    toll: IndexVec<NodeKindIx, f64>,
}

/// How far a machine was searched.
struct SearchedMachine {
    machine: NodeKindIx,
    steps: u32,
    /// What its fillings are worth at most, for a dollar of its price.
    at_most: f64,
}

struct Bound {
    least: f64,
    worth: IndexVec<PodKindIx, f64>,
    toll: IndexVec<NodeKindIx, f64>,
}

impl<'p> FillingProgram<'p> {
    fn new(supply: &'p Assortment, left: &'p IndexVec<PodKindIx, u32>, limits: &'p IndexVec<NodeKindIx, u32>) -> Self {
        let mut wanted = Vec::new();
        let mut row = |amount: u32| {
            wanted.push(f64::from(amount));
            wanted.len() - 1
        };
        let row_of_shape: IndexVec<PodKindIx, Option<usize>> =
            left.iter().map(|pods| (*pods > 0).then(|| row(*pods))).collect();
        let demands = row_of_shape.iter().flatten().count();
        let matters = |(machine, limit): (NodeKindIx, &u32)| {
            let takes = |(shape, pods): (PodKindIx, &u32)| if supply.alone(machine, shape) > 0 { u64::from(*pods) } else { 0 };
            *limit > 0 && u64::from(*limit) < left.iter_numbered().map(takes).sum()
        };
        let row_of_machine =
            limits.iter_numbered().map(|(machine, limit)| matters((machine, limit)).then(|| row(*limit))).collect();
        let is_demand = (0..wanted.len()).map(|row| row < demands).collect();
        Self { supply, left, limits, row_of_shape, row_of_machine, wanted, is_demand }
    }

    /// Begins with nodes that are filled with pods of one shape each. Returns `None` where no node
    /// takes one of them.
    fn start(&self, pool: &mut Vec<Bundle>) -> Option<Basis> {
        let (mut columns, mut entries, mut costs) = (Vec::new(), Vec::new(), Vec::new());
        let mut used: IndexVec<NodeKindIx, f64> = IndexVec::filled(self.supply.machines.len(), 0.0);
        for (shape, _) in self.row_of_shape.iter_numbered().filter(|(_, row)| row.is_some()) {
            let of_machine = |machine: NodeKindIx| {
                let pods = self.supply.alone(machine, shape).min(self.left[shape]);
                (pods > 0 && self.limits[machine] > 0).then(|| (self.supply.price(machine) / f64::from(pods), machine, pods))
            };
            let ways = self.supply.machines.numbers().filter_map(of_machine);
            let (_, machine, pods) = ways.min_by(|one, other| one.0.total_cmp(&other.0))?;
            used[machine] += f64::from(self.left[shape]) / f64::from(pods);
            let column = Bundle { machine, pods: vec![(shape, pods)] };
            columns.push(pool.len());
            entries.push(self.entries(&column));
            costs.push(self.supply.price(machine));
            pool.push(column);
        }
        for (machine, row) in self.row_of_machine.iter_numbered() {
            let Some(row) = *row else { continue };
            let is_over = used[machine] > self.wanted[row];
            columns.push(if is_over { EXCESS + machine.index() } else { SLACK + row });
            entries.push(vec![(row, if is_over { -1.0 } else { 1.0 })]);
            costs.push(if is_over { self.penalty() } else { 0.0 });
        }
        Some(Basis::new(columns, &entries, &costs, &self.wanted))
    }

    fn penalty(&self) -> f64 {
        let prices = self.supply.machines.numbers().map(|machine| self.supply.price(machine));
        PENALTY * prices.fold(0.0, f64::max)
    }

    fn entries(&self, column: &Bundle) -> Vec<(usize, f64)> {
        let of_pods = column.pods.iter().filter_map(|(shape, pods)| Some((self.row_of_shape[*shape]?, f64::from(*pods))));
        of_pods.chain(self.row_of_machine[column.machine].map(|row| (row, 1.0))).collect()
    }

    /// Takes in columns of the pool, and slack, as long as that lowers the price.
    fn use_pool(&self, basis: &mut Basis, pool: &[Bundle]) {
        let known: Vec<(f64, Vec<(usize, f64)>)> =
            pool.iter().map(|column| (self.supply.price(column.machine), self.entries(column))).collect();
        for _ in 0..10 * self.wanted.len() + 100 {
            let mut best: Option<(f64, usize)> = None;
            for (number, (cost, entries)) in known.iter().enumerate() {
                if self.limits[pool[number].machine] == 0 {
                    continue;
                }
                let gain = basis.gain(*cost, entries);
                let worth = gain / cost.max(1.0);
                if gain > EPSILON * cost.max(1.0) && best.is_none_or(|(most, _)| worth > most) {
                    best = Some((worth, number));
                }
            }
            let is_entered = match best {
                Some((_, number)) => {
                    let (cost, entries) = &known[number];
                    basis.enter(number, entries, basis.gain(*cost, entries))
                }
                None => self.use_slack(basis),
            };
            if !is_entered {
                return;
            }
        }
    }

    fn use_slack(&self, basis: &mut Basis) -> bool {
        for row in 0..self.wanted.len() {
            let entry = if self.is_demand[row] { -1.0 } else { 1.0 };
            let gain = basis.duals[row] * entry;
            if gain > EPSILON && !basis.columns.contains(&(SLACK + row)) {
                return basis.enter(SLACK + row, &[(row, entry)], gain);
            }
        }
        for (machine, row) in self.row_of_machine.iter_numbered() {
            let Some(row) = *row else { continue };
            let gain = -basis.duals[row] - self.penalty();
            if gain > EPSILON {
                return basis.enter(EXCESS + machine.index(), &[(row, -1.0)], gain);
            }
        }
        false
    }

    /// Adds the best column of each machine that lowers the price. Where there is none, those
    /// machines are searched on of which that is least certain. Returns whether there is any.
    fn search(
        &self,
        knapsack: &mut Knapsack<'_>,
        pool: &mut Vec<Bundle>,
        duals: &Duals,
        (bound, effort, most_work): (&mut Bound, Effort, u64),
    ) -> bool {
        let before = pool.len();
        let machines = self.supply.machines.numbers().filter(|machine| self.limits[*machine] > 0);
        let mut searched: Vec<SearchedMachine> = machines
            .map(|machine| {
                let at_most = self.search_machine(knapsack, pool, duals, (machine, effort.steps));
                SearchedMachine { machine, steps: effort.steps, at_most }
            })
            .collect();
        while pool.len() == before && knapsack.work() <= most_work {
            let worst = searched.iter_mut().max_by(|one, other| one.at_most.total_cmp(&other.at_most));
            let may_matter =
                |worst: &&mut SearchedMachine| worst.at_most > 1.0 + ENOUGH / 2.0 && worst.steps < effort.most_steps;
            let Some(worst) = worst.filter(may_matter) else { break };
            worst.steps = worst.steps.saturating_mul(8).min(effort.most_steps);
            worst.at_most = self.search_machine(knapsack, pool, duals, (worst.machine, worst.steps));
        }
        let scale = 1.0 / searched.iter().map(|searched| searched.at_most).fold(1.0, f64::max);
        let least = self.value(&duals.worth, &duals.toll) * scale;
        if least > bound.least {
            let scaled = |values: &f64| values * scale;
            *bound =
                Bound { least, worth: duals.worth.iter().map(scaled).collect(), toll: duals.toll.iter().map(scaled).collect() };
        }
        pool.len() > before
    }

    /// Adds the best column of a machine if it lowers the price. Returns what its fillings are
    /// worth at most, for a dollar of its price.
    fn search_machine(
        &self,
        knapsack: &mut Knapsack<'_>,
        pool: &mut Vec<Bundle>,
        Duals { worth, toll }: &Duals,
        (machine, steps): (NodeKindIx, u32),
    ) -> f64 {
        let pods = self.left.iter_numbered().map(|(shape, pods)| (shape, *pods));
        let found = knapsack.best(machine, pods, worth, steps);
        let price = self.supply.price(machine);
        if found.value - toll[machine] > price * (1.0 + EPSILON) + EPSILON {
            pool.push(Bundle { machine, pods: found.pods });
        }
        (found.at_most - toll[machine]) / price.max(1.0)
    }

    fn worth(&self, basis: &Basis) -> IndexVec<PodKindIx, f64> {
        self.row_of_shape.iter().map(|row| row.map_or(0.0, |row| basis.duals[row].max(0.0))).collect()
    }

    fn toll(&self, basis: &Basis) -> IndexVec<NodeKindIx, f64> {
        self.row_of_machine.iter().map(|row| row.map_or(0.0, |row| (-basis.duals[row]).max(0.0))).collect()
    }

    fn value(&self, worth: &IndexVec<PodKindIx, f64>, toll: &IndexVec<NodeKindIx, f64>) -> f64 {
        let of_pods: f64 = worth.iter().zip(self.left).map(|(worth, pods)| worth * f64::from(*pods)).sum();
        let of_limits: f64 = toll.iter().zip(self.limits).map(|(toll, limit)| toll * f64::from(*limit)).sum();
        of_pods - of_limits
    }

    fn price(&self, basis: &Basis, pool: &[Bundle]) -> f64 {
        let cost = |column: usize| match column {
            EXCESS.. => self.penalty(),
            SLACK.. => 0.0,
            column => float(self.supply.machines[pool[column].machine].price),
        };
        basis.columns.iter().zip(&basis.amounts).map(|(column, amount)| cost(*column) * amount).sum()
    }
}
