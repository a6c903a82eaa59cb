//! The rows of the table, in their order.

mod budget;
mod controller;
mod drain_grace;
mod ignored;
mod leaving;
mod local_storage;
mod mark;
mod on_completion;
pub(super) mod safe_to_evict;
mod schedulable_elsewhere;
mod system_pod;

use super::{Drainability, Question};

/// A row of the table.
pub(super) struct Rule {
    /// Whether `safe-to-evict: "true"` (row 5) lifts it.
    pub(super) lifted_by_yes: bool,
    /// The verdict, if the row decides.
    pub(super) ask: fn(&Question<'_>) -> Option<Drainability>,
}

/// The first row that decides wins. A no of a person (row 3) comes before a yes (row 5), and the yes lifts only what protects
/// the pod from us: a budget and a place to move to always count. Row 11 is asked for all pods of a node together, by trying
/// (`scale_in`); here stands only what makes the answer unknowable.
pub(super) const RULES: [Rule; 10] = [
    Rule { lifted_by_yes: false, ask: ignored::ask },               // rows 1 and 2
    Rule { lifted_by_yes: false, ask: leaving::ask },               // row 1, before the grace has passed
    Rule { lifted_by_yes: false, ask: mark::ask },                  // row 3
    Rule { lifted_by_yes: false, ask: on_completion::ask },         // row 4
    Rule { lifted_by_yes: true, ask: controller::ask },             // row 6
    Rule { lifted_by_yes: true, ask: drain_grace::ask },            // row 7
    Rule { lifted_by_yes: true, ask: system_pod::ask },             // row 8
    Rule { lifted_by_yes: true, ask: local_storage::ask },          // row 9
    Rule { lifted_by_yes: false, ask: budget::ask },                // row 10
    Rule { lifted_by_yes: false, ask: schedulable_elsewhere::ask }, // row 11
];
