//! `apply` against both servers: what it does, what it refuses, and that it stops in time.
//!
//! The library is called directly, with a clock that the test sets: no test here waits.

mod drain;
mod drain_races;
mod growth;
mod lease;
mod leftovers;
mod marks;
mod pauses;
mod removal;
mod reverting;
mod timeouts;
mod unhealthy;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_sdk_autoscaling::config::Credentials;
use ec2_autoscale::apply::lease::{HeldLease, LeaseClaim, claim};
use ec2_autoscale::apply::steady::{RunClocks, SteadyTime};
use ec2_autoscale::apply::{ApplyContext, ApplyReport, StepOutcome, StopSignal, WallClock, apply};
use ec2_autoscale::cloud::Cloud;
use ec2_autoscale::cloud::aws::AwsClients;
use ec2_autoscale::duration::Seconds;
use ec2_autoscale::plan::{Action, CordonReason, GrowReason, NodeRef, Plan, SCHEMA, Summary, TerminateReason, UncordonReason};
use ec2_autoscale::policy::Policy;
use ec2_autoscale::progress::{Progress, Silent};
use ec2_autoscale::snapshot::{ClusterIdentity, GroupId, LookedAt, ObjectName};
use jiff::Timestamp;
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::{Value, json};

use crate::support::aws::{Account, AwsServer};
use crate::support::kubernetes::KubernetesServer;
use crate::support::kubernetes::objects::{Object as _, node};

const REGION: &str = "us-west-2";
const GROUP: &str = "workers";
const NODE: &str = "node-a";
const NAMESPACE: &str = "kube-system";

/// A cluster, an account, and a clock that only the test moves.
struct World {
    kubernetes: KubernetesServer,
    aws: Account,
    cloud: Cloud,
    seconds: Arc<AtomicI64>,
    policy: Policy,
    longest_init_time: Seconds,
    stop: StopSignal,
    wait: bool,
    /// How long the client waits for an answer of the Kubernetes API; without a limit when absent.
    read_timeout: Option<Duration>,
}

