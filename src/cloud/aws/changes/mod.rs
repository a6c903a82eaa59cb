//! The two calls that change something, each sent once.

pub(crate) mod answer;
pub(crate) mod desired;
pub(crate) mod removal;
