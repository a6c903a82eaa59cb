//! `ec2-autoscale`: the right number of EC2 instances behind a Kubernetes cluster of batch jobs.
//!
//! # Layout
//! One way through, front to back; a folder is a stage, a file is one rule:
//!
//! - [`snapshot`]: what was seen – plain data, which can be written to a file and replayed
//! - [`policy`], [`duration`]: what the planner may do, and how long things take
//! - [`scheduler`]: kube-scheduler's questions
//! - [`plan`]: pure, from a snapshot and a policy to a plan
//! - [`render`]: a plan for people and for programs
//! - [`demo`]: a snapshot to try it on

pub mod demo;
pub mod duration;
pub mod plan;
pub mod policy;
pub mod render;
pub mod scheduler;
pub mod snapshot;
