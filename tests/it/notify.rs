//! What the tests of notifiers share: a server that somebody is told through, and a strict reader of metrics.

pub(crate) mod exposition;
pub(crate) mod receiver;
