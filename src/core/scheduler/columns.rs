//! Resource names as columns: amounts become short vectors of the same length, compared without looking up a name.

use crate::snapshot::Resources;

/// The resource names of one planning run. `pods` comes first, as in the scheduler's own `noderesources.fitsRequest`, then
/// devices by name: of several things a node lacks, the one that no other size of it would cure is the one worth hearing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    names: Vec<String>,
}

impl Columns {
    /// The columns for all the names in use.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        // Tens of thousands of mentions are of a handful of names.
        let distinct: std::collections::BTreeSet<&str> = names.into_iter().collect();
        let mut names: Vec<String> = distinct.into_iter().map(str::to_owned).collect();
        names.sort_by(|a, b| (place(a), a).cmp(&(place(b), b)));
        Self { names }
    }

    /// No column at all.
    #[must_use]
    pub const fn none() -> Self {
        Self { names: Vec::new() }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The resource of a column.
    #[must_use]
    pub fn name(&self, column: usize) -> &str {
        &self.names[column]
    }

    /// Amounts by column; names without a column are left out.
    #[must_use]
    pub fn row(&self, resources: &Resources) -> Vec<i64> {
        self.names.iter().map(|name| resources.get(name)).collect()
    }
}

fn place(name: &str) -> usize {
    use crate::snapshot::{CPU, EPHEMERAL_STORAGE, MEMORY, PODS};
    match name {
        PODS => 0,
        CPU => 2,
        MEMORY => 3,
        EPHEMERAL_STORAGE => 4,
        _ => 1,
    }
}
