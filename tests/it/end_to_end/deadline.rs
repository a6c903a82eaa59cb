//! `--timeout` in the middle of the steps: the one that is under way ends, the others are reported,
//! the Lease is released.

use std::time::Duration;

use super::cluster::{TestCluster, WEST, run};
use crate::support::kubernetes::{CallPattern, Fault};

/// Long enough for a busy machine to come as far as the first step.
const TIMEOUT: &str = "7s";

fn three_to_mark() -> TestCluster {
    let cluster = TestCluster::start();
    cluster.group("workers").launch_template("m5.large").max(5).desired(3).create();
    cluster.register_nodes(WEST, "workers");
    cluster.pass(Duration::from_hours(1));
    cluster
}

#[test]
fn a_run_whose_time_is_up_ends_between_two_steps() {
    let cluster = three_to_mark();
    cluster.kubernetes.fault(Fault::of(CallPattern::on("patch", "nodes")).delay(Duration::from_secs(8)).times(1));
    let run = run(&mut cluster.command("apply", &["--timeout", TIMEOUT])).exits(3);
    let said = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(said.matches("idle: the time allowed (--timeout) had passed").count(), 2, "{}", run.stdout);
    assert!(run.stdout.ends_with("1 step done, 2 not reached\n"), "{}", run.stdout);
    let changes = cluster.kubernetes_changes();
    assert_eq!(changes.len(), 3, "{changes:?}");
    assert_eq!(changes[2], "release the Lease");
    assert_eq!(cluster.apply(&[]).exits(0).steps(), ["mark-idle: done", "mark-idle: done"]);
}

/// A write that fails after time is up is not made again: the report says how it failed.
#[test]
fn nothing_is_tried_again_when_time_is_up() {
    let cluster = three_to_mark();
    let slow = Fault::of(CallPattern::on("patch", "nodes")).delay(Duration::from_secs(8)).status(500);
    cluster.kubernetes.fault(slow.times(1));
    let run = run(&mut cluster.command("apply", &["--timeout", TIMEOUT])).exits(3);
    assert!(run.stdout.contains("failed"), "{}", run.stdout);
    assert!(run.stdout.ends_with("0 steps done, 1 failed, 2 not reached\n"), "{}", run.stdout);
    let changes = cluster.kubernetes_changes();
    assert_eq!((changes.len(), changes[2].as_str()), (3, "release the Lease"), "{changes:?}");
}
