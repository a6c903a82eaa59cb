//! The pure half of `ec2-autoscale`: no client, no clock, no environment, nothing that differs
//! between two runs on the same input.
//!
//! - [`snapshot`]: what was observed: plain data, which can be written to a file and replayed
//! - [`policy`], [`duration`]: what the planner may do, and how long things take
//! - [`scheduler`]: the filters of kube-scheduler, and how it binds pods
//! - [`plan`]: makes a plan from a snapshot and a policy
//! - [`trace`], [`simulate`]: work that arrives over time, and a world in which the planner handles
//!   it
//! - [`suggest`]: which groups to add for pods that none helps, or to pay less
//! - [`render`]: a plan for people and for programs
//! - [`anonymize`]: the same snapshot under other names
//! - [`demo`]: a snapshot to try the planner on
//! - [`fnv`]: a hash that never changes
//! - [`index_vec`]: lists whose places have a type of their own
//! - [`well_known`]: labels, annotations, taints and tags that others gave their names
//! - [`did_you_mean`]: suggests names for one that nothing has
//! - [`plain_text`], [`fair_order`]: makes text that others wrote safe to show, and orders what is
//!   shown where there is not room for all

pub mod anonymize;
mod calendar;
pub mod demo;
pub mod did_you_mean;
pub mod duration;
pub mod fair_order;
pub mod fnv;
pub mod index_vec;
mod json_document;
pub mod plain_text;
pub mod plan;
pub mod policy;
pub mod render;
pub mod scheduler;
pub mod simulate;
pub mod snapshot;
pub mod suggest;
pub mod trace;
pub mod well_known;
