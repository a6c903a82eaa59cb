//! Actions of the scheduler, people and AWS while a node is drained. Whatever they do, no work ends
//! that nobody makes again.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use ec2_autoscale::apply::{ApplyReport, SkipReason, StepOutcome, StopCause};
use ec2_autoscale::plan::{Action, TerminateReason};
use ec2_autoscale::snapshot::{Lifecycle, ObjectName};
use serde_json::{Value, json};

use super::drain::web;
use super::{GROUP, NODE, REGION, World, group};
use crate::support::aws::{Fault, Moment};
use crate::support::kubernetes::objects::{Object as _, Pod, budget, claim, pod};
use crate::support::kubernetes::{CallPattern, Cluster};

/// The age of a cordon at which its node may go.
const SETTLED: i64 = 30;
/// How long after our cordon a pod is bound in spite of it: binding ignores the cordon.
const LATE: [i64; 2] = [1, 20];

/// Returns work that nobody makes again: of a job, of an operator, and without an owner.
fn work() -> [Pod; 3] {
    let train = || pod("default", "train");
    [train().owned_by("Job", "train"), train().owned_by("RayCluster", "train"), train()]
}

impl World {
    /// Cordons the node now, by a run of ours that evicted the pods it could.
    async fn begin_drain(&self, pods: &[&str]) -> ApplyReport {
        let report = self.apply(vec![self.start_drain(), self.first_evictions(pods)]).await;
        assert_eq!(report.steps[0].outcome, StepOutcome::Done);
        assert!(self.is_closed());
        report
    }

    /// Returns the evictions of the run that begins the drain.
    fn first_evictions(&self, pods: &[&str]) -> Action {
        let Action::Evict { node, group, since: _, limits, timeout, pods } = self.evict(pods) else { panic!("evictions") };
        Action::Evict { node, group, since: None, limits, timeout, pods }
    }

    /// Returns those of a later run.
    fn further_evictions(&self, pods: &[&str]) -> Action {
        let Action::Evict { node, group, since: _, limits, timeout, pods } = self.evict(pods) else { panic!("evictions") };
        Action::Evict { node, group, since: self.drained_since(), limits, timeout, pods }
    }

    /// Returns the termination of a later run, which saw the node empty.
    fn end_drained(&self, instance: &str) -> Action {
        let since = self.drained_since().expect("a mark");
        let (node, instance) = (self.node_ref(), instance.to_owned());
        Action::Terminate { node, group: group(), instance, cordoned_at: since, reason: TerminateReason::Drained { since } }
    }

    fn drained_since(&self) -> Option<jiff::Timestamp> {
        self.marks()["ec2-autoscale/draining-since"].as_str().map(|at| at.parse().expect("a timestamp"))
    }

    fn is_closed(&self) -> bool {
        self.node()["spec"]["unschedulable"] == true
    }

    /// Asserts that the node is schedulable again with none of our marks, and that nothing was
    /// ended.
    fn assert_given_back(&self) {
        let (node, marks) = (self.node(), self.marks());
        assert_eq!(node["spec"]["unschedulable"], Value::Null);
        assert_eq!(marks.get("ec2-autoscale/cordoned-at"), None);
        assert_eq!(marks.get("ec2-autoscale/draining-since"), None);
        assert_eq!(self.aws_changes(), Vec::<String>::new());
        self.assert_no_work_was_hurt();
    }

    /// Asserts by the servers' own records that only pods that are made again were evicted, no pod
    /// was deleted, and no instance that was ended has work on its node.
    fn assert_no_work_was_hurt(&self) {
        for call in self.kubernetes.mutations().iter().filter(|call| call.resource.starts_with("pods")) {
            assert_eq!((call.verb, call.resource.as_str()), ("create", "pods/eviction"), "{}", call.summary());
            assert!(call.name.starts_with("web-"), "{}", call.summary());
        }
        let node = self.node();
        let id = node["spec"]["providerID"].as_str().and_then(|id| id.rsplit('/').next()).expect("an instance");
        let ended = self.aws.mutations().iter().any(|call| call.param("InstanceId") == id);
        let at_work = self.kubernetes.all("pods").iter().any(|pod| pod["spec"]["nodeName"] == NODE);
        assert!(!(ended && at_work), "{id} was ended with work on it");
    }
}

#[tokio::test]
async fn work_that_lands_after_the_cordon_keeps_a_node_that_looked_empty() {
    for late in LATE {
        for work in work() {
            let world = World::new().await;
            let instance = world.busy_node();
            world.kubernetes.kubelets_confirm_at_once();
            world.kubernetes.seed([web("web-1"), web("web-2")]);
            world.kubernetes.add(work);
            world.begin_drain(&["web-1", "web-2"]).await;
            let stale = world.end_drained(&instance);
            world.pass(late);
            world.kubernetes.bind("default", "train", NODE);
            world.pass(SETTLED - late);
            let why = SkipReason::BecameBusy { pods: 1 };
            assert_eq!(world.outcome(stale).await, StepOutcome::Skipped { why });
            world.assert_given_back();
        }
    }
}

