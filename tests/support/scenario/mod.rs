//! Situations in words: what `tests/scenarios` holds, and what tests say in a few lines. The words are in `script.rs`.

mod script;
mod set_up;
mod world;

pub(crate) use script::{run, situation};
pub(crate) use world::{World, ended, run_on};
