//! Settings, Keystone, the catalog, and single requests to the services of a cloud.

pub(crate) mod options;
pub(crate) mod service;
pub(crate) mod session;
