//! Two applies never run at the same time, and one that may have lost its Lease stops.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use ec2_autoscale::apply::lease::{LeaseClaim, claim, release_unfinished_claim};
use ec2_autoscale::apply::{NotReachedReason, StepOutcome, StopCause, StopSignal};
use ec2_autoscale::duration::Seconds;
use ec2_autoscale::progress::{Progress, ReadingStage, Silent};
use serde_json::{Value, json};

use super::{GROUP, NAMESPACE, REGION, World};
use crate::support::kubernetes::objects::{Object as _, lease, namespace};
use crate::support::kubernetes::{CallPattern, Fault};

fn stored(world: &World) -> Value {
    world.kubernetes.get("leases", NAMESPACE, "ec2-autoscale")
}

fn is_held(claim: &LeaseClaim) -> bool {
    matches!(claim, LeaseClaim::Held(_))
}

#[tokio::test]
async fn of_two_claims_one_wins_and_the_other_says_who() {
    let world = World::new().await;
    let (a, b) = tokio::join!(world.claim("run-a"), world.claim("run-b"));
    assert_eq!([&a, &b].into_iter().filter(|claim| is_held(claim)).count(), 1);
    let winner = stored(&world)["spec"]["holderIdentity"].clone();
    let Some(LeaseClaim::HeldByOther { namespace: place, holder, since, renewed_at }) =
        [a, b].into_iter().find(|claim| !is_held(claim))
    else {
        panic!("nobody lost");
    };
    assert_eq!((json!(holder), since, renewed_at), (winner, world.now(), world.now()));
    assert_eq!(place, NAMESPACE);
}

#[tokio::test]
async fn a_claim_that_is_overtaken_between_look_and_write_is_lost() {
    let world = World::new().await;
    let now = world.now();
    world.kubernetes.before(CallPattern::on("create", "leases"), move |cluster| {
        cluster.add(lease(NAMESPACE, "ec2-autoscale", "the-quicker", now));
    });
    let claim = world.claim("the-slower").await;
    assert!(matches!(&claim, LeaseClaim::HeldByOther { holder, .. } if holder == "the-quicker"), "{claim:?}");
}

#[tokio::test]
async fn a_silent_holder_is_watched_and_overtaken_and_its_notes_stay() {
    let world = World::new().await;
    let abandoned = lease(NAMESPACE, "ec2-autoscale", "dead-run", world.now());
    world.kubernetes.add(abandoned.annotation("ec2-autoscale/asked", "[]"));
    world.pass(59);
    let asked_at = world.now();
    assert!(!is_held(&world.claim("run-b").await));
    assert_eq!(world.now(), asked_at, "a fresh one is left at once");
    world.pass(1);
    let claim = world.claim("run-b").await;
    assert!(is_held(&claim));
    assert_eq!(Seconds::between(asked_at, world.now()), Seconds(1 + 25), "it was watched");
    assert_eq!(stored(&world)["spec"]["holderIdentity"], "run-b");
    assert_eq!(stored(&world)["metadata"]["annotations"]["ec2-autoscale/asked"], "[]");
}

/// The holder's clock is three minutes behind: each renewal looks abandoned.
#[tokio::test]
async fn a_holder_with_a_slow_clock_keeps_what_it_renews() {
    let world = World::new().await;
    let behind = |seconds: i64| world.now() - jiff::SignedDuration::from_secs(180 - seconds);
    world.kubernetes.add(lease(NAMESPACE, "ec2-autoscale", "alive-run", behind(0)));
    let renewal = behind(20);
    world.kubernetes.before(CallPattern::on("get", "leases").nth(6), move |cluster| {
        cluster.edit("leases", NAMESPACE, "ec2-autoscale", |lease| {
            lease["spec"]["renewTime"] = json!(renewal.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string());
        });
    });
    let claim = world.claim("run-b").await;
    assert!(matches!(&claim, LeaseClaim::HeldByOther { holder, .. } if holder == "alive-run"), "{claim:?}");
    assert_eq!(stored(&world)["spec"]["holderIdentity"], "alive-run");
}

