//! The compiled binary against genuine Keystone and Magnum, with machines that are pretended.
//!
//! The drivers differ, and each test names the one that made its cluster. Nothing sleeps: an update
//! ends when the test says so, or at once.

mod beside_plans;
mod cloud;
mod growth;
mod removal;
mod requests;
mod stacks;
