//! Two applies never run at once, and one that may have lost its Lease stops.

use std::sync::Mutex;

use ec2_autoscale::apply::lease::Claim;
use ec2_autoscale::apply::{NotReachedReason, Outcome, StopCause, StopSignal};
use ec2_autoscale::duration::Seconds;
use ec2_autoscale::gather::{Progress, Stage};
use serde_json::{Value, json};

use super::{GROUP, NAMESPACE, REGION, World};
use crate::support::kubernetes::objects::{Object as _, lease};
use crate::support::kubernetes::{CallPattern, Fault};

fn stored(world: &World) -> Value {
    world.kubernetes.get("leases", NAMESPACE, "ec2-autoscale")
}

fn is_held(claim: &Claim) -> bool {
    matches!(claim, Claim::Held(_))
}

#[tokio::test]
async fn of_two_claims_one_wins_and_the_other_says_who() {
    let world = World::new().await;
    let (a, b) = tokio::join!(world.claim("run-a"), world.claim("run-b"));
    assert_eq!([&a, &b].into_iter().filter(|claim| is_held(claim)).count(), 1);
    let winner = stored(&world)["spec"]["holderIdentity"].clone();
    let Some(Claim::HeldByOther { holder, since, renewed_at }) = [a, b].into_iter().find(|claim| !is_held(claim)) else {
        panic!("nobody lost");
    };
    assert_eq!((json!(holder), since, renewed_at), (winner, world.now(), world.now()));
}

#[tokio::test]
async fn a_claim_that_is_overtaken_between_look_and_write_is_lost() {
    let world = World::new().await;
    let now = world.now();
    world.kubernetes.before(CallPattern::on("create", "leases"), move |cluster| {
        cluster.add(lease(NAMESPACE, "ec2-autoscale", "the-quicker", now));
    });
    let claim = world.claim("the-slower").await;
    assert!(matches!(&claim, Claim::HeldByOther { holder, .. } if holder == "the-quicker"), "{claim:?}");
}

#[tokio::test]
async fn a_silent_holder_is_overtaken_after_three_minutes_and_its_notes_stay() {
    let world = World::new().await;
    let abandoned = lease(NAMESPACE, "ec2-autoscale", "dead-run", world.now());
    world.kubernetes.add(abandoned.annotation("ec2-autoscale/asked", "[]"));
    world.pass(179);
    assert!(!is_held(&world.claim("run-b").await));
    world.pass(1);
    let claim = world.claim("run-b").await;
    assert!(is_held(&claim));
    assert_eq!(stored(&world)["spec"]["holderIdentity"], "run-b");
    assert_eq!(stored(&world)["metadata"]["annotations"]["ec2-autoscale/asked"], "[]");
}

#[tokio::test]
async fn a_claim_whose_answer_was_lost_is_recognised() {
    let world = World::new().await;
    world.kubernetes.fault(Fault::on("create", "leases").cut_after().times(1));
    assert!(is_held(&world.claim("run-a").await));
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
    world.pass(44);
    assert_eq!(lease.check(world.now()), Ok(()));
    world.pass(1);
    assert_eq!(lease.check(world.now()), Err(NotReachedReason::LeaseStale { age: Seconds(45) }));
    // Its own write, whose answer was lost, is not taken for another's.
    world.kubernetes.fault(Fault::on("update", "leases").cut_after().times(1));
    lease.renew().await.expect("a renewal");
    assert_eq!(lease.check(world.now()), Ok(()));
}

#[tokio::test]
async fn a_lease_that_was_taken_over_is_noticed() {
    let world = World::new().await;
    let lease = world.hold().await;
    world.kubernetes.edit("leases", NAMESPACE, "ec2-autoscale", |lease| lease["spec"]["holderIdentity"] = json!("run-b"));
    assert!(lease.renew().await.is_err());
    let lost = NotReachedReason::LeaseLost { holder: "run-b".into() };
    assert_eq!(lease.check(world.now()), Err(lost));
    lease.release().await.expect("nothing to let go");
    assert_eq!(stored(&world)["spec"]["holderIdentity"], "run-b");
}

#[tokio::test]
async fn nothing_is_done_under_a_stale_lease() {
    let world = World::new().await;
    world.aws.group(GROUP).max(10).desired(3).create();
    let lease = world.hold().await;
    world.pass(60);
    let report = world.apply_under(&lease, vec![World::set_desired(3, 5)], &super::Silent).await;
    let why = NotReachedReason::LeaseStale { age: Seconds(60) };
    assert_eq!(report.steps[0].outcome, Outcome::NotReached { why });
    assert_eq!(world.aws_changes(), Vec::<String>::new());
}

#[tokio::test]
async fn a_lease_that_grows_stale_within_a_step_stops_it() {
    let world = World::new().await;
    let instance = world.cordoned_node();
    let seconds = std::sync::Arc::clone(&world.seconds);
    world.kubernetes.before(CallPattern::on("list", "persistentvolumeclaims"), move |_| {
        seconds.fetch_add(45, std::sync::atomic::Ordering::SeqCst);
    });
    let outcome = world.outcome(world.terminate(&instance)).await;
    assert_eq!(outcome, Outcome::NotReached { why: NotReachedReason::LeaseStale { age: Seconds(45) } });
    assert_eq!(world.aws_changes(), Vec::<String>::new());
}

/// Asks to stop as soon as it hears of a step.
struct Impatient(StopSignal, Mutex<Vec<String>>);

impl Progress for Impatient {
    fn say(&self, line: &str) {
        self.1.lock().expect("nobody failed").push(line.to_owned());
        self.0.stop(StopCause::Interrupted);
    }

    fn stage_done(&self, _: Stage, _: std::time::Duration, _: usize) {}
}

#[tokio::test]
async fn a_signal_lets_the_current_step_end_and_stops_before_the_next() {
    let world = World::new().await;
    world.aws.group(GROUP).max(10).desired(3).create();
    let lease = world.hold().await;
    let impatient = Impatient(world.stop.clone(), Mutex::default());
    let report = world.apply_under(&lease, vec![World::set_desired(3, 5), World::set_desired(5, 6)], &impatient).await;
    assert_eq!(report.steps[0].outcome, Outcome::Done);
    let why = NotReachedReason::Stopped { cause: StopCause::Interrupted };
    assert_eq!(report.steps[1].outcome, Outcome::NotReached { why });
    assert_eq!(world.aws.group_state(REGION, GROUP).desired, 5);
    assert_eq!(*impatient.1.lock().expect("nobody failed"), ["step 1 of 2: scale up workers (us-west-2): desired 3 → 5"]);
}