#[tokio::test]
async fn work_that_lands_between_the_evictions_ends_the_drain() {
    for late in LATE {
        for work in work() {
            let world = World::new().await;
            world.busy_node();
            world.kubernetes.kubelets_confirm_at_once();
            world.kubernetes.seed([web("web-1"), web("web-2")]);
            world.kubernetes.add(budget("default", "web").selecting("app", "web").healthy(2, 1).allowing(1));
            world.kubernetes.add(work);
            world.begin_drain(&["web-1", "web-2"]).await;
            let stale = world.further_evictions(&["web-2"]);
            world.kubernetes.edit("poddisruptionbudgets", "default", "web", open);
            world.pass(late);
            world.kubernetes.bind("default", "train", NODE);
            world.pass(1);
            let outcome = world.outcome(stale).await;
            assert!(
                matches!(&outcome, StepOutcome::Skipped { why: SkipReason::PodStays { pod, .. } } if pod.name == "train"),
                "{outcome}"
            );
            assert_eq!(world.evictions(), 2, "web-1 went and web-2 was refused; nobody was asked again");
            world.assert_given_back();
        }
    }
}

fn open(budget: &mut Value) {
    budget["status"]["disruptionsAllowed"] = json!(1);
}

/// With `--wait` the second look is in the same run.
#[tokio::test]
async fn work_that_lands_while_a_run_waits_ends_the_drain() {
    for late in LATE {
        for work in work() {
            let mut world = World::new().await;
            world.wait = true;
            world.busy_node();
            world.kubernetes.kubelets_confirm_at_once();
            world.kubernetes.add(web("web-1"));
            world.kubernetes.add(work);
            let seconds = Arc::clone(&world.seconds);
            // First the look of the cordon, then that of the evictions, and then the first of the
            // wait.
            world.kubernetes.before(CallPattern::on("get", "nodes").nth(3), move |cluster| {
                seconds.fetch_add(late, Ordering::SeqCst);
                cluster.bind("default", "train", NODE);
            });
            // A wait without end should fail and not hang.
            let stop = world.stop.clone();
            world.kubernetes.before(CallPattern::on("get", "nodes").nth(9), move |_| stop.stop(StopCause::TimedOut));
            let report = world.apply(vec![world.start_drain(), world.first_evictions(&["web-1"])]).await;
            let [begun, evicted, ended] = report.steps.as_slice() else { panic!("three steps: {report:?}") };
            assert_eq!((&begun.outcome, &evicted.outcome), (&StepOutcome::Done, &StepOutcome::Done));
            assert!(matches!(ended.outcome, StepOutcome::Skipped { why: SkipReason::PodStays { .. } }), "{}", ended.outcome);
            assert_eq!(world.evictions(), 1);
            world.assert_given_back();
        }
    }
}

#[tokio::test]
async fn a_pod_that_room_is_made_for_at_the_last_moment_gets_the_node() {
    let world = World::new().await;
    let instance = world.draining_node();
    world.kubernetes.before(CallPattern::on("list", "pods").with_query("status.nominatedNodeName=node-a"), |cluster| {
        cluster.add(pod("default", "urgent").unschedulable().nominated_to(NODE));
    });
    let why = SkipReason::PodNominated { pod: ObjectName::new("default", "urgent") };
    assert_eq!(world.outcome(world.end_drained(&instance)).await, StepOutcome::Skipped { why });
    world.assert_given_back();
}

#[tokio::test]
async fn a_volume_that_is_made_for_the_node_at_the_last_moment_keeps_it() {
    let world = World::new().await;
    let instance = world.draining_node();
    world.kubernetes.before(CallPattern::on("list", "persistentvolumeclaims"), |cluster| {
        cluster.add(claim("default", "data", "gp3").annotation("volume.kubernetes.io/selected-node", NODE));
        cluster.add(pod("default", "train").claim("data"));
    });
    let why = SkipReason::VolumeSelected { claim: ObjectName::new("default", "data") };
    assert_eq!(world.outcome(world.end_drained(&instance)).await, StepOutcome::Skipped { why });
    world.assert_given_back();
}

#[tokio::test]
async fn a_budget_that_closes_between_two_evictions_keeps_the_second_pod_until_it_opens() {
    let world = World::new().await;
    world.busy_node();
    world.kubernetes.kubelets_confirm_at_once();
    world.kubernetes.seed([web("web-1"), web("web-2")]);
    world.kubernetes.add(budget("default", "web").selecting("app", "web").healthy(2, 0).allowing(2));
    // A pod elsewhere fails meanwhile.
    world.kubernetes.before(CallPattern::on("create", "pods/eviction").nth(2), |cluster| {
        cluster.edit("poddisruptionbudgets", "default", "web", |budget| budget["status"]["disruptionsAllowed"] = json!(0));
    });
    let report = world.begin_drain(&["web-1", "web-2"]).await;
    let waits = SkipReason::BudgetSpent { pod: ObjectName::new("default", "web-2") };
    assert_eq!(report.steps[1].outcome, StepOutcome::Skipped { why: waits });
    assert!(!world.is_leaving("web-2"));

    world.pass(60);
    world.kubernetes.edit("poddisruptionbudgets", "default", "web", open);
    assert_eq!(world.outcome(world.further_evictions(&["web-2"])).await, StepOutcome::Done);
    assert!(world.is_closed() && world.kubernetes.all("pods").is_empty());
    world.assert_no_work_was_hurt();
}