/// The watching process stands still: the renewals meanwhile count, and not the time alone.
#[tokio::test]
async fn a_renewal_is_seen_after_a_pause_of_who_watches() {
    let world = World::new().await;
    let long_ago = world.now() - jiff::SignedDuration::from_secs(300);
    world.kubernetes.add(lease(NAMESPACE, "ec2-autoscale", "alive-run", long_ago));
    let (seconds, renewal) = (Arc::clone(&world.seconds), long_ago + jiff::SignedDuration::from_secs(200));
    // First the look of the claim, and then the first of the watch.
    world.kubernetes.before(CallPattern::on("get", "leases").nth(2), move |cluster| {
        seconds.fetch_add(600, std::sync::atomic::Ordering::SeqCst);
        cluster.edit("leases", NAMESPACE, "ec2-autoscale", |lease| {
            lease["spec"]["renewTime"] = json!(renewal.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string());
        });
    });
    assert!(!is_held(&world.claim("run-b").await));
}

#[tokio::test]
async fn two_installs_with_leases_in_different_namespaces_exclude_each_other() {
    let world = World::new().await;
    world.kubernetes.seed(["team-a", "team-b"].map(namespace));
    let first = world.claim_in("team-a", "run-a").await;
    assert!(is_held(&first));
    let second = world.claim_in("team-b", "run-b").await;
    let LeaseClaim::HeldByOther { namespace: elsewhere, holder, .. } = second else { panic!("both hold one") };
    assert_eq!((elsewhere.as_str(), holder.as_str()), ("team-a", "run-a"));
    assert_eq!(world.kubernetes.get("leases", "team-b", "ec2-autoscale")["spec"]["holderIdentity"], Value::Null);
    drop(first);
    // A holder whose run died keeps nobody out for good.
    world.pass(60);
    assert!(is_held(&world.claim_in("team-b", "run-b").await));
}

/// A run that may not list the Leases of every namespace looks at the usual one.
#[tokio::test]
async fn without_the_right_to_list_the_usual_namespace_is_looked_at() {
    let world = World::new().await;
    world.kubernetes.add(namespace("team-b"));
    let first = world.claim("run-a").await;
    assert!(is_held(&first));
    world.kubernetes.fault(Fault::on("list", "leases").status(403));
    let second = world.claim_in("team-b", "run-b").await;
    assert!(matches!(&second, LeaseClaim::HeldByOther { holder, .. } if holder == "run-a"), "{second:?}");
    world.kubernetes.fault(Fault::of(CallPattern::on("get", "leases").in_namespace(NAMESPACE)).status(403));
    assert!(is_held(&world.claim_in("team-b", "run-b").await), "who may see nothing else goes on with its own");
}

#[tokio::test]
async fn a_claim_whose_answer_was_lost_is_recognised() {
    let world = World::new().await;
    world.kubernetes.fault(Fault::on("create", "leases").cut_after().times(1));
    assert!(is_held(&world.claim("run-a").await));
}

/// Its write never arrived, and another run was there before it looked again.
#[tokio::test]
async fn a_claim_that_never_arrived_takes_no_lease_of_another() {
    let world = World::new().await;
    let now = world.now();
    world.kubernetes.fault(Fault::on("create", "leases").cut_before().times(1));
    world.kubernetes.before(CallPattern::on("get", "leases").nth(2), move |cluster| {
        cluster.add(lease(NAMESPACE, "ec2-autoscale", "the-quicker", now));
    });
    let claim = world.claim("the-slower").await;
    assert!(matches!(&claim, LeaseClaim::HeldByOther { holder, .. } if holder == "the-quicker"), "{claim:?}");
}

#[tokio::test]
async fn a_claim_that_was_broken_off_lets_its_own_lease_go_and_no_other() {
    let world = World::new().await;
    world.kubernetes.add(lease(NAMESPACE, "ec2-autoscale", "run-b", world.now()));
    release_unfinished_claim(world.client().await, NAMESPACE, "run-a").await.expect("an answer");
    assert_eq!(stored(&world)["spec"]["holderIdentity"], "run-b");
    release_unfinished_claim(world.client().await, NAMESPACE, "run-b").await.expect("an answer");
    assert_eq!(stored(&world)["spec"]["holderIdentity"], Value::Null);
}

#[tokio::test]
async fn where_leases_of_others_cannot_be_looked_for_none_is_claimed() {
    let world = World::new().await;
    world.kubernetes.add(namespace("team-b"));
    world.kubernetes.fault(Fault::on("list", "leases").status(500));
    let refused = claim(world.client().await, "team-b", "run-b".to_owned(), world.clocks()).await;
    assert!(refused.is_err(), "{refused:?}");
    assert_eq!(world.kubernetes.get("leases", "team-b", "ec2-autoscale")["spec"]["holderIdentity"], Value::Null);
}

