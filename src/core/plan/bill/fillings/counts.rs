//! A bound by how many nodes of each kind are bought. The linear program buys parts of nodes, and
//! where few are needed that is what makes it cheap. So the numbers of nodes are fixed, kind by
//! kind, those first of which it has the dearest part (branch and bound; Land and Doig, "An
//! Automatic Method of Solving Discrete Programming Problems", 1960).

use super::{Assortment, Effort, Knapsack, NodeKindIx, PodKindIx, Relaxation, relax};
use crate::index_vec::IndexVec;

/// At most so many programs are solved.
const MOST_PROGRAMS: u32 = 50;
/// How much is tried to solve each.
const EFFORT: Effort = Effort { rounds: 60, steps: 1_000, most_steps: 20_000, work: 3_000_000 };
/// Errors of rounding are a smaller part.
const ROUNDING: f64 = 1e-7;

/// How many pods of each shape there are, and about what one of them is worth.
type PodsOfWorth<'p> = (&'p IndexVec<PodKindIx, u32>, &'p IndexVec<PodKindIx, f64>);

/// Some numbers of nodes, and what nodes for all pods cost at least with them.
struct CountedNodes {
    fixed: IndexVec<NodeKindIx, Option<u32>>,
    bound: f64,
    /// How many nodes of each kind the program has.
    amounts: IndexVec<NodeKindIx, f64>,
}

/// Returns what nodes for the pods cost at least, in millionths of a dollar per hour; `goal` where
/// nothing costs less than that.
pub(crate) fn bound_by_counts(supply: &Assortment, pods: PodsOfWorth<'_>, goal: f64) -> f64 {
    let mut programs = MOST_PROGRAMS;
    let fixed = IndexVec::filled(supply.machines.len(), None);
    let Some(root) = solved(supply, pods, fixed, 0.0) else { return 0.0 };
    let mut open = vec![root];
    loop {
        let least = open.iter().enumerate().min_by(|one, other| one.1.bound.total_cmp(&other.1.bound));
        let Some((place, _)) = least else { return goal };
        let counted = open.swap_remove(place);
        let Some(machine) = counted.next(supply) else { return counted.bound };
        let paid = counted.paid(supply);
        let price = supply.price(machine);
        for nodes in 0..=supply.machines[machine].limit {
            if paid + price * f64::from(nodes) >= goal {
                break;
            }
            if programs == 0 {
                return counted.bound;
            }
            programs -= 1;
            let mut fixed = counted.fixed.clone();
            fixed[machine] = Some(nodes);
            // Where no node takes some of the pods, there is nothing to find.
            let child = solved(supply, pods, fixed, counted.bound);
            open.extend(child.filter(|child| child.bound < goal));
        }
    }
}

impl CountedNodes {
    /// Returns what the nodes cost whose number is fixed.
    fn paid(&self, supply: &Assortment) -> f64 {
        let price = |(machine, nodes): (NodeKindIx, &Option<u32>)| nodes.map(|nodes| supply.price(machine) * f64::from(nodes));
        self.fixed.iter_numbered().filter_map(price).sum()
    }

    /// Returns the kind of nodes to be fixed next: that of which the program has the dearest part.
    fn next(&self, supply: &Assortment) -> Option<NodeKindIx> {
        let part = |machine: NodeKindIx| (self.amounts[machine] - self.amounts[machine].round()).abs() * supply.price(machine);
        let open = self.fixed.numbers().filter(|machine| self.fixed[*machine].is_none() && self.amounts[*machine] > 1e-6);
        open.max_by(|one, other| part(*one).total_cmp(&part(*other)))
    }
}

/// Solves the program with some numbers of nodes, which cost nothing beside what is paid for them.
/// Returns `None` where no node takes some of the pods.
fn solved(
    supply: &Assortment,
    (pods, near): PodsOfWorth<'_>,
    fixed: IndexVec<NodeKindIx, Option<u32>>,
    at_least: f64,
) -> Option<CountedNodes> {
    let mut with_fixed = supply.clone();
    for (machine, nodes) in fixed.iter_numbered() {
        if let Some(nodes) = nodes {
            with_fixed.machines[machine].price = 0;
            with_fixed.machines[machine].limit = *nodes;
        }
    }
    let limits = with_fixed.limits(u32::MAX);
    let mut pool = Vec::new();
    let relaxed = relax(&mut Knapsack::new(&with_fixed), (&with_fixed, pods, &limits), &mut pool, (EFFORT, near))?;
    let Relaxation { amounts, bound, .. } = relaxed;
    let mut by_machine = IndexVec::filled(supply.machines.len(), 0.0);
    for (column, amount) in amounts {
        by_machine[pool[column].machine] += amount;
    }
    let mut counted = CountedNodes { fixed, bound: 0.0, amounts: by_machine };
    counted.bound = (counted.paid(supply) + bound * (1.0 - ROUNDING)).max(at_least);
    Some(counted)
}
