//! Drains: what is evicted, what ends a drain, and the wait until the node is gone.

use ec2_autoscale::apply::{ApplyReport, SkipReason, StepOutcome};
use ec2_autoscale::duration::Seconds;
use ec2_autoscale::plan::{Action, BlockReason, DrainReason, Drainability, Eviction, EvictionCost, EvictionLimits};
use ec2_autoscale::snapshot::ObjectName;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{GROUP, NODE, REGION, World, group};
use crate::support::kubernetes::objects::{Object as _, Pod, budget, node, pod};
use crate::support::kubernetes::{CallPattern, Fault};

const LIMITS: EvictionLimits = EvictionLimits { grace: Seconds(3600), max_lost_work: Some(Seconds(600)) };

/// Returns a web server's pod that has been on the node for long enough.
pub(super) fn web(name: &str) -> Pod {
    let long_ago = Timestamp::now() - SignedDuration::from_hours(5);
    pod("default", name).node_since(NODE, long_ago).owned_by("ReplicaSet", "web").label("app", "web")
}

impl World {
    /// Makes the node of the first of two instances, at work.
    pub(super) fn busy_node(&self) -> String {
        self.aws.group(GROUP).min(1).max(5).desired(2).create();
        let instance = self.aws.group_state(REGION, GROUP).instances.swap_remove(0);
        self.kubernetes.add(node(NODE).provider_id(&instance.provider_id()));
        instance.id
    }

    /// Makes the same node, of which a drain began a minute ago.
    pub(super) fn draining_node(&self) -> String {
        let instance = self.cordoned_node();
        let since = self.cordoned_at().to_string();
        self.kubernetes.edit("nodes", "", NODE, |node| {
            node["metadata"]["annotations"]["ec2-autoscale/draining-since"] = json!(since);
        });
        instance
    }

    pub(super) fn start_drain(&self) -> Action {
        Action::StartDrain { node: self.node_ref(), group: group(), limits: LIMITS, reason: DrainReason::UnderUtilized }
    }

    pub(super) fn evict(&self, pods: &[&str]) -> Action {
        let eviction = |name: &&str| {
            let found = self.kubernetes.get("pods", "default", name);
            let uid = found["metadata"]["uid"].as_str().expect("a uid").to_owned();
            Eviction { cost: EvictionCost::ONE, pod: ObjectName::new("default", *name), uid, room_on: "node-b".into() }
        };
        let pods = pods.iter().map(eviction).collect();
        let (since, timeout) = (Some(self.cordoned_at()), Seconds::minutes(10));
        Action::Evict { node: self.node_ref(), group: group(), since, limits: LIMITS, timeout, pods }
    }

    pub(super) fn evictions(&self) -> usize {
        self.kubernetes.calls().iter().filter(|call| call.summary().contains("eviction")).count()
    }

    pub(super) fn is_leaving(&self, pod: &str) -> bool {
        self.kubernetes.get("pods", "default", pod)["metadata"]["deletionTimestamp"].is_string()
    }

    pub(super) fn marks(&self) -> Value {
        self.node()["metadata"]["annotations"].clone()
    }
}

fn only(report: &ApplyReport) -> (&StepOutcome, &str) {
    let [step] = report.steps.as_slice() else { panic!("one step: {report:?}") };
    (&step.outcome, &step.message)
}

#[tokio::test]
async fn a_drain_begins_with_a_cordon_that_says_so() {
    let world = World::new().await;
    world.busy_node();
    world.kubernetes.add(web("web-1"));
    assert_eq!(world.outcome(world.start_drain()).await, StepOutcome::Done);
    assert_eq!(world.node()["spec"]["unschedulable"], json!(true));
    let marks = world.marks();
    assert!(marks["ec2-autoscale/cordoned-at"].is_string());
    assert_eq!(marks["ec2-autoscale/draining-since"], marks["ec2-autoscale/cordoned-at"]);
    assert_eq!(world.evictions(), 0);
}

#[tokio::test]
async fn a_job_that_came_meanwhile_keeps_its_node() {
    let world = World::new().await;
    world.busy_node();
    world.kubernetes.add(web("web-1"));
    let action = world.start_drain();
    world.kubernetes.add(pod("default", "train").node(NODE).owned_by("Job", "train"));
    let why = Drainability::Blocks { why: BlockReason::Controller { kind: "Job".into(), name: "train".into() } };
    let stays = SkipReason::PodStays { pod: ObjectName::new("default", "train"), why };
    assert_eq!(world.outcome(action).await, StepOutcome::Skipped { why: stays });
    assert_eq!(world.node()["spec"]["unschedulable"], Value::Null);
}

