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

/// It takes the 25 s for which a Lease that looks abandoned is watched; with a clock of the test's
/// own in `apply/lease.rs`.
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

/// Starts two runs that claim at the very same moment; the one that gets the Lease is held before
/// its first step until the other has ended. `verb` is how the Lease is claimed. Returns the exit
/// codes, and the errors of those that failed.
fn race(cluster: &TestCluster, verb: &str) -> ([Option<i32>; 2], String) {
    let both = Arc::new(Barrier::new(2));
    for number in [1, 2] {
        let both = Arc::clone(&both);
        cluster.kubernetes.before(CallPattern::on(verb, "leases").nth(number), move |_| {
            both.wait();
        });
    }
    let (ended, one_ended) = mpsc::channel::<()>();
    let one_ended = Mutex::new(one_ended);
    let claims = if verb == "update" { 2 } else { 0 };
    cluster.kubernetes.before(CallPattern::on("update", "leases").nth(claims + 1), move |_| {
        one_ended.lock().expect("nobody failed").recv().expect("one ends");
    });
    // Both before either starts: each command writes the kubeconfig anew.
    let runs = [cluster.command("apply", &[]), cluster.command("apply", &[])].map(|mut command| {
        let running = Running::start(&mut command);
        let ended = ended.clone();
        std::thread::spawn(move || {
            let run = running.end();
            // The winner's comes too late for anybody to hear it.
            let _ = ended.send(());
            run
        })
    });
    let mut runs = runs.map(|run| run.join().expect("it ended"));
    runs.sort_by_key(|run| run.code);
    let errors = runs[1].stderr.clone();
    (runs.map(|run| run.code), errors)
}

/// Fifty races for the same purchase. The first is for a Lease that is not there, the others for
/// one that was let go.
#[test]
fn of_two_that_claim_at_the_same_moment_one_works_and_the_other_exits_75() {
    let cluster = with_a_pending_pod();
    for round in 1..=50 {
        cluster.forget_calls();
        let (verb, claim) = if round == 1 { ("create", "create the Lease") } else { ("update", "write the Lease") };
        let (codes, errors) = race(&cluster, verb);
        assert_eq!(codes, [Some(0), Some(75)], "round {round}: {errors}");
        assert!(errors.starts_with("error: another apply holds the lease: "), "round {round}: {errors}");
        let writes = cluster.kubernetes.mutations();
        let claims: Vec<_> = writes.iter().filter(|call| call.resource == "leases").take(2).map(|call| call.status).collect();
        let taken = if round == 1 { Some(201) } else { Some(200) };
        assert!(claims.contains(&taken) && claims.contains(&Some(409)), "round {round}: {claims:?}");
        assert_eq!(cluster.kubernetes_changes(), [claim, claim, "write the Lease", "release the Lease"], "round {round}");
        assert_eq!(cluster.aws_changes(), ["us-west-2 SetDesiredCapacity workers 1"], "round {round}");
        assert_eq!(cluster.aws.group_state(WEST, "workers").instances.len(), 1, "round {round}");
        // Somebody takes it away again.
        cluster.aws.set_desired(WEST, "workers", 0);
        assert_eq!(cluster.kubernetes.waiting_moments(), 0);
    }
}

/// The claim of a run that is told to stop in the middle of it keeps nobody out.
#[test]
fn a_claim_that_is_broken_off_leaves_no_lease_behind() {
    let cluster = with_a_pending_pod();
    let (hand_over, handle) = mpsc::channel::<super::cluster::Handle>();
    let handle = Mutex::new(handle);
    cluster.kubernetes.before(CallPattern::on("create", "leases"), move |_| {
        handle.lock().expect("nobody failed").recv().expect("the test hands it over").terminate();
    });
    let running = Running::start(&mut cluster.command("apply", &[]));
    hand_over.send(running.handle()).expect("the moment waits");
    let run = running.end().exits(1);
    assert!(run.stderr.contains("error: interrupted while claiming the Lease; nothing was changed"), "{}", run.stderr);
    assert_eq!(cluster.aws_changes(), [""; 0]);
    cluster.apply(&[]).exits(0);
    assert_eq!(cluster.desired(WEST, "workers"), 1);
}
