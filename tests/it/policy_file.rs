//! `--policy`: what a file says, by the real binary.

use ec2_autoscale::plan::Plan;

use crate::cli::{assert_fails, assert_one_line, directory, ec2_autoscale, run, stderr, stdout, write};

/// Settings, and ten hours each night. The demo's snapshot is of noon.
const NIGHTS: &str = "\
flags:
  idle-threshold: 20m
  expander: [least-waste, random]
  consolidate: true
  regions: [us-west-2, us-east-1]
groups:
  - names: [cpu-*]
    max: 7
schedules:
  - name: nights
    begins: 0 20 * * *
    lasts: 10h
    flags: {idle-threshold: 2m}
    groups:
      - names: ['*']
        max: 0
";

/// Returns the plan of the demo under a policy file.
fn planned(policy: &str, flags: &[&str], variables: &[(&str, &str)]) -> Plan {
    let folder = directory();
    let file = write(folder.path(), "policy.yaml", policy.as_bytes());
    let mut command = ec2_autoscale(&["plan", "--demo", "-o", "json", "--policy", &file]);
    let output = command.args(flags).envs(variables.iter().copied()).output().expect("the binary starts");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    Plan::from_json(&output.stdout).expect("a plan")
}

/// Asserts that a policy file is refused, in one line with these words.
fn refused(policy: &str, words: &[&str]) {
    let folder = directory();
    let file = write(folder.path(), "policy.yaml", policy.as_bytes());
    let output = run(&["plan", "--demo", "--policy", &file]);
    assert_fails(&output, 64, words);
}

#[test]
fn the_file_stands_between_flag_or_variable_and_default() {
    let seconds = |plan: &Plan| plan.policy.idle_threshold.0;
    assert_eq!(seconds(&planned(NIGHTS, &[], &[])), 20 * 60);
    assert_eq!(seconds(&planned(NIGHTS, &[], &[("EC2_AUTOSCALE_IDLE_THRESHOLD", "30m")])), 30 * 60);
    assert_eq!(seconds(&planned(NIGHTS, &["--idle-threshold=40m"], &[("EC2_AUTOSCALE_IDLE_THRESHOLD", "30m")])), 40 * 60);
    let plan = planned(NIGHTS, &[], &[]);
    assert_eq!((plan.policy.expander.to_string(), plan.policy.consolidate), ("least-waste,random".to_owned(), true));
}

#[test]
fn a_file_that_a_variable_names_counts_as_well() {
    let folder = directory();
    let file = write(folder.path(), "policy.yaml", NIGHTS.as_bytes());
    let mut command = ec2_autoscale(&["plan", "--demo", "-o", "json"]);
    let output = command.env("EC2_AUTOSCALE_POLICY", file).output().expect("the binary starts");
    assert_eq!(Plan::from_json(&output.stdout).expect("a plan").policy.idle_threshold.0, 20 * 60);
}

#[test]
fn a_schedule_counts_at_its_time() {
    let day = planned(NIGHTS, &[], &[]);
    assert!(day.summary.nodes_added > 0, "{:?}", day.summary);
    let night = planned(NIGHTS, &["--at", "2026-11-30T22:00:00Z"], &[]);
    let in_force = night.policy.in_force.as_ref().expect("there are schedules");
    assert_eq!((in_force.schedules.as_slice(), night.summary.nodes_added), (&["nights".to_owned()][..], 0));
    assert_eq!(night.policy.idle_threshold.0, 2 * 60);
    let folder = directory();
    let file = write(folder.path(), "policy.yaml", NIGHTS.as_bytes());
    let output = run(&["plan", "--demo", "--policy", &file, "--at", "2026-11-30T22:00:00Z"]);
    let second = stdout(&output).lines().nth(1).expect("a second line");
    assert!(second.starts_with("as of ") && second.contains("schedule nights is in force until "), "{second}");
}

#[test]
fn a_plan_for_another_time_is_not_applied() {
    let folder = directory();
    let file = write(folder.path(), "policy.yaml", NIGHTS.as_bytes());
    let saved = folder.path().join("plan.json");
    let saved = saved.to_str().expect("a plain path");
    run(&["plan", "--demo", "--policy", &file, "--at", "2026-11-30T22:00:00Z", "--out", saved]);
    let output = run(&["apply", "--demo", "--dry-run", saved]);
    assert_fails(&output, 1, &["is a what-if: it shows what would be done under the schedules of", "make a plan without --at"]);
    assert_one_line(&output);
}

#[test]
fn what_is_wrong_in_a_file_is_named() {
    refused(
        "flags: {idle-treshold: 1m}",
        &["policy.yaml: flags: \"idle-treshold\" is no flag of any command; did you mean idle-threshold?"],
    );
    refused("flags: {aws-secret-key: x}", &["\"aws-secret-key\" is a secret"]);
    refused("flags: {filename: x}", &["\"filename\" counts on the command line only"]);
    refused("flags: {idle-threshold: soon}", &["policy.yaml", "'soon' for '--idle-threshold", "is not a duration"]);
    refused("flags: {consolidate: maybe}", &["flags: consolidate: write true or false"]);
    refused("flag: {}", &["did you mean flags?", "unknown field", "flag"]);
    refused("schedules: [{name: a, begins: never, lasts: 1h}]", &["schedule a: begins: \"never\""]);
    refused("groups: [{names: [a], maximum: 1}]", &["maximum"]);
    let output = run(&["plan", "--demo", "--policy", "/nowhere.yaml"]);
    assert_fails(&output, 64, &["/nowhere.yaml", "--policy"]);
}

#[test]
fn flags_of_other_commands_are_left_alone() {
    let plan = planned("flags: {interval: 2m, max-plan-age: 5m, max-nodes-total: 9}", &[], &[]);
    assert_eq!(plan.policy.max_nodes_total, Some(9));
}

#[test]
fn each_side_of_a_comparison_has_the_file() {
    let folder = directory();
    let file = write(folder.path(), "policy.yaml", b"flags: {idle-threshold: 25m}");
    let compare =
        ["simulate", "--demo", "--longest=1h", "-o", "json", "--policy", &file, "--compare", "", "--idle-threshold=5m"];
    let output = run(&compare);
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stderr(&output)));
    let threshold = |side: usize| document["sides"][side]["report"]["policy"]["idle_threshold"].clone();
    assert_eq!((threshold(0), threshold(1)), (1500.into(), 300.into()), "{document}");
}
