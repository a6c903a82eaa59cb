//! The one integration test binary: each one links the AWS SDK, which is slow, so there is only one.

#[path = "../support/mod.rs"]
mod support;

mod aws_contract;
mod demo;
mod properties;
mod scenario;
