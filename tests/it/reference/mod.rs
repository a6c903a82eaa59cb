//! A second opinion on placements: kube-scheduler's filters, written down a second time in the plainest way, from its
//! documentation and sources. It shares no code with the planner; it knows its data types and reads its published plan.

mod case;
mod predicates;
mod selectors;
mod world;
