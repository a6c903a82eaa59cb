//! `ec2-autoscale`: the right number of EC2 instances behind a Kubernetes cluster of batch jobs.
//!
//! # Layout
//! A run goes one way through, front to back; a folder is a stage, a file is one rule:
//!
//! - [`cli`], [`run`], [`exit`]: the arguments, one command a file, and how a run ends
//! - [`kubernetes`]: the client of the cluster, and its objects in the snapshot's form
//! - [`cloud`]: one folder a cloud: sign-in, groups, failures, growing, removing, prices
//! - [`gather`]: the APIs in, one snapshot out
//! - `core`, a package of its own: [`snapshot`], [`policy`], [`scheduler`], [`plan`], [`simulate`],
//!   [`suggest`], [`render`] and what they stand on, without a client and without a clock
//! - [`apply`]: carries a plan out, each step checked against the present state
//! - [`fix`]: mends how groups are set up, one reviewed step after another
//! - [`snippet`]: suggested groups in the words of the tools that make them
//! - [`notify`]: the notifications about a run
//! - [`telemetry`]: a run as an OpenTelemetry trace
//! - [`progress`], [`server_clock`], `whole_file`: the progress of a run, the clocks of servers,
//!   and files that are there whole or not at all

pub mod apply;
pub mod cli;
pub mod cloud;
mod doctor;
pub mod exit;
pub mod fix;
pub mod gather;
mod install;
pub mod kubernetes;
pub mod notify;
pub mod progress;
pub mod run;
pub mod server_clock;
pub mod snippet;
pub mod telemetry;
mod whole_file;

pub use ec2_autoscale_core::{
    anonymize, demo, did_you_mean, duration, fair_order, fnv, plain_text, plan, policy, render, scheduler, simulate, snapshot,
    suggest, trace, well_known,
};
