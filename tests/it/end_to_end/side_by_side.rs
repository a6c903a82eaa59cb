//! Two applies at once: one goes on, the other changes nothing and exits 75.

use std::sync::mpsc;
use std::sync::{Arc, Barrier, Mutex};

use jiff::{SignedDuration, Timestamp};

use super::cluster::{Running, TestCluster, WEST, run};
use super::world::job;
use crate::support::kubernetes::CallPattern;
use crate::support::kubernetes::objects::lease;

fn with_a_pending_pod() -> TestCluster {
    let cluster = TestCluster::start();
    cluster.group("workers").launch_template("m5.large").create();
    cluster.kubernetes.add(job("job", 900));
    cluster
}

#[test]
fn a_lease_that_another_holds_is_respected() {
    let cluster = with_a_pending_pod();
    let renewed = Timestamp::now() - SignedDuration::from_secs(30);
    cluster.kubernetes.add(lease("kube-system", "ec2-autoscale", "run-1", renewed));
    cluster.apply(&[]).fails(75, &["another apply holds the lease: run-1", "hint: wait for it to end"]);
    cluster.assert_untouched();
    assert_eq!(cluster.desired(WEST, "workers"), 0);
    // A plan needs no Lease.
    cluster.plan(&["--detailed-exitcode"]).exits(2);
}

#[test]
fn a_lease_that_was_left_behind_is_taken_over() {
    let cluster = with_a_pending_pod();
    let renewed = Timestamp::now() - SignedDuration::from_secs(181);
    cluster.kubernetes.add(lease("kube-system", "ec2-autoscale", "run-1", renewed));
    cluster.apply(&[]).exits(0);
    assert_eq!(cluster.kubernetes_changes(), ["write the Lease", "write the Lease", "release the Lease"]);
    assert_eq!(cluster.desired(WEST, "workers"), 1);
}

#[test]
fn a_second_apply_beside_a_working_one_exits_75() {
    let cluster = with_a_pending_pod();
    let mut second = cluster.command("apply", &[]);
    let (ended, second_run) = mpsc::channel();
    // The first has the Lease and is about to note what it asks for.
    cluster.kubernetes.before(CallPattern::on("update", "leases"), move |_| {
        ended.send(run(&mut second)).expect("the test waits");
    });
    cluster.apply(&[]).exits(0);
    let second_run = second_run.recv().expect("the second ran").fails(75, &["another apply holds the lease: "]);
    assert!(second_run.stderr.contains("hint: "), "{}", second_run.stderr);
    assert_eq!(cluster.aws_changes(), ["us-west-2 SetDesiredCapacity workers 1"]);
    assert_eq!(cluster.kubernetes_changes(), ["create the Lease", "write the Lease", "release the Lease"]);
}

#[test]
fn of_two_that_claim_at_the_same_moment_one_wins() {
    let cluster = with_a_pending_pod();
    let both = Arc::new(Barrier::new(2));
    for number in [1, 2] {
        let both = Arc::clone(&both);
        cluster.kubernetes.before(CallPattern::on("create", "leases").nth(number), move |_| {
            both.wait();
        });
    }
    // The winner is held before its step until the other has ended.
    let (ended, one_ended) = mpsc::channel::<()>();
    let one_ended = Mutex::new(one_ended);
    cluster.kubernetes.before(CallPattern::on("update", "leases"), move |_| {
        one_ended.lock().expect("nobody failed").recv().expect("one ends");
    });
    let runs = [1, 2].map(|_| {
        let running = Running::start(&mut cluster.command("apply", &[]));
        let ended = ended.clone();
        std::thread::spawn(move || {
            let run = running.end();
            // The winner's comes too late for anybody to hear it.
            let _ = ended.send(());
            run
        })
    });
    let mut codes = runs.map(|run| run.join().expect("it ended").code);
    codes.sort_unstable();
    assert_eq!(codes, [Some(0), Some(75)]);
    let creates = cluster
        .kubernetes
        .mutations()
        .iter()
        .filter(|call| (call.verb, &*call.resource) == ("create", "leases"))
        .map(|call| call.status)
        .collect::<Vec<_>>();
    assert!(creates.contains(&Some(201)) && creates.contains(&Some(409)), "{creates:?}");
    let after_the_claims = cluster.kubernetes_changes().split_off(2);
    assert_eq!(after_the_claims, ["write the Lease", "release the Lease"]);
    assert_eq!(cluster.aws_changes(), ["us-west-2 SetDesiredCapacity workers 1"]);
    assert_eq!(cluster.desired(WEST, "workers"), 1);
}