impl World {
    async fn new() -> Self {
        let aws = AwsServer::account();
        let cloud = Cloud::Aws(AwsClients::new(vec![REGION.to_owned()], &sdk_config(&aws).await));
        let seconds = Arc::new(AtomicI64::new(Timestamp::now().as_second()));
        let (policy, stop) = (Policy::default(), StopSignal::default());
        let longest_init_time = policy.instance_init_time;
        let kubernetes = KubernetesServer::start();
        Self { kubernetes, aws, cloud, seconds, policy, longest_init_time, stop, wait: false, read_timeout: None }
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.seconds.load(Ordering::SeqCst)).expect("a timestamp")
    }

    fn pass(&self, seconds: i64) {
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }

    fn clock(&self) -> WallClock {
        let seconds = Arc::clone(&self.seconds);
        Arc::new(move || Timestamp::from_second(seconds.load(Ordering::SeqCst)).expect("a timestamp"))
    }

    /// Both clocks are the test's, and waiting moves them.
    fn clocks(&self) -> RunClocks {
        let (seconds, sleeper) = (Arc::clone(&self.seconds), Arc::clone(&self.seconds));
        let since_start = move || Duration::from_secs(seconds.load(Ordering::SeqCst).unsigned_abs());
        RunClocks {
            wall: self.clock(),
            steady: Arc::new(move || SteadyTime::after_start(since_start())),
            sleep: Arc::new(move |time| {
                sleeper.fetch_add(i64::try_from(time.as_secs()).expect("short"), Ordering::SeqCst);
                Box::pin(async {})
            }),
        }
    }

    async fn client(&self) -> kube::Client {
        client_of(&self.kubernetes.kubeconfig(), self.read_timeout).await
    }

    async fn claim(&self, identity: &str) -> LeaseClaim {
        self.claim_in(NAMESPACE, identity).await
    }

    async fn claim_in(&self, namespace: &str, identity: &str) -> LeaseClaim {
        let claim = claim(self.client().await, namespace, identity.to_owned(), self.clocks()).await;
        claim.expect("an answer about the Lease")
    }

    async fn hold(&self) -> HeldLease {
        match self.claim("this-run").await {
            LeaseClaim::Held(lease) => lease,
            LeaseClaim::HeldByOther { holder, .. } => panic!("held by {holder}"),
        }
    }

    /// Carries the actions out under the Lease, and releases the Lease.
    async fn apply(&self, actions: Vec<Action>) -> ApplyReport {
        let lease = self.hold().await;
        let report = self.apply_under(&lease, actions, &Silent).await;
        lease.release().await.expect("the Lease is let go");
        report
    }

    async fn apply_under(&self, lease: &HeldLease, actions: Vec<Action>, progress: &dyn Progress) -> ApplyReport {
        let clock = self.clock();
        let own_pod = ObjectName { namespace: NAMESPACE.into(), name: "this-run".into() };
        let context = ApplyContext {
            kubernetes: self.client().await,
            cloud: &self.cloud,
            policy: &self.policy,
            longest_init_time: self.longest_init_time,
            own_pod: Some(&own_pod),
            lease,
            wait: self.wait,
            stop: &self.stop,
            clock: &*clock,
            progress,
        };
        apply(&self.plan(actions), &context).await
    }

    /// Returns how the only action ended.
    async fn outcome(&self, action: Action) -> StepOutcome {
        self.apply(vec![action]).await.steps.remove(0).outcome
    }

    fn plan(&self, actions: Vec<Action>) -> Plan {
        Plan {
            added: Vec::new(),
            schema: SCHEMA.to_owned(),
            made_at: self.now(),
            cluster: ClusterIdentity::default(),
            regions: vec![REGION.to_owned()],
            looked_at: LookedAt::default(),
            policy: self.policy.clone(),
            summary: Summary::default(),
            actions,
            groups: Vec::new(),
            pods: Vec::new(),
            bill: None,
            replay: None,
            nodes: Vec::new(),
            instances: Vec::new(),
            findings: Vec::new(),
        }
    }

    /// Makes a group of two instances and, for the first of them, a node that we cordoned a minute
    /// ago. Returns the instance.
    fn cordoned_node(&self) -> String {
        self.aws.group(GROUP).min(1).max(5).desired(2).create();
        let instance = &self.aws.group_state(REGION, GROUP).instances[0];
        let cordoned = node(NODE).provider_id(&instance.provider_id()).cordoned();
        let mark = self.cordoned_at().to_string();
        self.kubernetes.add(cordoned.annotation("ec2-autoscale/cordoned-at", &mark));
        instance.id.clone()
    }

    fn cordoned_at(&self) -> Timestamp {
        self.now() - jiff::SignedDuration::from_secs(60)
    }

    fn node(&self) -> Value {
        self.kubernetes.get("nodes", "", NODE)
    }

    fn node_ref(&self) -> NodeRef {
        let uid = self.node()["metadata"]["uid"].as_str().expect("a uid").to_owned();
        NodeRef { name: NODE.into(), uid }
    }

    fn set_desired(from: i64, to: i64) -> Action {
        let reason = GrowReason::PendingPods { pods: 1, spare_nodes: 0, loose_nodes: 0 };
        Action::SetDesired { group: group(), from, to, nodes: 1, reason }
    }

    fn cordon(&self) -> Action {
        Action::Cordon { node: self.node_ref(), group: group(), reason: CordonReason::Idle { since: self.now() } }
    }

    fn uncordon(&self) -> Action {
        Action::Uncordon { node: self.node_ref(), reason: UncordonReason::Kept }
    }

    fn terminate(&self, instance: &str) -> Action {
        Action::Terminate {
            node: self.node_ref(),
            group: group(),
            instance: instance.to_owned(),
            cordoned_at: self.cordoned_at(),
            reason: TerminateReason::StillIdle,
        }
    }

    /// Returns the actions that changed something in AWS, or tried to.
    fn aws_changes(&self) -> Vec<String> {
        self.aws.mutations().into_iter().map(|call| call.action).collect()
    }
}

fn group() -> GroupId {
    GroupId { region: REGION.into(), name: GROUP.into() }
}

/// Connects as the product does: kube's own retries would hide what the steps do.
async fn client_of(kubeconfig: &std::path::Path, read_timeout: Option<Duration>) -> kube::Client {
    let kubeconfig = Kubeconfig::read_from(kubeconfig).expect("a kubeconfig");
    let options = KubeConfigOptions::default();
    let mut config = kube::Config::from_custom_kubeconfig(kubeconfig, &options).await.expect("a usable kubeconfig");
    config.default_retry = false;
    config.read_timeout = read_timeout;
    config.reset_reader_on_write = true;
    kube::Client::try_from(config).expect("a client")
}

/// Keeps the SDK's own retries, which the steps have to switch off.
async fn sdk_config(account: &Account) -> aws_config::SdkConfig {
    let own = account.credentials();
    let (key, secret) = (&own.access_key_id, &own.secret_access_key);
    let credentials = Credentials::new(key, secret, Some(own.session_token.clone()), None, "the test's account");
    let loader = aws_config::defaults(BehaviorVersion::latest()).region(REGION).endpoint_url(account.endpoint_url());
    loader.credentials_provider(credentials).load().await
}

/// Returns the Lease's notes by desired capacity.
fn notes(world: &World) -> BTreeMap<i64, Value> {
    let lease = world.kubernetes.get("leases", NAMESPACE, "ec2-autoscale");
    let text = lease["metadata"]["annotations"]["ec2-autoscale/asked"].as_str().unwrap_or("[]");
    let notes: Vec<Value> = serde_json::from_str(text).expect("notes");
    notes.into_iter().map(|note| (note["desired"].as_i64().expect("a capacity"), json!(note))).collect()
}
