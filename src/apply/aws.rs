//! The Auto Scaling calls of the steps: one read, and two changes that are sent once.
//!
//! The SDK repeats a request whose answer was lost, three times; for a change that is one too many. Both changes are sent
//! without its retries, and an answer that leaves open what happened is a case of its own.

use std::collections::BTreeSet;

use aws_sdk_autoscaling::Client;
use aws_sdk_autoscaling::config::retry::RetryConfig;
use aws_sdk_autoscaling::config::{Builder, Config};
use aws_sdk_autoscaling::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_autoscaling::types::{AutoScalingGroup, LifecycleState};

use super::{ApplyContext, Obstacle, SkipReason};
use crate::gather::aws::groups::{lifecycle, process, weight};
use crate::gather::aws::machine_checks::check;
use crate::snapshot::{GroupId, Lifecycle, MachineHealth, Process};

/// What a step needs to know of a group, as it is now. Numbers are in the group's own unit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct GroupNow {
    pub(super) min: i64,
    pub(super) max: i64,
    pub(super) desired: i64,
    pub(super) being_deleted: bool,
    /// Whether new instances are protected from scale-in.
    pub(super) protects_new_instances: bool,
    pub(super) suspended: BTreeSet<Process>,
    pub(super) instances: Vec<InstanceNow>,
}

/// One instance of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct InstanceNow {
    pub(super) id: String,
    pub(super) lifecycle: Lifecycle,
    pub(super) weight: i64,
    /// Whether it is protected from scale-in.
    pub(super) protected: bool,
}

impl GroupNow {
    /// Live capacity.
    pub(super) fn live(&self) -> i64 {
        self.instances.iter().filter(|instance| instance.lifecycle.is_live()).map(|instance| instance.weight).sum()
    }

    pub(super) fn instance(&self, id: &str) -> Option<&InstanceNow> {
        self.instances.iter().find(|instance| instance.id == id)
    }
}

/// What came of a request to change something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// AWS does it.
    Accepted,
    /// AWS does not, in its own words.
    Refused(String),
    /// AWS was asked too often and did not look at it.
    Throttled(String),
    /// The answer was lost or says nothing: it may have happened.
    Unclear(String),
}

/// Codes with which AWS turns a request away before looking at it.
const THROTTLING: [&str; 4] = ["Throttling", "ThrottlingException", "RequestLimitExceeded", "RequestThrottled"];

/// The Auto Scaling client of the group's region.
pub(super) fn client<'a>(context: &ApplyContext<'a>, group: &GroupId) -> Result<&'a Client, Obstacle> {
    context.aws.autoscaling(&group.region).ok_or_else(|| not_asked_for(&group.region))
}

/// The EC2 client of a region.
pub(super) fn ec2<'a>(context: &ApplyContext<'a>, region: &str) -> Result<&'a aws_sdk_ec2::Client, Obstacle> {
    context.aws.ec2(region).ok_or_else(|| not_asked_for(region))
}

fn not_asked_for(region: &str) -> Obstacle {
    Obstacle::Failed(format!("{region} is not among the regions of this run (--regions)"))
}

/// What EC2 says of an instance at this moment.
pub(super) async fn health_of(context: &ApplyContext<'_>, region: &str, instance: &str) -> Result<MachineHealth, Obstacle> {
    let failed = |words: &str| Obstacle::Failed(format!("asking EC2 about {instance}: {words}"));
    match check(ec2(context, region)?, region, &[instance.to_owned()]).await {
        (_, Some(error)) => Err(failed(&error.to_string())),
        (checks, None) => checks.first().map(|check| check.health).ok_or_else(|| failed("no answer")),
    }
}

/// The group as it is now.
pub(super) async fn read_group(client: &Client, group: &GroupId) -> Result<GroupNow, Obstacle> {
    let answer = client.describe_auto_scaling_groups().auto_scaling_group_names(&group.name).send().await;
    let answer = answer.map_err(|error| {
        let words = error_words(&error, "autoscaling:DescribeAutoScalingGroups");
        Obstacle::Failed(format!("describing {group}: {words}"))
    })?;
    let found = answer.auto_scaling_groups().iter().find(|found| found.auto_scaling_group_name() == Some(&group.name));
    found.map(group_now).ok_or(SkipReason::GroupGone.into())
}

/// Asks for a desired capacity, once.
pub(super) async fn set_desired_capacity(client: &Client, group: &str, desired: i64) -> Answer {
    let Ok(desired) = i32::try_from(desired) else { return Answer::Refused(format!("{desired} is beyond what AWS counts")) };
    let request = client.set_desired_capacity().auto_scaling_group_name(group).desired_capacity(desired).honor_cooldown(false);
    answer(request.customize().config_override(sent_once()).send().await, "autoscaling:SetDesiredCapacity")
}

/// Asks to terminate an instance, and with `decrement` to lower the desired capacity with it, once.
pub(super) async fn terminate_instance(client: &Client, instance: &str, decrement: bool) -> Answer {
    let request = client.terminate_instance_in_auto_scaling_group().instance_id(instance);
    let request = request.should_decrement_desired_capacity(decrement);
    let sent = request.customize().config_override(sent_once()).send().await;
    answer(sent, "autoscaling:TerminateInstanceInAutoScalingGroup")
}

fn sent_once() -> Builder {
    Config::builder().retry_config(RetryConfig::disabled())
}

fn answer<T, E>(sent: Result<T, SdkError<E>>, permission: &str) -> Answer
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let Err(error) = sent else { return Answer::Accepted };
    let words = error_words(&error, permission);
    let status = error.raw_response().map_or(0, |response| response.status().as_u16());
    let code = error.code().unwrap_or_default();
    match &error {
        _ if THROTTLING.contains(&code) || status == 429 => Answer::Throttled(words),
        SdkError::ConstructionFailure(_) => Answer::Refused(words),
        SdkError::ServiceError(_) if status < 500 => Answer::Refused(words),
        _ => Answer::Unclear(words),
    }
}

/// AWS's own words, with the permission that was missing; or what happened to the connection.
fn error_words<E>(error: &SdkError<E>, permission: &str) -> String
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let Some(code) = error.code() else { return DisplayErrorContext(error).to_string() };
    let message = error.message().unwrap_or_default();
    match code.starts_with("AccessDenied") || code == "UnauthorizedOperation" {
        true => format!("{code}: {message} (needs {permission})"),
        false => format!("{code}: {message}"),
    }
}

fn group_now(group: &AutoScalingGroup) -> GroupNow {
    let size = |size: Option<i32>| i64::from(size.unwrap_or(0));
    let instances = group.instances().iter().map(|instance| InstanceNow {
        id: instance.instance_id().unwrap_or_default().to_owned(),
        lifecycle: lifecycle(instance.lifecycle_state().map_or("", LifecycleState::as_str)),
        weight: weight(instance.weighted_capacity()),
        protected: instance.protected_from_scale_in().unwrap_or(false),
    });
    GroupNow {
        min: size(group.min_size()),
        max: size(group.max_size()),
        desired: size(group.desired_capacity()),
        // The field is there only while it is being deleted ("Delete in progress").
        being_deleted: group.status().is_some(),
        protects_new_instances: group.new_instances_protected_from_scale_in().unwrap_or(false),
        suspended: group.suspended_processes().iter().filter_map(|suspended| process(suspended.process_name()?)).collect(),
        instances: instances.collect(),
    }
}
