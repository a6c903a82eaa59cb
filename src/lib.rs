//! `ec2-autoscale`: the right number of EC2 instances behind a Kubernetes cluster of batch jobs.
//!
//! # Layout
//! One way through, front to back; a folder is a stage, a file is one rule:
//!
//! - [`cli`], [`run`], [`exit`]: the arguments, one command a file, and how a run ends
//! - [`gather`]: the APIs in, one snapshot out
//! - [`snapshot`]: what was seen – plain data, which can be written to a file and replayed
//! - [`policy`], [`duration`]: what the planner may do, and how long things take
//! - [`scheduler`]: kube-scheduler's questions
//! - [`plan`]: pure, from a snapshot and a policy to a plan
//! - [`trace`], [`simulate`]: work that comes over time, and a world in which the planner lives through it
//! - [`render`]: a plan for people and for programs
//! - [`apply`]: a plan carried out, each step on what is true at that moment
//! - [`notify`]: what others see of a run
//! - [`demo`]: a snapshot to try it on
//! - `fnv`, `whole_file`: a hash that never changes, and files that are there whole or not at all
//! - `plain_text`, `fair_order`: text of others made safe to show, and whose things come first where there is not room for all

pub mod apply;
pub mod cli;
pub mod demo;
pub mod duration;
pub mod exit;
mod fair_order;
mod fnv;
pub mod gather;
pub mod notify;
mod plain_text;
pub mod plan;
pub mod policy;
pub mod render;
pub mod run;
pub mod scheduler;
pub mod simulate;
pub mod snapshot;
pub mod trace;
mod whole_file;
