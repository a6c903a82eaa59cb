//! The linear program over fillings: parts of nodes may be bought, whole pods go on them.

use super::basis::{Basis, EPSILON};
use super::{Assortment, Bundle, Knapsack, NodeKindIx, NodeLimits, PodKindIx, float};
use crate::index_vec::{IndexVec, Number};

/// The program counts as solved when its price exceeds the bound by no greater part.
const ENOUGH: f64 = 3e-4;
/// So many columns are looked at again while some of them are taken in.
const PROMISING: usize = 24;
/// So many are taken in before all are looked at again.
const ENTERED_AT_ONCE: usize = 12;
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
    limits: &'p NodeLimits,
    /// The row of each shape of which pods are left, and of each machine whose limit matters.
    row_of_shape: IndexVec<PodKindIx, Option<usize>>,
    row_of_machine: IndexVec<NodeKindIx, Option<usize>>,
    /// The row of all nodes together, if their limit matters.
    row_of_all: Option<usize>,
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
    (supply, left, limits): (&Assortment, &IndexVec<PodKindIx, u32>, &NodeLimits),
    pool: &mut Vec<Bundle>,
    (effort, near): (Effort, &IndexVec<PodKindIx, f64>),
) -> Option<Relaxation> {
    let program = FillingProgram::new(supply, left, limits);
    let mut basis = program.start(pool)?;
    let no_toll = IndexVec::filled(supply.machines.len(), 0.0);
    let mut bound = Bound { least: 0.0, duals: Duals { worth: near.clone(), toll: no_toll, of_limits: 0.0 } };
    let most_work = knapsack.work().saturating_add(effort.work);
    for _ in 0..effort.rounds {
        program.use_pool(&mut basis, pool);
        let duals = program.duals(&basis);
        let is_better = program.search_near(knapsack, pool, (&basis, &duals), (&mut bound, effort))
            || program.search(knapsack, pool, &duals, (&mut bound, effort, most_work));
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
        worth: bound.duals.worth,
        toll: bound.duals.toll,
        bound: bound.least,
    })
}

/// The columns of a pool with pods that are left, of machines that may be bought.
struct PoolColumns {
    /// The place of each in the pool, its cost, and where its entries end.
    columns: Vec<(usize, f64, usize)>,
    entries: Vec<(usize, f64)>,
}

impl PoolColumns {
    fn of(program: &FillingProgram<'_>, pool: &[Bundle]) -> Self {
        let (mut columns, mut entries) = (Vec::with_capacity(pool.len()), Vec::with_capacity(pool.len() * 8));
        for (number, column) in pool.iter().enumerate() {
            let has_any = column.pods.iter().any(|(shape, _)| program.row_of_shape[*shape].is_some());
            if has_any && program.limits.allow(column.machine) {
                program.add_entries(column, &mut entries);
                columns.push((number, program.supply.price(column.machine), entries.len()));
            }
        }
        Self { columns, entries }
    }

    /// Returns the number of a column in the pool, its cost, and its entries.
    fn at(&self, place: usize) -> (usize, f64, &[(usize, f64)]) {
        let (number, cost, end) = self.columns[place];
        let begin = place.checked_sub(1).map_or(0, |before| self.columns[before].2);
        (number, cost, &self.entries[begin..end])
    }

    /// Returns by how much a column lowers the price, for a dollar of its cost.
    fn worth(&self, basis: &Basis, place: usize) -> f64 {
        let (_, cost, entries) = self.at(place);
        basis.gain(cost, entries) / cost.max(1.0)
    }

    /// Returns the columns that lower the price the most.
    fn promising(&self, basis: &Basis) -> Vec<usize> {
        let each = (0..self.columns.len()).map(|place| (self.worth(basis, place), place));
        let mut found: Vec<(f64, usize)> = each.filter(|(worth, _)| *worth > EPSILON).collect();
        let order = |one: &(f64, usize), other: &(f64, usize)| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1));
        if found.len() > PROMISING {
            found.select_nth_unstable_by(PROMISING, order);
            found.truncate(PROMISING);
        }
        found.sort_by(order);
        found.into_iter().map(|(_, place)| place).collect()
    }
}

/// What the program holds everything to be worth.
struct Duals {
    worth: IndexVec<PodKindIx, f64>,
    /// What a node of each machine takes of the limits.
    toll: IndexVec<NodeKindIx, f64>,
    /// What all that the limits allow is worth.
    of_limits: f64,
}

