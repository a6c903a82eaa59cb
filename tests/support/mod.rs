//! The servers the tests talk to, situations in words, and chance that can be repeated.

pub(crate) mod admin_api;
pub(crate) mod aws;
pub(crate) mod aws_stand_in;
pub(crate) mod clusters;
pub(crate) mod control_plane;
pub(crate) mod corpus;
#[expect(dead_code, reason = "the tests of the planner use the rest")]
pub(crate) mod dice;
pub(crate) mod imports;
pub(crate) mod kubernetes;
pub(crate) mod launcher;
pub(crate) mod openstack;
pub(crate) mod python_tools;
pub(crate) mod rooms;
#[expect(dead_code, unused_imports, reason = "the tests of the planner use the rest")]
pub(crate) mod scenario;
