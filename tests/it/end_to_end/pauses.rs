//! The process is stopped right when the last look of a termination is answered: the answer waits
//! in a socket, and a job starts.
//!
//! This is the one test that sleeps, for longer than a look is fresh. Every other pause is in
//! `apply/pauses.rs`, by a clock of the test's own.

use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use super::cluster::{Handle, Running, TestCluster, WEST};
use super::world::job;
use crate::support::kubernetes::CallPattern;

/// Longer than a look is fresh.
const PAUSE: Duration = Duration::from_millis(2500);

/// Makes two nodes, one at work and one that an earlier run cordoned; returns the latter.
fn with_a_cordoned_node() -> (TestCluster, String) {
    let cluster = TestCluster::start();
    cluster.group("workers").launch_template("m5.large").max(10).desired(2).create();
    let nodes = cluster.register_nodes(WEST, "workers");
    cluster.kubernetes.add(job("train", 1500).node(&nodes[0]));
    for steps in ["mark-idle: done", "cordon: done"] {
        cluster.pass(Duration::from_hours(1));
        assert_eq!(cluster.apply(&[]).exits(0).steps(), [steps]);
    }
    cluster.pass(Duration::from_hours(1));
    cluster.forget_calls();
    (cluster, nodes[1].clone())
}

fn wait_until(is_so: impl Fn() -> bool) {
    let limit = Instant::now() + Duration::from_mins(1);
    while !is_so() {
        assert!(Instant::now() < limit, "the look is answered");
        thread::park_timeout(Duration::from_millis(2));
    }
}

#[test]
fn an_answer_that_waited_while_the_process_stood_still_is_read_again() {
    let (cluster, node) = with_a_cordoned_node();
    let (hand_over, handle) = mpsc::channel::<Handle>();
    let (stopped, stop) = mpsc::channel();
    let handle = Mutex::new(handle);
    let last_look = format!("spec.nodeName={node}");
    cluster.kubernetes.before(CallPattern::on("list", "pods").with_query(&last_look), move |_| {
        handle.lock().expect("nobody failed").recv().expect("the test hands it over").signal("STOP");
        stopped.send(()).expect("the test waits");
    });
    let running = Running::start(cluster.command("apply", &[]).arg("--yes"));
    let process = running.handle();
    hand_over.send(running.handle()).expect("the moment waits");
    stop.recv().expect("the last look comes");
    let is_answered = || {
        let calls = cluster.kubernetes.calls();
        let mut looks =
            calls.iter().filter(|call| call.verb == "list" && call.resource == "pods" && call.query.contains(&node));
        looks.next_back().is_some_and(|look| look.query.contains("spec.nodeName") && look.status.is_some())
    };
    wait_until(is_answered);
    thread::sleep(PAUSE);
    cluster.kubernetes.add(job("late", 1500).node(&node));
    process.signal("CONT");
    let run = running.end().exits(0);
    assert!(run.stdout.contains("it became busy: 1 pod"), "{}", run.stdout);
    assert_eq!(cluster.aws_changes(), [""; 0]);
    assert!(!cluster.is_cordoned(&node), "its job may have company");
    // The next run has nothing to heal.
    assert_eq!(cluster.apply(&[]).exits(0).steps(), [""; 0]);
    assert_eq!(cluster.aws_changes(), [""; 0]);
}
