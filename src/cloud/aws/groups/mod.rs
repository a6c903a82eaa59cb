//! Auto Scaling Groups: which are ours, and what state they are in.

pub(crate) mod described;
pub(crate) mod discovery;
pub(crate) mod names;
pub(crate) mod now;
pub(crate) mod set_up;
