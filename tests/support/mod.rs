//! The servers the tests talk to.

pub(crate) mod aws;
pub(crate) mod aws_stand_in;
pub(crate) mod control_plane;
pub(crate) mod kubernetes;
