//! Servers: their stage of life, their health, and whether the nodes of the cluster are among them.

pub(crate) mod belonging;
pub(crate) mod health;
pub(crate) mod instance;
pub(crate) mod lifecycle;
pub(crate) mod lookup;