#[tokio::test]
async fn the_pods_of_the_plan_are_evicted_and_no_others() {
    let world = World::new().await;
    world.draining_node();
    world.kubernetes.seed([web("web-1"), web("web-2")]);
    world.kubernetes.add(pod("kube-system", "agent").node(NODE).owned_by("DaemonSet", "agent"));
    let report = world.apply(vec![world.evict(&["web-1", "web-2"])]).await;
    assert_eq!(only(&report), (&StepOutcome::Done, "2 pods evicted"));
    assert!(world.is_leaving("web-1") && world.is_leaving("web-2"));
    assert!(!world.kubernetes.get("pods", "kube-system", "agent")["metadata"]["deletionTimestamp"].is_string());
    assert_eq!(world.aws_changes(), Vec::<String>::new(), "the instance goes in a later run");
}

/// A pod of the same name made again is another pod: the eviction carries the UID.
#[tokio::test]
async fn a_pod_made_again_is_not_the_one_of_the_plan() {
    let world = World::new().await;
    world.draining_node();
    world.kubernetes.add(web("web-1"));
    let action = world.evict(&["web-1"]);
    world.kubernetes.before(CallPattern::on("create", "pods/eviction"), |cluster| {
        cluster.remove("pods", "default", "web-1");
        cluster.add(pod("default", "web-1").owned_by("ReplicaSet", "web"));
    });
    let report = world.apply(vec![action]).await;
    assert_eq!(only(&report), (&StepOutcome::Done, "0 pods evicted, 1 gone by itself"));
    assert!(!world.is_leaving("web-1"));
    assert_eq!(world.evictions(), 1, "what is not there is not asked for again");
}

#[tokio::test]
async fn a_budget_that_closes_leaves_the_rest_to_the_next_run() {
    let world = World::new().await;
    world.draining_node();
    world.kubernetes.seed([web("web-1"), web("web-2")]);
    world.kubernetes.add(budget("default", "web").selecting("app", "web").healthy(2, 1).allowing(1));
    let report = world.apply(vec![world.evict(&["web-1", "web-2"])]).await;
    let waits = SkipReason::BudgetSpent { pod: ObjectName::new("default", "web-2") };
    let (outcome, message) = only(&report);
    assert_eq!(*outcome, StepOutcome::Skipped { why: waits });
    assert!(message.starts_with("1 pod evicted, 1 kept by a budget; the next run goes on: "), "{message}");
    assert!(world.is_leaving("web-1") && !world.is_leaving("web-2"));
    assert_eq!(world.node()["spec"]["unschedulable"], json!(true), "it stays cordoned and marked");
    assert!(world.marks()["ec2-autoscale/draining-since"].is_string());
}

#[tokio::test]
async fn a_job_that_landed_in_spite_of_the_cordon_ends_the_drain() {
    let world = World::new().await;
    world.draining_node();
    world.kubernetes.add(web("web-1"));
    world.kubernetes.add(pod("default", "train").owned_by("Job", "train"));
    world.kubernetes.before(CallPattern::on("list", "pods").with_query("spec.nodeName=node-a"), |cluster| {
        cluster.bind("default", "train", NODE);
    });
    let report = world.apply(vec![world.evict(&["web-1"])]).await;
    let (outcome, message) = only(&report);
    assert!(matches!(outcome, StepOutcome::Skipped { why: SkipReason::PodStays { .. } }), "{outcome}");
    assert_eq!(message, "uncordoned again");
    assert_eq!(world.evictions(), 0);
    assert_eq!(
        (&world.node()["spec"]["unschedulable"], &world.marks()["ec2-autoscale/draining-since"]),
        (&Value::Null, &Value::Null)
    );
}

/// An eviction whose answer was lost is sent again: the pod is leaving or gone by then.
#[tokio::test]
async fn a_lost_answer_evicts_nobody_else() {
    let world = World::new().await;
    world.draining_node();
    world.kubernetes.seed([web("web-1"), web("web-2")]);
    world.kubernetes.fault(Fault::on("create", "pods/eviction").cut_after().times(1));
    let report = world.apply(vec![world.evict(&["web-1"])]).await;
    assert_eq!(only(&report).0, &StepOutcome::Done);
    assert!(world.is_leaving("web-1") && !world.is_leaving("web-2"));
    assert_eq!(world.evictions(), 2, "once more");
}

