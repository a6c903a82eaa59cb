//! Auto Scaling Groups: which are ours, and what state they are in.

pub(crate) mod described;
pub(crate) mod discovery;
pub(crate) mod names;
mod node_template_key;
pub(crate) mod now;
mod set_up;
pub(crate) mod tags;
pub(crate) mod taint_tag;
pub(crate) mod tighter_limits;
