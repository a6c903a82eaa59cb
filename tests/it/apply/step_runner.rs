//! A Kubernetes cluster and the steps of a plan, whichever cloud they are about. Only the test
//! moves the clock.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use ec2_autoscale::apply::lease::{HeldLease, LeaseClaim, claim};
use ec2_autoscale::apply::steady::{RunClocks, SteadyTime};
use ec2_autoscale::apply::{ApplyContext, ApplyReport, StepOutcome, StopSignal, WallClock, apply};
use ec2_autoscale::cloud::Cloud;
use ec2_autoscale::duration::Seconds;
use ec2_autoscale::plan::{Action, GrowReason, NodeRef, Plan, SCHEMA, Summary, TerminateReason};
use ec2_autoscale::policy::Policy;
use ec2_autoscale::progress::{Progress, Silent};
use ec2_autoscale::snapshot::{ClusterIdentity, GroupId, LookedAt, ObjectName};
use jiff::Timestamp;
use kube::config::{KubeConfigOptions, Kubeconfig};

use super::NAMESPACE;
use crate::support::kubernetes::KubernetesServer;
use crate::support::kubernetes::objects::{Object as _, node};

/// What carries the steps of a plan out.
pub(crate) struct StepRunner {
    pub(crate) kubernetes: KubernetesServer,
    pub(crate) cloud: Cloud,
    region: String,
    pub(super) seconds: Arc<AtomicI64>,
    pub(super) policy: Policy,
    pub(super) longest_init_time: Seconds,
    pub(super) stop: StopSignal,
    pub(super) wait: bool,
    /// How long the client waits for an answer of the Kubernetes API; without a limit when absent.
    pub(super) read_timeout: Option<Duration>,
}

impl StepRunner {
    /// Makes an empty Kubernetes cluster beside one region of a cloud.
    pub(crate) fn new(cloud: Cloud, region: &str) -> Self {
        let seconds = Arc::new(AtomicI64::new(Timestamp::now().as_second()));
        let (policy, stop) = (Policy::default(), StopSignal::default());
        let longest_init_time = policy.instance_init_time;
        let (kubernetes, region) = (KubernetesServer::start(), region.to_owned());
        Self { kubernetes, cloud, region, seconds, policy, longest_init_time, stop, wait: false, read_timeout: None }
    }

    pub(super) fn now(&self) -> Timestamp {
        Timestamp::from_second(self.seconds.load(Ordering::SeqCst)).expect("a timestamp")
    }

    pub(super) fn pass(&self, seconds: i64) {
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(super) fn clock(&self) -> WallClock {
        let seconds = Arc::clone(&self.seconds);
        Arc::new(move || Timestamp::from_second(seconds.load(Ordering::SeqCst)).expect("a timestamp"))
    }

    /// Both clocks are the test's, and waiting moves them.
    pub(super) fn clocks(&self) -> RunClocks {
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

    pub(super) async fn client(&self) -> kube::Client {
        client_of(&self.kubernetes.kubeconfig(), self.read_timeout).await
    }

    pub(super) async fn claim(&self, identity: &str) -> LeaseClaim {
        self.claim_in(NAMESPACE, identity).await
    }

    pub(super) async fn claim_in(&self, namespace: &str, identity: &str) -> LeaseClaim {
        let claim = claim(self.client().await, namespace, identity.to_owned(), self.clocks()).await;
        claim.expect("an answer about the Lease")
    }

    pub(super) async fn hold(&self) -> HeldLease {
        match self.claim("this-run").await {
            LeaseClaim::Held(lease) => lease,
            LeaseClaim::HeldByOther { holder, .. } => panic!("held by {holder}"),
        }
    }

    /// Carries the actions out under the Lease, and releases the Lease.
    pub(crate) async fn apply(&self, actions: Vec<Action>) -> ApplyReport {
        let lease = self.hold().await;
        let report = self.apply_under(&lease, actions, &Silent).await;
        lease.release().await.expect("the Lease is let go");
        report
    }

    pub(super) async fn apply_under(&self, lease: &HeldLease, actions: Vec<Action>, progress: &dyn Progress) -> ApplyReport {
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
    pub(crate) async fn outcome(&self, action: Action) -> StepOutcome {
        self.apply(vec![action]).await.steps.remove(0).outcome
    }

    pub(super) fn plan(&self, actions: Vec<Action>) -> Plan {
        Plan {
            added: Vec::new(),
            without: Vec::new(),
            buffers: Vec::new(),
            requests: Vec::new(),
            schema: SCHEMA.to_owned(),
            made_at: self.now(),
            cluster: ClusterIdentity::default(),
            regions: vec![self.region.clone()],
            looked_at: LookedAt::default(),
            policy: self.policy.clone(),
            summary: Summary::default(),
            actions,
            gangs: vec![],
            expected: vec![],
            groups: Vec::new(),
            pods: Vec::new(),
            bill: None,
            replay: None,
            nodes: Vec::new(),
            instances: Vec::new(),
            findings: Vec::new(),
        }
    }

    /// Makes the machine with this `providerID` a node that we cordoned a minute ago.
    pub(crate) fn add_cordoned_node(&self, name: &str, provider_id: &str) {
        let mark = self.cordoned_at().to_string();
        self.kubernetes.add(node(name).provider_id(provider_id).cordoned().annotation("ec2-autoscale/cordoned-at", &mark));
    }

    pub(super) fn cordoned_at(&self) -> Timestamp {
        self.now() - jiff::SignedDuration::from_secs(60)
    }

    pub(crate) fn node_ref(&self, name: &str) -> NodeRef {
        let node = self.kubernetes.get("nodes", "", name);
        NodeRef { name: name.to_owned(), uid: node["metadata"]["uid"].as_str().expect("a uid").to_owned() }
    }

    /// Returns the action that ends the machine of a node of a group.
    pub(crate) fn terminate_node(&self, name: &str, group: GroupId, instance: &str) -> Action {
        Action::Terminate {
            node: self.node_ref(name),
            group,
            instance: instance.to_owned(),
            cordoned_at: self.cordoned_at(),
            reason: TerminateReason::StillIdle,
        }
    }
}

/// Returns the action that raises the desired capacity of a group.
pub(crate) fn set_desired(group: GroupId, from: i64, to: i64) -> Action {
    let reason = GrowReason::PendingPods { pods: 1, spare_nodes: 0, loose_nodes: 0, absent_pods: 0, minimum_nodes: 0 };
    Action::SetDesired { group, from, to, nodes: 1, reason }
}

/// Connects as the product does: kube's own retries would hide what the steps do.
pub(super) async fn client_of(kubeconfig: &Path, read_timeout: Option<Duration>) -> kube::Client {
    let kubeconfig = Kubeconfig::read_from(kubeconfig).expect("a kubeconfig");
    let options = KubeConfigOptions::default();
    let mut config = kube::Config::from_custom_kubeconfig(kubeconfig, &options).await.expect("a usable kubeconfig");
    config.default_retry = false;
    config.read_timeout = read_timeout;
    config.reset_reader_on_write = true;
    kube::Client::try_from(config).expect("a client")
}
