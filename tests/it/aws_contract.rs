//! The answers of AWS, stated once: the dozen actions the product uses, through the real SDKs, with
//! the texts that AWS documents or that people posted.
//!
//! The emulator passes these tests, and the stand-in passes those of `on_each`. Nothing here was
//! compared with an AWS account.

mod activities;
mod bounds;
mod faults;
mod groups;
mod instance_refresh;
mod instance_status;
mod instance_types;
mod instances;
mod launch_instances;
mod launch_sources;
mod launches;
mod lifecycle;
mod moments;
mod pages;
mod placement;
mod policies;
mod reservations;
mod sandbox;
mod scheduled_actions;
mod set_up_changes;
mod spot;
mod terminations;
mod warm_pool;

use std::io::Write as _;

use aws_config::BehaviorVersion;
use aws_config::retry::RetryConfig;
use aws_sdk_autoscaling::config::Credentials;
use aws_sdk_autoscaling::error::ProvideErrorMetadata;
use aws_sdk_autoscaling::types::{Activity, AutoScalingGroup};

use crate::support::aws::{Account, AwsServer};
use crate::support::aws_stand_in::AwsStandIn;

const REGION: &str = "us-west-2";
const GROUP: &str = "web-a";

/// Checks a fact with the emulator and with the stand-in.
async fn on_each(fact: impl AsyncFn(&Account)) {
    for (name, account) in [("emulator", AwsServer::account()), ("stand-in", AwsStandIn::account())] {
        let _asked = Asked(name);
        fact(&account).await;
    }
}

/// Prints which of the two was called when a fact does not hold.
struct Asked(&'static str);

impl Drop for Asked {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = writeln!(std::io::stderr(), "this was the {}", self.0);
        }
    }
}

async fn sdk_config(account: &Account, region: &'static str) -> aws_config::SdkConfig {
    let own = account.credentials();
    aws_config::defaults(BehaviorVersion::latest())
        .region(region)
        .endpoint_url(account.endpoint_url())
        .credentials_provider(Credentials::new(
            &own.access_key_id,
            &own.secret_access_key,
            Some(own.session_token.clone()),
            None,
            "the test's account",
        ))
        // An answer is checked as it came; only the test of lost answers sends again.
        .retry_config(RetryConfig::disabled())
        .load()
        .await
}

async fn autoscaling(account: &Account) -> aws_sdk_autoscaling::Client {
    aws_sdk_autoscaling::Client::new(&sdk_config(account, REGION).await)
}

async fn ec2(account: &Account) -> aws_sdk_ec2::Client {
    aws_sdk_ec2::Client::new(&sdk_config(account, REGION).await)
}

/// Returns code and message of an error answer.
fn code_and_message(error: &impl ProvideErrorMetadata) -> (&str, &str) {
    (error.code().unwrap_or_default(), error.message().unwrap_or_default())
}

async fn described(client: &aws_sdk_autoscaling::Client, name: &str) -> AutoScalingGroup {
    let answer =
        client.describe_auto_scaling_groups().auto_scaling_group_names(name).send().await.expect("description of the group");
    let mut groups = answer.auto_scaling_groups.expect("list of groups");
    assert_eq!(groups.len(), 1, "{name}");
    groups.remove(0)
}

async fn activities(client: &aws_sdk_autoscaling::Client, name: &str) -> Vec<Activity> {
    let answer =
        client.describe_scaling_activities().auto_scaling_group_name(name).send().await.expect("activities of the group");
    answer.activities.expect("list of activities")
}

async fn set_desired(client: &aws_sdk_autoscaling::Client, name: &str, desired: i32) {
    client
        .set_desired_capacity()
        .auto_scaling_group_name(name)
        .desired_capacity(desired)
        .send()
        .await
        .expect("desired capacity within bounds");
}

/// Returns the lifecycle states of the group's instances as DescribeAutoScalingGroups shows them.
async fn lifecycle_states(client: &aws_sdk_autoscaling::Client, name: &str) -> Vec<String> {
    let group = described(client, name).await;
    group.instances().iter().filter_map(|instance| instance.lifecycle_state()).map(|state| state.as_str().to_owned()).collect()
}
