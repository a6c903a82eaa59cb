//! Settings, Keystone, the catalog, and single requests to the services of a cloud.
//!
//! - `options`, `surroundings`: the flags; the environment and the folders of files
//! - `sources` with `clouds_yaml`, `cloud_config`: where the settings are written
//! - `written`, `settings`, `sign_in_method`: as they are written, and what they mean
//! - `keystone`, `catalog`, `microversion`: the token, the URLs, the versions
//! - `http`, `retry`: one request, sent again where that may help
//! - `session`: all of it together

mod catalog;
mod cloud_config;
mod clouds_yaml;
mod hidden;
mod http;
mod keystone;
mod microversion;
pub(crate) mod options;
mod retry;
pub(crate) mod service;
pub(crate) mod session;
mod settings;
mod sign_in_method;
pub(crate) mod sources;
mod surroundings;
#[cfg(test)]
mod tests;
mod written;
