//! Node groups: which are ours, what state they are in, and which servers are theirs.

pub(crate) mod described;
pub(crate) mod discovery;
pub(crate) mod group_stack;
pub(crate) mod names;
pub(crate) mod now;
pub(crate) mod obstacles;
pub(crate) mod server_names;
pub(crate) mod trusted_stacks;
