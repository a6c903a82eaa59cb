//! The targets, as the programs in `fuzz_targets` use them.

#[cfg(feature = "aws")]
mod aws_targets;
mod targets;

#[cfg(feature = "aws")]
pub use aws_targets::{activity, tags};
pub use targets::{quantity, snapshot};
