//! The machine types that a cloud offers, whether a group launches them or not.

use std::collections::{BTreeMap, BTreeSet};

use crate::snapshot::{Gap, MachineType};

/// The machine types of the regions of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MachinesOffered {
    /// The types, by region and name.
    pub machines: Vec<MachineType>,
    /// The zones in which each type is offered, by its name; empty where that could not be read.
    pub zones: BTreeMap<String, BTreeSet<String>>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}
