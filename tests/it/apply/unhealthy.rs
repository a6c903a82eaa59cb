//! Ends of instances that do no work: one that never became a node, and one whose node is dead.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use ec2_autoscale::apply::{SkipReason, StepOutcome};
use ec2_autoscale::plan::{Action, UnhealthyReason};
use ec2_autoscale::snapshot::{MachineHealth, ObjectName};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{GROUP, NODE, REGION, World, group};
use crate::support::aws::Fault;
use crate::support::kubernetes::objects::{Object as _, node, pod};
use crate::support::kubernetes::{CallPattern, Cluster, Fault as ApiFault};
use ec2_autoscale::well_known::annotations;

impl World {
    /// Makes a group of two instances, neither of which is a node. Returns the first.
    fn lost_instance(&self) -> String {
        self.aws.group(GROUP).min(1).max(5).desired(2).create();
        self.aws.group_state(REGION, GROUP).instances.swap_remove(0).id
    }

    fn replace(&self, instance: &str) -> Action {
        let reason = UnhealthyReason::NeverRegistered { first_seen: self.now() - SignedDuration::from_hours(1) };
        let instance = instance.to_owned();
        Action::TerminateUnhealthy { group: group(), instance, node: None, decrement: false, reason }
    }

    /// Makes a group of two instances, the first of which has a node that last reported two hours
    /// ago. Returns that instance.
    fn dead_node(&self) -> String {
        let instance = self.lost_instance();
        let provider_id = self.aws.register_spec(&instance).provider_id();
        let died_at = self.died_at();
        let dead = node(NODE).provider_id(&provider_id).ready_since("Unknown", died_at);
        self.kubernetes.add(dead.annotation(annotations::NOT_READY_SINCE, &died_at.to_string()));
        instance
    }

    fn died_at(&self) -> Timestamp {
        self.now() - SignedDuration::from_hours(2)
    }

    fn end_dead(&self, instance: &str, decrement: bool) -> Action {
        let (node, reason) = (Some(self.node_ref()), UnhealthyReason::Dead { since: self.died_at(), machine: None });
        Action::TerminateUnhealthy { group: group(), instance: instance.to_owned(), node, decrement, reason }
    }

    fn is_in_service(&self, instance: &str) -> bool {
        let state = self.aws.group_state(REGION, GROUP);
        state.instances.iter().any(|one| one.id == instance && one.lifecycle_state == "InService")
    }

    /// Returns the desired capacity, and how many instances are in service.
    fn size(&self) -> (u32, usize) {
        let state = self.aws.group_state(REGION, GROUP);
        (state.desired, state.count("InService"))
    }

    /// Returns whether the one change in AWS decremented the desired capacity.
    fn decremented(&self) -> String {
        let calls = self.aws.mutations();
        let [call] = calls.as_slice() else { panic!("one change: {calls:?}") };
        assert_eq!(call.action, "TerminateInstanceInAutoScalingGroup");
        call.param("ShouldDecrementDesiredCapacity").to_owned()
    }
}

#[tokio::test]
async fn an_instance_that_never_became_a_node_is_replaced() {
    let world = World::new().await;
    let lost = world.lost_instance();
    assert_eq!(world.outcome(world.replace(&lost)).await, StepOutcome::Done);
    assert_eq!(world.decremented(), "false");
    assert!(!world.is_in_service(&lost));
    assert_eq!(world.size(), (2, 2), "AWS launches another in its place");
}

#[tokio::test]
async fn a_node_that_registers_at_the_last_moment_saves_its_instance() {
    let world = World::new().await;
    let lost = world.lost_instance();
    let provider_id = world.aws.register_spec(&lost).provider_id();
    world.kubernetes.before(CallPattern::on("list", "nodes"), move |cluster| {
        cluster.add(node(NODE).provider_id(&provider_id).ready(false));
    });
    let registered = SkipReason::Registered { node: NODE.into() };
    assert_eq!(world.outcome(world.replace(&lost)).await, StepOutcome::Skipped { why: registered });
    assert_eq!(world.aws_changes(), Vec::<String>::new());
    assert!(world.is_in_service(&lost));
}

