//! Writes that are not answered in time. A request that was sent may still arrive, after its
//! repetition or never: nothing is done twice.

use std::time::{Duration, Instant};

use aws_config::timeout::TimeoutConfig;
use ec2_autoscale::apply::StepOutcome;
use ec2_autoscale::cloud::Cloud;
use ec2_autoscale::cloud::aws::AwsClients;
use serde_json::Value;

use super::drain::web;
use super::{GROUP, NAMESPACE, NODE, REGION, World, sdk_config};
use crate::support::aws;
use crate::support::kubernetes::objects::node;
use crate::support::kubernetes::{CallPattern, Cluster};

/// The client waits this long for an answer of the Kubernetes API here.
const PATIENCE: Duration = Duration::from_secs(1);
/// It waits this long for one of AWS: the emulator is slower.
const AWS_PATIENCE: Duration = Duration::from_secs(4);
/// The answer comes this much later.
const TOO_LATE: Duration = Duration::from_secs(2);

impl World {
    async fn impatient() -> Self {
        let mut world = Self::new().await;
        world.read_timeout = Some(PATIENCE);
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout(AWS_PATIENCE).read_timeout(AWS_PATIENCE).build();
        let config = sdk_config(&world.aws).await.into_builder().timeout_config(timeouts).build();
        world.cloud = Cloud::Aws(AwsClients::new(vec![REGION.to_owned()], &config));
        world
    }

    /// Holds the next such write until its repetition has been answered and `then` has happened.
    fn hold_until_repeated(&self, verb: &str, resource: &str, then: impl FnOnce(&Cluster) + Send + 'static) {
        self.kubernetes.before(CallPattern::on(verb, resource), move |cluster| {
            let held = cluster.mutations().len();
            wait_until(|| cluster.mutations().get(held).is_some_and(|call| call.status.is_some()));
            then(cluster);
        });
    }

    /// Waits until every write that was sent has arrived.
    fn settle(&self) {
        wait_until(|| self.kubernetes.mutations().iter().all(|call| call.status.is_some()));
        wait_until(|| self.aws.mutations().iter().all(|call| call.status.is_some()));
    }

    fn statuses(&self) -> Vec<Option<u16>> {
        self.kubernetes.mutations().iter().filter(|call| call.resource != "leases").map(|call| call.status).collect()
    }
}

fn wait_until(is_so: impl Fn() -> bool) {
    let limit = Instant::now() + Duration::from_mins(1);
    while !is_so() {
        assert!(Instant::now() < limit, "a write was lost, or not repeated");
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

#[tokio::test]
async fn a_node_is_changed_once() {
    let world = World::impatient().await;
    world.kubernetes.add(node(NODE));
    world.hold_until_repeated("patch", "nodes", |_| {});
    assert_eq!(world.outcome(world.cordon()).await, StepOutcome::Done);
    let cordoned = world.node();
    world.settle();
    assert_eq!(world.statuses(), [Some(409), Some(200)], "what comes late is refused");
    assert_eq!(world.node(), cordoned);
}

#[tokio::test]
async fn a_pod_is_evicted_once() {
    let world = World::impatient().await;
    world.draining_node();
    world.kubernetes.kubelets_confirm_at_once();
    world.kubernetes.add(web("web-1"));
    // Its controller makes it again, under the same name as a StatefulSet does.
    world.hold_until_repeated("create", "pods/eviction", |cluster| drop(cluster.add(web("web-1"))));
    assert_eq!(world.outcome(world.evict(&["web-1"])).await, StepOutcome::Done);
    world.settle();
    assert_eq!(world.statuses(), [Some(409), Some(201)], "the late one is not for the new pod");
    assert!(world.kubernetes.find("pods", "default", "web-1").is_some());
}

#[tokio::test]
async fn the_lease_is_claimed_kept_and_let_go() {
    let world = World::impatient().await;
    world.hold_until_repeated("create", "leases", |_| {});
    let lease = world.hold().await;
    // A write that changes nothing would leave the Lease at its version.
    world.pass(1);
    world.hold_until_repeated("update", "leases", |_| {});
    lease.renew().await.expect("the second write is answered");
    world.settle();
    assert_eq!(lease.check(lease.now()), Ok(()));
    world.hold_until_repeated("update", "leases", |_| {});
    lease.release().await.expect("the second write is answered");
    world.settle();
    // The late ones were refused, so that ours is what was written last.
    let statuses: Vec<_> = world.kubernetes.mutations().iter().map(|call| call.status).collect();
    assert_eq!(statuses, [Some(409), Some(201), Some(409), Some(200), Some(409), Some(200)]);
    assert_eq!(world.kubernetes.get("leases", NAMESPACE, "ec2-autoscale")["spec"]["holderIdentity"], Value::Null);
}

#[tokio::test]
async fn a_group_is_asked_for_the_same_and_not_for_more() {
    let world = World::impatient().await;
    world.aws.group(GROUP).max(10).desired(3).create();
    world.aws.fault(&aws::Fault::on("SetDesiredCapacity").delay(AWS_PATIENCE + TOO_LATE).times(1));
    assert_eq!(world.outcome(World::set_desired(3, 5)).await, StepOutcome::Done);
    world.settle();
    let state = world.aws.group_state(REGION, GROUP);
    assert_eq!((state.desired, state.instances.len()), (5, 5));
    assert_eq!(world.aws_changes().len(), 2, "{:?}", world.aws_changes());
}

#[tokio::test]
async fn an_instance_is_ended_once_or_that_is_reported() {
    let world = World::impatient().await;
    let instance = world.cordoned_node();
    world.aws.fault(&aws::Fault::on("TerminateInstanceInAutoScalingGroup").delay(AWS_PATIENCE + TOO_LATE).times(1));
    let outcome = world.outcome(world.terminate(&instance)).await;
    let desired = world.aws.group_state(REGION, GROUP).desired;
    world.settle();
    assert_eq!(world.aws_changes(), ["TerminateInstanceInAutoScalingGroup"]);
    assert!(world.aws.group_state(REGION, GROUP).instances.iter().all(|member| member.id != instance));
    assert!(world.aws.group_state(REGION, GROUP).desired + 1 >= desired, "one went, and no more");
    match outcome {
        // The look afterwards saw it go.
        StepOutcome::Done => {}
        StepOutcome::Failed { error } => assert!(error.contains("the next run looks again"), "{error}"),
        other => panic!("{other}"),
    }
}
