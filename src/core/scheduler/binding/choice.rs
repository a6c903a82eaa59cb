//! The nodes among which the scheduler chooses, by number.

use crate::index_vec::numbers;

numbers! {
    /// Nodes of one sort: they offer the same, and each pod fits all or none while they are empty.
    pub struct SortIx;
    /// A node among which the scheduler chooses.
    pub struct ChoiceIx;
}
