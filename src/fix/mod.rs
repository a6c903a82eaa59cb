//! Mends how groups are set up: what a finding states is wrong and has one right mend becomes a
//! step with the exact call. A person reviews the steps and has them carried out one by one.
//!
//! `apply` never does any of this: it changes how many nodes a group has, and not what the group
//! is. Whether a finding has one right mend is decided in `mends`, one rule a file; every other
//! finding about a set-up is left to a person, with the reason.

mod document;
mod mends;
mod page;
mod report;
mod step;
mod still_needed;

pub use document::{FixPlan, FixStep, LeftToPerson, SCHEMA};
pub use mends::Members;
pub use page::page;
pub use report::{FixOutcome, FixReport, FixedStep};
pub use step::{FixContext, carry_out};
pub use still_needed::NotNeeded;
