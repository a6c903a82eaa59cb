//! Credentials, and the clients of the regions of an account.

pub(crate) mod answer_dates;
mod call_spans;
pub(crate) mod clients;
pub(crate) mod credentials;
pub(crate) mod profile;
pub(crate) mod region_names;
pub(crate) mod signed_get;
