//! The integration tests of the program. Each binary links the AWS SDK, which is slow, so there is
//! only one; what needs no client is in `tests/planner`.

#[path = "../support/mod.rs"]
mod support;

mod apply;
mod architecture;
mod aws_contract;
mod cli;
mod cloud_contract;
mod completions;
mod conformance;
mod contributing;
mod demo;
mod doctor;
mod documents;
mod end_to_end;
mod explain;
mod fuzz;
mod gangs_by_hint;
mod gather_aws;
mod gather_aws_belonging;
mod gather_aws_placement;
mod gather_aws_reservations;
mod gather_aws_zone_choice;
mod gather_clocks;
mod gather_kubernetes;
mod help;
mod hostile;
mod hostile_names;
mod incomplete;
mod install;
mod krew;
mod kubernetes_contract;
mod launching;
mod man_pages;
mod manifest;
mod manual;
mod names;
mod notify;
mod openstack_contract;
mod openstack_sign_in;
mod pages;
mod picture;
mod policy_file;
mod prose;
mod readme;
mod security;
mod shells;
mod showing;
mod simulation;
mod snippets;
mod trace_files;
mod what_if;
mod words;
mod workflows;
mod wrong_names;
