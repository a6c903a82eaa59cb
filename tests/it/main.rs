//! The one integration test binary: each one links the AWS SDK, which is slow, so there is only one.

mod demo;
mod scenario;