#[tokio::test]
async fn a_node_that_vanishes_is_left_to_whoever_took_it() {
    let world = World::new().await;
    let instance = world.draining_node();
    world.kubernetes.seed([web("web-1"), web("web-2")]);
    let (evictions, termination) = (world.evict(&["web-1", "web-2"]), world.end_drained(&instance));
    world.kubernetes.before(CallPattern::on("create", "pods/eviction").nth(2), vanish);
    let report = world.apply(vec![evictions.clone(), termination, evictions]).await;
    let outcomes: Vec<&StepOutcome> = report.steps.iter().map(|step| &step.outcome).collect();
    let gone = StepOutcome::Skipped { why: SkipReason::NodeGone };
    assert_eq!(outcomes, [&StepOutcome::Done, &gone, &gone]);
    assert_eq!(report.steps[0].message, "1 pod evicted, 1 gone by itself");
    assert_eq!((world.evictions(), world.aws_changes()), (2, Vec::new()));
}

/// Removes the instance: its node goes, and the pods with it.
fn vanish(cluster: &Cluster) {
    cluster.remove("nodes", "", NODE);
    for pod in ["web-1", "web-2"] {
        cluster.remove("pods", "default", pod);
    }
}

/// A person lowers the desired capacity before our look at the group, and AWS chooses this
/// instance.
#[tokio::test]
async fn a_group_that_ends_the_instance_itself_is_not_asked_again() {
    let world = World::new().await;
    let instance = world.draining_node();
    world.protect_all_but(&instance);
    world.aws.hold_terminations();
    world.shrink_meanwhile();
    let why = SkipReason::NotInService { lifecycle: Lifecycle::Terminating };
    assert_eq!(world.outcome(world.end_drained(&instance)).await, StepOutcome::Skipped { why });
    assert_eq!(world.aws_changes(), Vec::<String>::new());
    world.assert_no_work_was_hurt();
}

/// AWS chooses another one, and the group is as small as it may be.
#[tokio::test]
async fn a_group_that_shrinks_by_another_instance_loses_no_second_one() {
    let world = World::new().await;
    let instance = world.draining_node();
    world.aws.protect(&instance, true);
    world.shrink_meanwhile();
    let why = SkipReason::AtMin { min: 1 };
    assert_eq!(world.outcome(world.end_drained(&instance)).await, StepOutcome::Skipped { why });
    assert_eq!(world.aws.group_state(REGION, GROUP).count("InService"), 1);
    assert_eq!(world.aws_changes(), Vec::<String>::new());
    world.assert_no_work_was_hurt();
}

impl World {
    fn protect_all_but(&self, spared: &str) {
        for instance in self.aws.group_state(REGION, GROUP).instances {
            self.aws.protect(&instance.id, instance.id != spared);
        }
    }

    fn shrink_meanwhile(&self) {
        let somebody = self.aws.handle();
        self.aws.before(&Moment::before("DescribeAutoScalingGroups"), move || somebody.set_desired(REGION, GROUP, 1));
    }
}

#[tokio::test]
async fn a_termination_whose_answer_was_lost_is_not_repeated_by_the_next_run() {
    let world = World::new().await;
    let instance = world.draining_node();
    world.aws.hold_terminations();
    world.aws.fault(&Fault::on("TerminateInstanceInAutoScalingGroup").cut_after_change().times(1));
    let action = world.end_drained(&instance);
    assert_eq!(world.outcome(action.clone()).await, StepOutcome::Done);
    let why = SkipReason::NotInService { lifecycle: Lifecycle::Terminating };
    assert_eq!(world.outcome(action).await, StepOutcome::Skipped { why });
    assert_eq!(world.aws_changes(), ["TerminateInstanceInAutoScalingGroup"]);
    let state = world.aws.group_state(REGION, GROUP);
    assert_eq!((state.desired, state.count("InService")), (1, 1));
    world.assert_no_work_was_hurt();
}

/// The other side: where nothing happens, the node goes.
#[tokio::test]
async fn a_drain_that_nobody_disturbs_ends_the_instance() {
    let world = World::new().await;
    let instance = world.busy_node();
    world.kubernetes.kubelets_confirm_at_once();
    world.kubernetes.add(web("web-1"));
    world.begin_drain(&["web-1"]).await;
    world.pass(SETTLED - 1);
    let early = world.outcome(world.end_drained(&instance)).await;
    assert!(matches!(early, StepOutcome::Skipped { why: SkipReason::TooSoon { .. } }), "{early}");
    world.pass(1);
    assert_eq!(world.outcome(world.end_drained(&instance)).await, StepOutcome::Done);
    assert_eq!(world.aws.group_state(REGION, GROUP).desired, 1);
    world.assert_no_work_was_hurt();
}
