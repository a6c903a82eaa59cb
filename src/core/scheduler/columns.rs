//! Resource names as columns: amounts become short vectors of the same length, which are compared
//! without looking up a name.

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;

use super::CpuMemory;
use crate::snapshot::{CPU, EPHEMERAL_STORAGE, MEMORY, PODS, Resources};

/// The resource names of one planning run. `pods` comes first, as in the scheduler's own
/// `noderesources.fitsRequest`, then devices by name: if a node lacks several resources, the most
/// useful one to report is the one that no other size of the node would provide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    names: Vec<String>,
    /// Those by which the scheduler ranks nodes.
    cpu: Option<usize>,
    memory: Option<usize>,
}

impl Columns {
    /// Returns the columns for all the names in use.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        // Tens of thousands of occurrences share a handful of names.
        let distinct: IndexSet<&str, FxBuildHasher> = names.into_iter().collect();
        let mut names: Vec<String> = distinct.into_iter().map(str::to_owned).collect();
        names.sort_by(|a, b| (place(a), a).cmp(&(place(b), b)));
        let column = |wanted: &str| names.iter().position(|name| name == wanted);
        Self { cpu: column(CPU), memory: column(MEMORY), names }
    }

    /// Returns no column at all.
    #[must_use]
    pub const fn none() -> Self {
        Self { names: Vec::new(), cpu: None, memory: None }
    }

    /// Returns the number of columns.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are no columns.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Returns the resource of a column.
    #[must_use]
    pub fn name(&self, column: usize) -> &str {
        &self.names[column]
    }

    /// Returns amounts by column; names without a column are left out.
    #[must_use]
    pub fn row(&self, resources: &Resources) -> Vec<i64> {
        self.names.iter().map(|name| resources.get(name)).collect()
    }

    /// Raises each amount of a row to at least that of the resources.
    pub fn raise(&self, row: &mut [i64], resources: &Resources) {
        for (amount, name) in row.iter_mut().zip(&self.names) {
            *amount = resources.get(name).max(*amount);
        }
    }

    /// Returns the amounts of a row by which the scheduler ranks nodes.
    #[must_use]
    pub fn cpu_memory(&self, row: &[i64]) -> CpuMemory {
        let amount = |column: Option<usize>| column.map_or(0, |column| row[column]);
        CpuMemory { cpu: amount(self.cpu), memory: amount(self.memory) }
    }
}

/// Whether a pod with these requests fits in the free amounts. A request of 0 never blocks.
#[must_use]
pub fn fits(free: &[i64], requests: &[i64]) -> bool {
    free.iter().zip(requests).all(|(free, requested)| *requested == 0 || requested <= free)
}

fn place(name: &str) -> usize {
    match name {
        PODS => 0,
        CPU => 2,
        MEMORY => 3,
        EPHEMERAL_STORAGE => 4,
        _ => 1,
    }
}
