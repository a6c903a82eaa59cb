//! The pure half of `ec2-autoscale`: no client, no clock, no environment, nothing that differs between two runs on the same input.
//!
//! - [`snapshot`]: what was seen – plain data, which can be written to a file and replayed
//! - [`policy`], [`duration`]: what the planner may do, and how long things take
//! - [`scheduler`]: kube-scheduler's questions
//! - [`plan`]: from a snapshot and a policy to a plan
//! - [`trace`], [`simulate`]: work that comes over time, and a world in which the planner lives through it
//! - [`render`]: a plan for people and for programs
//! - [`demo`]: a snapshot to try it on
//! - [`fnv`]: a hash that never changes
//! - [`index_vec`]: lists whose places have a type of their own
//! - [`well_known`]: labels, annotations, taints and tags that others gave their names
//! - [`plain_text`], [`fair_order`]: text of others made safe to show, and whose things come first where there is not room for all

pub mod demo;
pub mod duration;
pub mod fair_order;
pub mod fnv;
pub mod index_vec;
pub mod plain_text;
pub mod plan;
pub mod policy;
pub mod render;
pub mod scheduler;
pub mod simulate;
pub mod snapshot;
pub mod trace;
pub mod well_known;
