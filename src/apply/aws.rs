//! The Auto Scaling calls of the steps: one read, and two changes that are sent once.
//!
//! The SDK repeats a request whose answer was lost, three times; for a change that is one too many. Both changes are sent
//! without its retries, and an answer that leaves open what happened is a case of its own.
//!
//! An instance ends only on a proof, and the request leaves only while that is fresh: the SDK may have to fetch credentials first.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_autoscaling::Client;
use aws_sdk_autoscaling::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_autoscaling::config::retry::RetryConfig;
use aws_sdk_autoscaling::config::{Builder, Config, ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_autoscaling::error::{BoxError, DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_autoscaling::types::{AutoScalingGroup, LifecycleState};

use super::proof::{GroupNow, InstanceNames, InstanceNow, InstanceProof, LastLook, Share};
use super::steady::SteadyClock;
use super::step_context::StepContext;
use super::{ApplyContext, Obstacle, SkipReason};
use crate::gather::aws::groups::{lifecycle, process, weight};
use crate::gather::aws::instances;
use crate::gather::aws::machine_checks::check;
use crate::snapshot::{GroupId, MachineHealth};

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

/// What EC2 calls an instance.
pub(super) async fn names_of(context: &ApplyContext<'_>, region: &str, instance: &str) -> Result<InstanceNames, Obstacle> {
    let known = instances::addresses_of(ec2(context, region)?, region, instance).await;
    let addresses = known.map_err(|error| Obstacle::Failed(format!("looking {instance} up: {error}")))?;
    Ok(InstanceNames { id: instance.to_owned(), addresses })
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

/// What came of the wish to end an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sent {
    /// The request was sent.
    Answered(Answer),
    /// The proof had grown old; nothing was sent.
    TooOld,
}

/// Asks once to end the instance that the proof is of, and to lower the desired capacity with it where its share goes.
pub(super) async fn terminate_instance(
    context: &StepContext<'_>,
    client: &Client,
    proof: InstanceProof,
) -> Result<Sent, Obstacle> {
    context.check_lease()?;
    let gate = StillFresh { look: proof.last_look(), clock: context.lease.steady_clock(), closed: Arc::default() };
    let closed = Arc::clone(&gate.closed);
    let request = client.terminate_instance_in_auto_scaling_group().instance_id(proof.instance());
    let request = request.should_decrement_desired_capacity(proof.share() == Share::Goes);
    let sent = request.customize().config_override(sent_once().interceptor(gate)).send().await;
    if closed.load(Ordering::SeqCst) {
        return Ok(Sent::TooOld);
    }
    Ok(Sent::Answered(answer(sent, "autoscaling:TerminateInstanceInAutoScalingGroup")))
}

/// Lets a request out while its proof is fresh: the last thing that happens before it goes over the wire.
struct StillFresh {
    look: LastLook,
    clock: SteadyClock,
    /// Whether it was held back.
    closed: Arc<AtomicBool>,
}

impl fmt::Debug for StillFresh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StillFresh").field("look", &self.look).finish_non_exhaustive()
    }
}

impl Intercept for StillFresh {
    fn name(&self) -> &'static str {
        "StillFresh"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if self.look.is_fresh((self.clock)()) {
            return Ok(());
        }
        self.closed.store(true, Ordering::SeqCst);
        Err("what was read is too old to act on".into())
    }
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