/// A claim must have seen that no other installation holds one.
#[tokio::test]
async fn a_lease_that_cannot_be_read_is_not_taken_for_none() {
    let world = World::new().await;
    world.kubernetes.add(namespace("team-b"));
    world.kubernetes.fault(Fault::on("list", "leases").status(403));
    world.kubernetes.fault(Fault::of(CallPattern::on("get", "leases").in_namespace(NAMESPACE)).status(400));
    let unseen = claim(world.client().await, "team-b", "run-b".to_owned(), world.clocks()).await;
    assert!(unseen.is_err(), "{unseen:?}");
    let unread = claim(world.client().await, NAMESPACE, "run-b".to_owned(), world.clocks()).await;
    assert!(unread.is_err(), "{unread:?}");
    let left = world.kubernetes.get("leases", "team-b", "ec2-autoscale");
    assert_eq!(left["spec"]["holderIdentity"], Value::Null);
}

/// How long an answer of a server in this process may take.
const SOON: Duration = Duration::from_secs(5);

/// This takes as long as the first renewal does.
#[tokio::test]
async fn a_lease_that_is_held_is_renewed_without_being_asked() {
    let world = World::new().await;
    let lease = world.hold().await;
    let (renews, renewal) = tokio::sync::oneshot::channel();
    world.kubernetes.before(CallPattern::on("update", "leases"), move |_| renews.send(()).expect("the test waits"));
    world.pass(29);
    renewal.await.expect("the moment comes");
    world.pass(1);
    let renewed = async {
        while lease.check(lease.now()).is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(SOON, renewed).await.expect("the Lease is as young as its renewal");
}

/// Nothing is left that would renew it.
#[tokio::test]
async fn a_lease_that_is_dropped_is_left_to_grow_old() {
    let world = World::new().await;
    let before = Arc::strong_count(&world.seconds);
    let lease = world.hold().await;
    assert!(Arc::strong_count(&world.seconds) > before, "the renewals keep the clock");
    drop(lease);
    let ended = async {
        while Arc::strong_count(&world.seconds) > before {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(SOON, ended).await.expect("the renewals end");
}

#[tokio::test]
async fn a_released_lease_is_free_at_once() {
    let world = World::new().await;
    world.hold().await.release().await.expect("the Lease is let go");
    assert_eq!(stored(&world)["spec"]["holderIdentity"], Value::Null);
    assert!(is_held(&world.claim("run-b").await));
}

#[tokio::test]
async fn a_renewal_makes_the_lease_fresh_again() {
    let world = World::new().await;
    let lease = world.hold().await;
    world.pass(29);
    assert_eq!(lease.check(lease.now()), Ok(()));
    world.pass(1);
    assert_eq!(lease.check(lease.now()), Err(NotReachedReason::LeaseStale { age: Seconds(30) }));
    // Its own write, whose answer was lost, does not count as another's.
    world.kubernetes.fault(Fault::on("update", "leases").cut_after().times(1));
    lease.renew().await.expect("a renewal");
    assert_eq!(lease.check(lease.now()), Ok(()));
}

#[tokio::test]
async fn a_lease_that_was_taken_over_is_noticed() {
    let world = World::new().await;
    let lease = world.hold().await;
    world.kubernetes.edit("leases", NAMESPACE, "ec2-autoscale", |lease| lease["spec"]["holderIdentity"] = json!("run-b"));
    assert!(lease.renew().await.is_err());
    let lost = NotReachedReason::LeaseLost { holder: "run-b".into() };
    assert_eq!(lease.check(lease.now()), Err(lost));
    lease.release().await.expect("nothing to let go");
    assert_eq!(stored(&world)["spec"]["holderIdentity"], "run-b");
}

#[tokio::test]
async fn nothing_is_done_under_a_stale_lease() {
    let world = World::new().await;
    world.aws.group(GROUP).max(10).desired(3).create();
    let lease = world.hold().await;
    world.pass(60);
    let report = world.apply_under(&lease, vec![World::set_desired(3, 5)], &Silent).await;
    let why = NotReachedReason::LeaseStale { age: Seconds(60) };
    assert_eq!(report.steps[0].outcome, StepOutcome::NotReached { why });
    assert_eq!(world.aws_changes(), Vec::<String>::new());
}

#[tokio::test]
async fn a_lease_that_grows_stale_within_a_step_stops_it() {
    let world = World::new().await;
    let instance = world.cordoned_node();
    let seconds = Arc::clone(&world.seconds);
    world.kubernetes.before(CallPattern::on("list", "persistentvolumeclaims"), move |_| {
        seconds.fetch_add(30, std::sync::atomic::Ordering::SeqCst);
    });
    let outcome = world.outcome(world.terminate(&instance)).await;
    assert_eq!(outcome, StepOutcome::NotReached { why: NotReachedReason::LeaseStale { age: Seconds(30) } });
    assert_eq!(world.aws_changes(), Vec::<String>::new());
}

/// Another run may have been at work in between: the step's earlier looks are worth nothing.
#[tokio::test]
async fn a_lease_that_lapsed_and_was_renewed_within_a_step_stops_it() {
    let world = World::new().await;
    let instance = world.cordoned_node();
    let lease = world.hold().await;
    let seconds = Arc::clone(&world.seconds);
    let (lapsed, lapse) = tokio::sync::oneshot::channel();
    let (renewed, renewal) = std::sync::mpsc::channel();
    let renewal = Mutex::new(renewal);
    world.kubernetes.before(CallPattern::on("list", "persistentvolumeclaims"), move |_| {
        seconds.fetch_add(31, std::sync::atomic::Ordering::SeqCst);
        lapsed.send(()).expect("the test waits");
        renewal.lock().expect("nobody failed").recv().expect("the test renews");
    });
    let renew = async {
        lapse.await.expect("the moment comes");
        lease.renew().await.expect("nobody else has it");
        renewed.send(()).expect("the moment waits");
    };
    let action = world.terminate(&instance);
    let apply = world.apply_under(&lease, vec![action.clone()], &Silent);
    let (report, ()) = tokio::join!(apply, renew);
    assert_eq!(report.steps[0].outcome, StepOutcome::NotReached { why: NotReachedReason::LeaseLapsed });
    assert_eq!(world.aws_changes(), Vec::<String>::new());
    // The next step knows nothing that is older than the renewal.
    let report = world.apply_under(&lease, vec![action], &Silent).await;
    assert_eq!(report.steps[0].outcome, StepOutcome::Done);
}

/// Its last renewal is young, and yet another holds it: a person took it by hand.
#[tokio::test]
async fn a_lease_that_another_took_meanwhile_stops_a_termination() {
    let world = World::new().await;
    let instance = world.cordoned_node();
    world.kubernetes.before(CallPattern::on("list", "persistentvolumeclaims"), |cluster| {
        cluster.edit("leases", NAMESPACE, "ec2-autoscale", |lease| lease["spec"]["holderIdentity"] = json!("run-b"));
    });
    let outcome = world.outcome(world.terminate(&instance)).await;
    assert_eq!(outcome, StepOutcome::NotReached { why: NotReachedReason::LeaseLost { holder: "run-b".into() } });
    assert_eq!(world.aws_changes(), Vec::<String>::new());
}

/// Raises the signal to stop at the first step that it receives.
struct Impatient(StopSignal, Mutex<Vec<String>>);

impl Progress for Impatient {
    fn set_label(&self, line: &str) {
        self.1.lock().expect("nobody failed").push(line.to_owned());
        self.0.stop(StopCause::Interrupted);
    }

    fn stage_done(&self, _: ReadingStage, _: std::time::Duration, _: usize) {}
}

#[tokio::test]
async fn a_signal_lets_the_current_step_end_and_stops_before_the_next() {
    let world = World::new().await;
    world.aws.group(GROUP).max(10).desired(3).create();
    let lease = world.hold().await;
    let impatient = Impatient(world.stop.clone(), Mutex::default());
    let report = world.apply_under(&lease, vec![World::set_desired(3, 5), World::set_desired(5, 6)], &impatient).await;
    assert_eq!(report.steps[0].outcome, StepOutcome::Done);
    let why = NotReachedReason::Stopped { cause: StopCause::Interrupted };
    assert_eq!(report.steps[1].outcome, StepOutcome::NotReached { why });
    assert_eq!(world.aws.group_state(REGION, GROUP).desired, 5);
    assert_eq!(*impatient.1.lock().expect("nobody failed"), ["step 1 of 2: scale up workers (us-west-2): desired 3 → 5"]);
}