#[tokio::test]
async fn a_server_in_trouble_is_not_taken_for_a_budget() {
    for code in [429, 500, 503] {
        let world = World::new().await;
        world.draining_node();
        world.kubernetes.add(web("web-1"));
        world.kubernetes.fault(Fault::on("create", "pods/eviction").status(code).times(1));
        let report = world.apply(vec![world.evict(&["web-1"])]).await;
        assert_eq!(only(&report), (&StepOutcome::Done, "1 pod evicted"), "{code}");
        assert_eq!(world.evictions(), 2, "{code}: once more");
    }
}

#[tokio::test]
async fn an_eviction_is_asked_for_four_times_at_most() {
    let world = World::new().await;
    world.draining_node();
    world.kubernetes.add(web("web-1"));
    world.kubernetes.fault(Fault::on("create", "pods/eviction").status(500));
    let outcome = world.outcome(world.evict(&["web-1"])).await;
    assert!(matches!(&outcome, StepOutcome::Failed { error } if error.starts_with("evicting default/web-1: ")), "{outcome}");
    assert_eq!(world.evictions(), 4);
}

#[tokio::test]
async fn a_node_that_a_person_took_over_is_not_drained_on() {
    let world = World::new().await;
    world.draining_node();
    world.kubernetes.add(web("web-1"));
    let action = world.evict(&["web-1"]);
    world.kubernetes.edit("nodes", "", NODE, |node| node["metadata"]["annotations"] = json!({}));
    assert_eq!(world.outcome(action).await, StepOutcome::Skipped { why: SkipReason::CordonedByPerson });
    assert_eq!(world.evictions(), 0);
}

#[tokio::test]
async fn with_wait_a_node_is_emptied_and_ended_in_one_run() {
    let mut world = World::new().await;
    world.wait = true;
    let instance = world.draining_node();
    world.kubernetes.add(web("web-1"));
    world.kubernetes.kubelets_confirm_at_once();
    let report = world.apply(vec![world.evict(&["web-1"])]).await;
    let [evicted, ended] = report.steps.as_slice() else { panic!("two steps: {report:?}") };
    assert_eq!((&evicted.outcome, &ended.outcome), (&StepOutcome::Done, &StepOutcome::Done));
    assert!(matches!(&ended.action, Action::Terminate { instance: of, .. } if *of == instance), "{:?}", ended.action);
    assert_eq!(world.aws_changes(), ["TerminateInstanceInAutoScalingGroup"]);
    assert_eq!(world.aws.group_state(REGION, GROUP).desired, 1);
}

/// Time stands still in this test: only the tag of the group, and not the flag, ends the waiting.
#[tokio::test]
async fn the_timeout_of_the_group_ends_the_waiting_for_its_pods() {
    let mut world = World::new().await;
    world.wait = true;
    world.draining_node();
    world.kubernetes.add(web("web-1"));
    let mut action = world.evict(&["web-1"]);
    if let Action::Evict { timeout, .. } = &mut action {
        *timeout = Seconds(0);
    }
    let waited = tokio::time::timeout(std::time::Duration::from_mins(1), world.apply(vec![action])).await;
    let report = waited.expect("it ends by itself");
    assert!(report.steps.iter().all(|step| matches!(step.action, Action::Evict { .. })), "{report:?}");
    assert!(world.is_leaving("web-1"));
    assert_eq!(world.aws_changes(), Vec::<String>::new());
}

/// Time is the test's here: the cordon never settles, and the signal to stop ends the wait.
#[tokio::test]
async fn waiting_ends_with_the_wish_to_stop() {
    let mut world = World::new().await;
    world.wait = true;
    world.busy_node();
    let action = world.cordon();
    let stop = world.stop.clone();
    world.kubernetes.before(CallPattern::on("get", "nodes").nth(2), move |_| {
        stop.stop(ec2_autoscale::apply::StopCause::Interrupted);
    });
    let report = world.apply(vec![action]).await;
    let [cordoned, left] = report.steps.as_slice() else { panic!("two steps: {report:?}") };
    assert_eq!(cordoned.outcome, StepOutcome::Done);
    assert!(matches!(left.outcome, StepOutcome::NotReached { .. }), "{}", left.outcome);
    assert_eq!(left.message, "left to a later run");
    assert_eq!(world.aws_changes(), Vec::<String>::new());
}
