//! Which group is tried first for some pods: the chain of `--expander`, then the name.

pub(super) mod balance;
pub(super) mod by_pods;
pub(super) mod fixed;
mod later_classes;
mod price;
mod random;
pub(super) mod ranker;
pub(super) mod reason;
pub(super) mod similar_groups;
pub(super) mod trace;
pub(super) mod wanted;
pub(super) mod waste;
