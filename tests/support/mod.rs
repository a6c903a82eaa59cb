//! The servers the tests talk to, and chance that can be repeated.

pub(crate) mod aws;
pub(crate) mod aws_stand_in;
pub(crate) mod control_plane;
pub(crate) mod dice;
pub(crate) mod kubernetes;