/// How far a machine was searched.
struct SearchedMachine {
    machine: NodeKindIx,
    steps: u32,
    /// What its fillings are worth at most, for a dollar of its price.
    at_most: f64,
}

impl Duals {
    /// Returns what is half way between these and others.
    fn towards(&self, others: &Self) -> Self {
        let half = |(one, other): (&f64, &f64)| f64::midpoint(*one, *other);
        Self {
            worth: self.worth.iter().zip(&others.worth).map(half).collect(),
            toll: self.toll.iter().zip(&others.toll).map(half).collect(),
            of_limits: f64::midpoint(self.of_limits, others.of_limits),
        }
    }

    fn scaled(&self, scale: f64) -> Self {
        Self {
            worth: self.worth.iter().map(|worth| worth * scale).collect(),
            toll: self.toll.iter().map(|toll| toll * scale).collect(),
            of_limits: self.of_limits * scale,
        }
    }
}

/// The greatest bound so far, with what it goes by.
struct Bound {
    least: f64,
    duals: Duals,
}

impl Bound {
    /// Takes over duals if they show more: no filling is worth more than `at_most` for a dollar.
    fn raise(&mut self, program: &FillingProgram<'_>, duals: &Duals, at_most: f64) {
        let scale = 1.0 / at_most.max(1.0);
        let least = program.value(duals) * scale;
        if least > self.least {
            *self = Self { least, duals: duals.scaled(scale) };
        }
    }
}

impl<'p> FillingProgram<'p> {
    fn new(supply: &'p Assortment, left: &'p IndexVec<PodKindIx, u32>, limits: &'p NodeLimits) -> Self {
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
            limits.of_kind.iter_numbered().map(|(machine, limit)| matters((machine, limit)).then(|| row(*limit))).collect();
        let pods: u64 = left.iter().map(|pods| u64::from(*pods)).sum();
        let row_of_all = (u64::from(limits.in_all) < pods).then(|| row(limits.in_all));
        let is_demand = (0..wanted.len()).map(|row| row < demands).collect();
        Self { supply, left, limits, row_of_shape, row_of_machine, row_of_all, wanted, is_demand }
    }

