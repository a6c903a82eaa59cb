//! The end of an instance, by its id.
//!
//! The request leaves only while its proof is fresh: the SDK may have to fetch credentials first.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_autoscaling::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_autoscaling::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_autoscaling::error::BoxError;

use super::answer::{answer, sent_once};
use crate::cloud::aws::sign_in::clients::AwsClients;
use crate::cloud::change::{ChangeAnswer, Removal, RemovalAnswer};
use crate::cloud::group_now::Share;

/// AWS's message when the group is at its minimum: "Currently, desiredSize equals minSize (N). …".
const AT_MIN: &str = "desiredSize equals minSize";

/// Sends one request to end an instance, and to lower the desired capacity with it where its share
/// goes.
pub(crate) async fn remove(clients: &AwsClients, region: &str, removal: impl Removal) -> RemovalAnswer {
    let clients = match clients.of(region) {
        Ok(clients) => clients,
        Err(error) => return RemovalAnswer::Answered(ChangeAnswer::Refused(error.to_string())),
    };
    let request = clients.autoscaling.terminate_instance_in_auto_scaling_group().instance_id(removal.instance());
    let request = request.should_decrement_desired_capacity(removal.share() == Share::Goes);
    let gate = StillFresh { removal, closed: Arc::default() };
    let closed = Arc::clone(&gate.closed);
    let sent = request.customize().config_override(sent_once().interceptor(gate)).send().await;
    if closed.load(Ordering::SeqCst) {
        return RemovalAnswer::TooOld;
    }
    match answer(sent, "autoscaling:TerminateInstanceInAutoScalingGroup") {
        ChangeAnswer::Refused(words) if words.contains(AT_MIN) => RemovalAnswer::AtMin(words),
        answer => RemovalAnswer::Answered(answer),
    }
}

/// Holds back a request whose proof has grown old: it runs last, right before the request leaves.
struct StillFresh<R> {
    removal: R,
    /// Whether the request was held back.
    closed: Arc<AtomicBool>,
}

impl<R> fmt::Debug for StillFresh<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StillFresh").field("closed", &self.closed).finish_non_exhaustive()
    }
}

impl<R: Removal> Intercept for StillFresh<R> {
    fn name(&self) -> &'static str {
        "StillFresh"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if self.removal.is_fresh() {
            return Ok(());
        }
        self.closed.store(true, Ordering::SeqCst);
        Err("what was read is too old to act on".into())
    }
}
