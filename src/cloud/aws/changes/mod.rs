//! The calls that change something. Each is sent once, and the one with a token once more.

pub(crate) mod answer;
pub(crate) mod desired;
mod launch_outcome;
mod launch_permissions;
pub(crate) mod launching;
pub(crate) mod removal;
pub(crate) mod set_up;
pub(crate) mod set_up_call;