/// The cloud controller writes the providerID a moment after the kubelet has registered the node.
#[tokio::test]
async fn a_node_that_is_known_by_its_address_only_saves_its_instance_as_well() {
    let world = World::new().await;
    let lost = world.lost_instance();
    world.kubernetes.add(node(NODE).address("InternalIP", &world.aws.register_spec(&lost).private_ip));
    let registered = SkipReason::Registered { node: NODE.into() };
    assert_eq!(world.outcome(world.replace(&lost)).await, StepOutcome::Skipped { why: registered });
    assert_eq!(world.aws_changes(), Vec::<String>::new());
}

/// Its Node object is gone for a moment, as when somebody deleted it: the kubelet makes it again,
/// and its job runs on.
#[tokio::test]
async fn a_pod_that_is_bound_to_its_name_saves_an_instance_whose_node_is_missing() {
    let world = World::new().await;
    let lost = world.lost_instance();
    let spec = world.aws.register_spec(&lost);
    let host = spec.private_dns.split('.').next().expect("a label").to_owned();
    for name in [spec.private_dns.clone(), host.clone(), format!("{host}.corp.example"), format!("{lost}.any.domain")] {
        world.kubernetes.add(pod("default", "train").node(&name).owned_by("Job", "train"));
        let why = SkipReason::PodBound { pod: ObjectName::new("default", "train"), node: name };
        assert_eq!(world.outcome(world.replace(&lost)).await, StepOutcome::Skipped { why });
    }
    assert_eq!(world.aws_changes(), Vec::<String>::new());
    world.kubernetes.add(pod("default", "train").node(&host).owned_by("Job", "train").phase("Succeeded"));
    assert_eq!(world.outcome(world.replace(&lost)).await, StepOutcome::Done);
}

/// The pod is bound while every bound pod is listed, which takes long in a large cluster.
#[tokio::test]
async fn a_pod_that_is_bound_to_its_name_at_the_last_moment_saves_it() {
    let world = World::new().await;
    let lost = world.lost_instance();
    let name = world.aws.register_spec(&lost).private_dns;
    let (bound_to, seconds) = (name.clone(), Arc::clone(&world.seconds));
    let last = CallPattern::on("list", "pods").with_query(&format!("spec.nodeName={name}"));
    world.kubernetes.before(last, move |cluster| {
        seconds.fetch_add(1, Ordering::SeqCst);
        cluster.add(pod("default", "train").node(&bound_to).owned_by("Job", "train"));
    });
    let why = SkipReason::PodBound { pod: ObjectName::new("default", "train"), node: name };
    assert_eq!(world.outcome(world.replace(&lost)).await, StepOutcome::Skipped { why });
    assert_eq!(world.aws_changes(), Vec::<String>::new());
}

#[tokio::test]
async fn a_node_of_another_machine_saves_nobody() {
    let world = World::new().await;
    let lost = world.lost_instance();
    world.kubernetes.add(node("elsewhere").address("InternalIP", "192.0.2.1"));
    assert_eq!(world.outcome(world.replace(&lost)).await, StepOutcome::Done);
    assert!(!world.is_in_service(&lost));
}

#[tokio::test]
async fn nodes_that_cannot_be_listed_forbid_the_replacement() {
    let world = World::new().await;
    let lost = world.lost_instance();
    world.kubernetes.fault(ApiFault::on("list", "nodes").status(403));
    let outcome = world.outcome(world.replace(&lost)).await;
    assert!(matches!(&outcome, StepOutcome::Failed { error } if error.starts_with("listing nodes: ")), "{outcome}");
    assert_eq!(world.aws_changes(), Vec::<String>::new());
}

