//! Auto Scaling Groups: which are ours, and how they are.

pub(crate) mod described;
pub(crate) mod discovery;
pub(crate) mod names;
pub(crate) mod now;
mod set_up;
pub(crate) mod tags;
