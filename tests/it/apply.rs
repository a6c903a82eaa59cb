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
pub(crate) mod step_runner;
mod timeouts;
mod unhealthy;

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};

use aws_config::BehaviorVersion;
use aws_sdk_autoscaling::config::Credentials;
use ec2_autoscale::cloud::Cloud;
use ec2_autoscale::cloud::aws::AwsClients;
use ec2_autoscale::plan::{Action, CordonReason, NodeRef, UncordonReason};
use ec2_autoscale::snapshot::GroupId;
use serde_json::{Value, json};

use self::step_runner::StepRunner;
use crate::support::aws::{Account, AwsServer};

const REGION: &str = "us-west-2";
const GROUP: &str = "workers";
const NODE: &str = "node-a";
const NAMESPACE: &str = "kube-system";

/// A cluster, an account, and a clock that only the test moves.
struct World {
    aws: Account,
    runner: StepRunner,
}

impl Deref for World {
    type Target = StepRunner;

    fn deref(&self) -> &StepRunner {
        &self.runner
    }
}

impl DerefMut for World {
    fn deref_mut(&mut self) -> &mut StepRunner {
        &mut self.runner
    }
}

impl World {
    async fn new() -> Self {
        let aws = AwsServer::account();
        let cloud = Cloud::Aws(AwsClients::new(vec![REGION.to_owned()], &sdk_config(&aws).await));
        Self { aws, runner: StepRunner::new(cloud, REGION) }
    }

    /// Makes a group of two instances and, for the first of them, a node that we cordoned a minute
    /// ago. Returns the instance.
    fn cordoned_node(&self) -> String {
        self.aws.group(GROUP).min(1).max(5).desired(2).create();
        let instance = &self.aws.group_state(REGION, GROUP).instances[0];
        self.add_cordoned_node(NODE, &instance.provider_id());
        instance.id.clone()
    }

    fn node(&self) -> Value {
        self.kubernetes.get("nodes", "", NODE)
    }

    fn node_ref(&self) -> NodeRef {
        self.runner.node_ref(NODE)
    }

    fn set_desired(from: i64, to: i64) -> Action {
        step_runner::set_desired(group(), from, to)
    }

    fn cordon(&self) -> Action {
        Action::Cordon { node: self.node_ref(), group: group(), reason: CordonReason::Idle { since: self.now() } }
    }

    fn uncordon(&self) -> Action {
        Action::Uncordon { node: self.node_ref(), reason: UncordonReason::Kept }
    }

    fn terminate(&self, instance: &str) -> Action {
        self.terminate_node(NODE, group(), instance)
    }

    /// Returns the actions that changed something in AWS, or tried to.
    fn aws_changes(&self) -> Vec<String> {
        self.aws.mutations().into_iter().map(|call| call.action).collect()
    }
}

fn group() -> GroupId {
    GroupId { region: REGION.into(), name: GROUP.into() }
}

/// Keeps the SDK's own retries, which the steps have to switch off.
pub(crate) async fn sdk_config(account: &Account) -> aws_config::SdkConfig {
    let own = account.credentials();
    let (key, secret) = (&own.access_key_id, &own.secret_access_key);
    let credentials = Credentials::new(key, secret, Some(own.session_token.clone()), None, "the test's account");
    let loader = aws_config::defaults(BehaviorVersion::latest()).region(REGION).endpoint_url(account.endpoint_url());
    loader.credentials_provider(credentials).load().await
}

/// Returns the Lease's notes by desired capacity.
pub(crate) fn notes(world: &StepRunner) -> BTreeMap<i64, Value> {
    let lease = world.kubernetes.get("leases", NAMESPACE, "ec2-autoscale");
    let text = lease["metadata"]["annotations"]["ec2-autoscale/asked"].as_str().unwrap_or("[]");
    let notes: Vec<Value> = serde_json::from_str(text).expect("notes");
    notes.into_iter().map(|note| (note["desired"].as_i64().expect("a capacity"), json!(note))).collect()
}
