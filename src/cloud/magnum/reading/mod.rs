//! The cluster with all that belongs to it, read side by side.

pub(crate) mod cluster;
pub(crate) mod facts;
mod stacks;
pub(crate) mod whole;
