//! The three calls that change something. Two are sent once, and the one with a token once more.

pub(crate) mod answer;
pub(crate) mod desired;
mod launch_outcome;
mod launch_permissions;
pub(crate) mod launching;
pub(crate) mod removal;
