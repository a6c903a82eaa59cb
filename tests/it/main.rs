//! The one integration test binary: each one links the AWS SDK, which is slow, so there is only one.

#[path = "../support/mod.rs"]
mod support;

mod apply;
mod architecture;
mod aws_contract;
mod cli;
mod cluster_size;
mod completions;
mod conformance;
mod consolidation;
mod days;
mod demo;
mod end_to_end;
mod explain;
mod explain_group;
mod fuzz;
mod gather_aws;
mod gather_aws_belonging;
mod gather_clocks;
mod gather_kubernetes;
mod hostile;
mod hostile_names;
mod idle_marks;
mod incomplete;
mod kubernetes_contract;
mod manifest;
mod node_states;
mod notify;
mod prices;
mod properties;
mod readme;
mod reference;
mod removal;
mod removal_limits;
mod replacements;
mod replacing;
mod replay;
mod saved_plans;
mod scenario;
mod security;
mod simulated;
mod simulation;
mod stale_mark;
mod what_if;
mod wrong_names;
