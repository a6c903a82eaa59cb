//! The servers the tests talk to.

pub(crate) mod aws;
