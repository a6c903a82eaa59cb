//! Whose account it is, and the clients of its regions.

pub(crate) mod clients;
pub(crate) mod credentials;
pub(crate) mod heard_dates;
pub(crate) mod profile;
pub(crate) mod region_names;