#[tokio::test]
async fn a_dead_node_goes_with_its_share_of_the_group() {
    let world = World::new().await;
    let dead = world.dead_node();
    world.kubernetes.add(pod("kube-system", "agent").node(NODE).owned_by("DaemonSet", "agent"));
    assert_eq!(world.outcome(world.end_dead(&dead, true)).await, StepOutcome::Done);
    assert_eq!(world.decremented(), "true");
    assert_eq!(world.size(), (1, 1));
    assert!(!world.is_in_service(&dead));
    assert!(world.node()["metadata"]["deletionTimestamp"].is_null(), "the Node object is the cloud controller's");
}

#[tokio::test]
async fn a_dead_node_that_recovers_stays() {
    let world = World::new().await;
    let dead = world.dead_node();
    let action = world.end_dead(&dead, true);
    world.kubernetes.before(CallPattern::on("get", "nodes"), recover);
    assert_eq!(world.outcome(action).await, StepOutcome::Skipped { why: SkipReason::Recovered });
    assert_eq!(world.aws_changes(), Vec::<String>::new());
    assert_eq!(world.node()["spec"]["unschedulable"], Value::Null);
}

fn recover(cluster: &Cluster) {
    cluster.edit("nodes", "", NODE, |node| node["status"]["conditions"][0]["status"] = json!("True"));
}

/// A kubelet without contact may still run its pods: no job ends for it.
#[tokio::test]
async fn a_dead_node_with_work_on_it_stays() {
    let jobs = pod("default", "train").owned_by("Job", "train");
    let operators = pod("default", "train").owned_by("RayCluster", "train");
    let web = pod("default", "train").owned_by("ReplicaSet", "train");
    for worker in [jobs, operators, web, pod("default", "train")] {
        let world = World::new().await;
        let dead = world.dead_node();
        world.kubernetes.add(worker);
        world.kubernetes.before(CallPattern::on("list", "pods").with_query("spec.nodeName=node-a"), |cluster| {
            cluster.bind("default", "train", NODE);
        });
        let busy = StepOutcome::Skipped { why: SkipReason::BecameBusy { pods: 1 } };
        assert_eq!(world.outcome(world.end_dead(&dead, true)).await, busy);
        assert_eq!(world.aws_changes(), Vec::<String>::new());
        assert!(world.is_in_service(&dead));
    }
}

impl World {
    /// Makes a dead node with a job on it, whose machine is stopped according to EC2. Returns the
    /// instance and the step.
    fn dead_machine(&self) -> (String, Action) {
        let dead = self.dead_node();
        self.kubernetes.add(pod("default", "train").node(NODE).owned_by("Job", "train"));
        let (node, machine) = (Some(self.node_ref()), Some(MachineHealth::Stopped));
        let reason = UnhealthyReason::Dead { since: self.died_at(), machine };
        let step = Action::TerminateUnhealthy { group: group(), instance: dead.clone(), node, decrement: true, reason };
        (dead, step)
    }
}

#[tokio::test]
async fn a_dead_node_goes_with_its_pods_when_ec2_says_that_its_machine_is_broken() {
    let world = World::new().await;
    let (dead, action) = world.dead_machine();
    world.aws.set_machine_state(&dead, "stopped");
    assert_eq!(world.outcome(action).await, StepOutcome::Done);
    assert!(!world.is_in_service(&dead));
    assert_eq!(world.size(), (1, 1));
}

#[tokio::test]
async fn a_machine_that_is_well_again_or_cannot_be_asked_about_keeps_its_job() {
    let world = World::new().await;
    let (dead, action) = world.dead_machine();
    let busy = StepOutcome::Skipped { why: SkipReason::BecameBusy { pods: 1 } };
    assert_eq!(world.outcome(action.clone()).await, busy, "it runs again");
    world.aws.impair(&dead);
    let busy = StepOutcome::Skipped { why: SkipReason::BecameBusy { pods: 1 } };
    assert_eq!(world.outcome(action.clone()).await, busy, "a machine of which a check fails may still do its work");
    world.aws.fault(&Fault::on("DescribeInstanceStatus").status(403).code("UnauthorizedOperation"));
    let outcome = world.outcome(action).await;
    let words = format!("asking EC2 about {dead}: the AWS credentials lack the permission ec2:DescribeInstanceStatus");
    assert!(matches!(&outcome, StepOutcome::Failed { error } if error.starts_with(&words)), "{outcome}");
    assert_eq!(world.aws_changes(), Vec::<String>::new());
    assert!(world.is_in_service(&dead));
}