    /// Begins with nodes that are filled with pods of one shape each. Returns `None` where no node
    /// takes one of them.
    fn start(&self, pool: &mut Vec<Bundle>) -> Option<Basis> {
        let (mut columns, mut entries, mut costs) = (Vec::new(), Vec::new(), Vec::new());
        let mut used: IndexVec<NodeKindIx, f64> = IndexVec::filled(self.supply.machines.len(), 0.0);
        for (shape, _) in self.row_of_shape.iter_numbered().filter(|(_, row)| row.is_some()) {
            let of_machine = |machine: NodeKindIx| {
                let pods = self.supply.alone(machine, shape).min(self.left[shape]);
                (pods > 0 && self.limits.allow(machine)).then(|| (self.supply.price(machine) / f64::from(pods), machine, pods))
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
        for (place, row) in self.rows_of_limits() {
            let used: f64 =
                used.iter().enumerate().filter(|(own, _)| place == used.len() || *own == place).map(|(_, used)| used).sum();
            let is_over = used > self.wanted[row];
            columns.push(if is_over { EXCESS + place } else { SLACK + row });
            entries.push(vec![(row, if is_over { -1.0 } else { 1.0 })]);
            costs.push(if is_over { self.penalty() } else { 0.0 });
        }
        Some(Basis::new(columns, &entries, &costs, &self.wanted))
    }

    /// Returns the rows of limits, each with the place of its machine; that of all nodes comes
    /// after all machines.
    fn rows_of_limits(&self) -> impl Iterator<Item = (usize, usize)> {
        let of_machines = self.row_of_machine.iter_numbered().filter_map(|(machine, row)| Some((machine.index(), (*row)?)));
        of_machines.chain(self.row_of_all.map(|row| (self.supply.machines.len(), row)))
    }

    fn penalty(&self) -> f64 {
        let prices = self.supply.machines.numbers().map(|machine| self.supply.price(machine));
        PENALTY * prices.fold(0.0, f64::max)
    }

    fn entries(&self, column: &Bundle) -> Vec<(usize, f64)> {
        let mut entries = Vec::new();
        self.add_entries(column, &mut entries);
        entries
    }

    fn add_entries(&self, column: &Bundle, entries: &mut Vec<(usize, f64)>) {
        entries.extend(column.pods.iter().filter_map(|(shape, pods)| Some((self.row_of_shape[*shape]?, f64::from(*pods)))));
        entries.extend(self.row_of_machine[column.machine].into_iter().chain(self.row_of_all).map(|row| (row, 1.0)));
    }

    /// Takes in columns of the pool, and slack, as long as that lowers the price.
    fn use_pool(&self, basis: &mut Basis, pool: &[Bundle]) {
        let known = PoolColumns::of(self, pool);
        let mut left = 10 * self.wanted.len() + 100;
        while left > 0 {
            let promising = known.promising(basis);
            if promising.is_empty() {
                if !self.use_slack(basis) {
                    return;
                }
                left -= 1;
            }
            // To look at all of them takes longer than to take one in.
            for _ in 0..ENTERED_AT_ONCE.min(left) {
                let best = promising.iter().map(|place| (known.worth(basis, *place), *place));
                let best = best.max_by(|one, other| one.0.total_cmp(&other.0).then(other.1.cmp(&one.1)));
                let Some((_, place)) = best.filter(|(worth, _)| *worth > EPSILON) else { break };
                let (number, cost, entries) = known.at(place);
                if !basis.enter(number, entries, basis.gain(cost, entries)) {
                    return;
                }
                left -= 1;
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
        for (place, row) in self.rows_of_limits() {
            let gain = -basis.duals[row] - self.penalty();
            if gain > EPSILON {
                return basis.enter(EXCESS + place, &[(row, -1.0)], gain);
            }
        }
        false
    }

    /// Adds the best column of each machine by duals between those of the program and those of the
    /// bound: the former move far from one round to the next (Wentges, "Weighted Dantzig-Wolfe
    /// decomposition for linear mixed-integer programming", 1997). Returns whether any of them
    /// lowers the price.
    fn search_near(
        &self,
        knapsack: &mut Knapsack<'_>,
        pool: &mut Vec<Bundle>,
        (basis, duals): (&Basis, &Duals),
        (bound, effort): (&mut Bound, Effort),
    ) -> bool {
        let near = duals.towards(&bound.duals);
        let before = pool.len();
        let machines = self.supply.machines.numbers().filter(|machine| self.limits.allow(*machine));
        let at_most = machines.map(|machine| self.search_machine(knapsack, pool, &near, (machine, effort.steps)));
        let at_most = at_most.fold(1.0, f64::max);
        bound.raise(self, &near, at_most);
        let lowers = |column: &Bundle| {
            let price = self.supply.price(column.machine);
            basis.gain(price, &self.entries(column)) > EPSILON * price.max(1.0)
        };
        pool[before..].iter().any(lowers)
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
        let machines = self.supply.machines.numbers().filter(|machine| self.limits.allow(*machine));
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
        bound.raise(self, duals, searched.iter().map(|searched| searched.at_most).fold(1.0, f64::max));
        pool.len() > before
    }

    /// Adds the best column of a machine if it lowers the price. Returns what its fillings are
    /// worth at most, for a dollar of its price.
    fn search_machine(
        &self,
        knapsack: &mut Knapsack<'_>,
        pool: &mut Vec<Bundle>,
        Duals { worth, toll, .. }: &Duals,
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

    fn duals(&self, basis: &Basis) -> Duals {
        let of_limit = |row: Option<usize>| row.map_or(0.0, |row| (-basis.duals[row]).max(0.0));
        let of_all = of_limit(self.row_of_all);
        let of_limits: f64 = self.rows_of_limits().map(|(_, row)| of_limit(Some(row)) * self.wanted[row]).sum();
        Duals {
            worth: self.row_of_shape.iter().map(|row| row.map_or(0.0, |row| basis.duals[row].max(0.0))).collect(),
            toll: self.row_of_machine.iter().map(|row| of_limit(*row) + of_all).collect(),
            of_limits,
        }
    }

    fn value(&self, duals: &Duals) -> f64 {
        let of_pods: f64 = duals.worth.iter().zip(self.left).map(|(worth, pods)| worth * f64::from(*pods)).sum();
        of_pods - duals.of_limits
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
