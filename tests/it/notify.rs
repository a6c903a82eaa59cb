//! The shared parts of the tests of notifiers: a server that receives notifications, and a strict
//! reader of metrics.

pub(crate) mod exposition;
pub(crate) mod receiver;