/// It reported for a while after the plan was made: `--dead-after` counts anew.
#[tokio::test]
async fn a_node_that_was_ready_in_between_stays() {
    let world = World::new().await;
    let dead = world.dead_node();
    let action = world.end_dead(&dead, true);
    let since = (world.now() - SignedDuration::from_mins(1)).to_string();
    world.kubernetes.edit("nodes", "", NODE, |node| node["status"]["conditions"][0]["lastTransitionTime"] = json!(since));
    assert_eq!(world.outcome(action).await, StepOutcome::Skipped { why: SkipReason::ReadinessChanged });
    assert_eq!(world.aws_changes(), Vec::<String>::new());
}

#[tokio::test]
async fn a_dead_node_that_somebody_wants_to_look_at_stays() {
    let world = World::new().await;
    let dead = world.dead_node();
    let action = world.end_dead(&dead, true);
    let mark = "karpenter.sh/do-not-disrupt";
    world.kubernetes.edit("nodes", "", NODE, |node| node["metadata"]["annotations"][mark] = json!("true"));
    assert_eq!(world.outcome(action).await, StepOutcome::Skipped { why: SkipReason::Kept { mark: mark.into() } });
    assert_eq!(world.aws_changes(), Vec::<String>::new());
}

/// Neither a node of that name made again nor another machine behind it is the one of the plan.
#[tokio::test]
async fn a_dead_node_that_was_made_again_stays() {
    let world = World::new().await;
    let dead = world.dead_node();
    let action = world.end_dead(&dead, true);
    let anew = node(NODE).provider_id("aws:///us-west-2a/i-0123").ready_since("False", world.died_at());
    world.kubernetes.remove("nodes", "", NODE);
    world.kubernetes.add(anew);
    assert_eq!(world.outcome(action).await, StepOutcome::Skipped { why: SkipReason::NodeReplaced });
    assert_eq!(world.outcome(world.end_dead(&dead, true)).await, StepOutcome::Skipped { why: SkipReason::OtherInstance });
    assert_eq!(world.aws_changes(), Vec::<String>::new());
}

#[tokio::test]
async fn at_the_minimum_a_dead_node_is_replaced_or_stays() {
    let world = World::new().await;
    let dead = world.dead_node();
    world.aws.set_bounds(REGION, GROUP, 2, 5);
    let at_min = StepOutcome::Skipped { why: SkipReason::AtMin { min: 2 } };
    assert_eq!(world.outcome(world.end_dead(&dead, true)).await, at_min, "the minimum rose since the plan");
    assert_eq!(world.aws_changes(), Vec::<String>::new());
    assert_eq!(world.outcome(world.end_dead(&dead, false)).await, StepOutcome::Done);
    assert_eq!(world.decremented(), "false");
    assert_eq!(world.size(), (2, 2));
    assert!(!world.is_in_service(&dead));
}

#[tokio::test]
async fn a_replacement_whose_answer_was_lost_is_asked_for_once() {
    let world = World::new().await;
    let lost = world.lost_instance();
    world.aws.hold_terminations();
    world.aws.fault(&Fault::on("TerminateInstanceInAutoScalingGroup").cut_after_change().times(1));
    assert_eq!(world.outcome(world.replace(&lost)).await, StepOutcome::Done);
    let again = world.outcome(world.replace(&lost)).await;
    assert!(matches!(again, StepOutcome::Skipped { why: SkipReason::NotInService { .. } }), "{again}");
    assert_eq!(world.aws_changes(), ["TerminateInstanceInAutoScalingGroup"]);
}
