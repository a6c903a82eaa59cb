//! Situations in words: those of `tests/scenarios`, and those that tests state in a few lines.
//! `script.rs` describes the words.

mod devices;
mod requests;
mod script;
mod set_up;
mod world;

pub(crate) use script::{run, situation};
pub(crate) use world::{World, ended, run_on};
