//! A second opinion on placements: kube-scheduler's filters, written a second time in the plainest
//! way, from its documentation and sources. It shares no code with the planner; it knows its data
//! types and reads its published plan.

#![expect(clippy::needless_pass_by_value, reason = "tables of JSON read better without ampersands")]

mod case;
mod daemons;
mod drains;
mod nominated;
pub(crate) mod predicates;
mod properties;
mod published;
mod recheck;
mod recheck_cases;
mod richness;
mod selectors;
mod template;
pub(crate) mod world;
pub(crate) mod worlds;
