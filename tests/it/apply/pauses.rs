//! The process stands still between two requests of a termination, for a second or for ten minutes,
//! and a job starts meanwhile.
//!
//! The clocks are the test's: a pause moves them, before a given call.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use ec2_autoscale::apply::{NotReachedReason, SkipReason, StepOutcome};
use serde_json::Value;

use super::{NODE, World};
use crate::support::aws::Moment;
use crate::support::kubernetes::objects::pod;
use crate::support::kubernetes::{CallPattern, Cluster};

const PAUSES: [i64; 4] = [1, 3, 20, 600];

fn nominated() -> CallPattern {
    CallPattern::on("list", "pods").with_query("status.nominatedNodeName=node-a")
}

/// Matches the list of the node's pods, which is the last look.
fn last_look() -> CallPattern {
    CallPattern::on("list", "pods").with_query("spec.nodeName=node-a")
}

/// Returns the calls of a termination to the Kubernetes API, in their order. The Lease is read by
/// its claim before.
fn calls() -> [CallPattern; 6] {
    [
        CallPattern::on("list", "nodes"),
        nominated(),
        CallPattern::on("list", "persistentvolumeclaims"),
        CallPattern::on("get", "leases").nth(2),
        CallPattern::on("get", "nodes"),
        last_look(),
    ]
}

fn start_a_job(cluster: &Cluster) {
    cluster.add(pod("default", "train").node(NODE).owned_by("Job", "train"));
}

fn stand_still(clock: &Arc<AtomicI64>, seconds: i64) {
    clock.fetch_add(seconds, Ordering::SeqCst);
}

impl World {
    /// Asserts that nothing ended, and that the node is schedulable for its job, or will be after
    /// the next run.
    async fn assert_the_job_lives(&self, instance: &str, outcome: &StepOutcome, when: &str) {
        let stopped = |outcome: &StepOutcome| {
            matches!(
                outcome,
                StepOutcome::Skipped { why: SkipReason::BecameBusy { pods: 1 } }
                    | StepOutcome::NotReached { why: NotReachedReason::LeaseStale { .. } }
            )
        };
        assert!(stopped(outcome), "{when}: {outcome}");
        if self.node()["spec"]["unschedulable"] == true {
            let mark = self.node()["metadata"]["annotations"]["ec2-autoscale/cordoned-at"].clone();
            self.outcome(self.terminate_cordoned_at(instance, &mark)).await;
        }
        assert_eq!(self.node()["spec"]["unschedulable"], Value::Null, "{when}");
        assert_eq!(self.aws_changes(), Vec::<String>::new(), "{when}");
    }

    fn terminate_cordoned_at(&self, instance: &str, mark: &Value) -> ec2_autoscale::plan::Action {
        let mut action = self.terminate(instance);
        if let ec2_autoscale::plan::Action::Terminate { cordoned_at, .. } = &mut action {
            *cordoned_at = mark.as_str().expect("a mark").parse().expect("a timestamp");
        }
        action
    }
}

#[tokio::test]
async fn a_job_that_starts_during_a_pause_before_any_call_lives() {
    for seconds in PAUSES {
        for (place, call) in calls().into_iter().enumerate() {
            let world = World::new().await;
            let instance = world.cordoned_node();
            let clock = Arc::clone(&world.seconds);
            world.kubernetes.before(call, move |cluster| {
                stand_still(&clock, seconds);
                start_a_job(cluster);
            });
            let outcome = world.outcome(world.terminate(&instance)).await;
            world.assert_the_job_lives(&instance, &outcome, &format!("{seconds} s before call {place}")).await;
        }
    }
}

/// The first look of a step is that at the group, and AWS may take its time.
#[tokio::test]
async fn a_job_that_starts_while_the_group_is_read_lives() {
    for seconds in [10, 600] {
        let world = World::new().await;
        let instance = world.cordoned_node();
        let clock = Arc::clone(&world.seconds);
        world.aws.before(&Moment::before("DescribeAutoScalingGroups"), move || stand_still(&clock, seconds));
        world.kubernetes.before(nominated(), start_a_job);
        let outcome = world.outcome(world.terminate(&instance)).await;
        world.assert_the_job_lives(&instance, &outcome, &format!("{seconds} s")).await;
    }
}

/// The node looked empty, and the answer was old when it was read: it waited in a socket.
#[tokio::test]
async fn an_answer_that_waited_is_not_acted_on() {
    for seconds in [3, 20, 600] {
        let world = World::new().await;
        let instance = world.cordoned_node();
        let clock = Arc::clone(&world.seconds);
        world.kubernetes.before(last_look(), move |_| stand_still(&clock, seconds));
        world.kubernetes.before(last_look().nth(2), start_a_job);
        let outcome = world.outcome(world.terminate(&instance)).await;
        if seconds < 30 {
            world.assert_the_job_lives(&instance, &outcome, &format!("{seconds} s")).await;
        } else {
            let why = NotReachedReason::LeaseStale { age: ec2_autoscale::duration::Seconds(600) };
            assert_eq!(outcome, StepOutcome::NotReached { why });
            assert_eq!(world.aws_changes(), Vec::<String>::new());
        }
    }
}

#[tokio::test]
async fn an_answer_that_came_within_two_seconds_is_acted_on() {
    let world = World::new().await;
    let instance = world.cordoned_node();
    let clock = Arc::clone(&world.seconds);
    world.kubernetes.before(last_look(), move |_| stand_still(&clock, 2));
    assert_eq!(world.outcome(world.terminate(&instance)).await, StepOutcome::Done);
}

#[tokio::test]
async fn looks_that_are_too_old_each_time_leave_the_node_to_the_next_run() {
    let world = World::new().await;
    let instance = world.cordoned_node();
    for look in 1..=3 {
        let clock = Arc::clone(&world.seconds);
        world.kubernetes.before(last_look().nth(look), move |_| stand_still(&clock, 3));
    }
    let action = world.terminate(&instance);
    assert_eq!(world.outcome(action.clone()).await, StepOutcome::Skipped { why: SkipReason::LooksTooOld });
    assert_eq!(world.aws_changes(), Vec::<String>::new());
    assert_eq!(world.outcome(action).await, StepOutcome::Done, "the next run finds no pause");
}

/// An eviction is a removal, too: the job that came in the pause keeps the others on its node.
#[tokio::test]
async fn a_pause_before_an_eviction_makes_it_look_again() {
    let world = World::new().await;
    world.draining_node();
    world.kubernetes.add(super::drain::web("web-1"));
    let clock = Arc::clone(&world.seconds);
    world.kubernetes.before(last_look(), move |_| stand_still(&clock, 3));
    world.kubernetes.before(last_look().nth(2), start_a_job);
    let outcome = world.outcome(world.evict(&["web-1"])).await;
    assert!(
        matches!(&outcome, StepOutcome::Skipped { why: SkipReason::PodStays { pod, .. } } if pod.name == "train"),
        "{outcome}"
    );
    assert_eq!(world.evictions(), 0);
}
