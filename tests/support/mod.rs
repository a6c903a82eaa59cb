//! The servers the tests talk to.

pub(crate) mod aws;
pub(crate) mod kubernetes;
