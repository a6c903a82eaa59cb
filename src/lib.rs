//! `ec2-autoscale`: the right number of EC2 instances behind a Kubernetes cluster of batch jobs.
pub mod duration;
pub mod plan;
pub mod policy;
pub mod scheduler;
pub mod snapshot;
