//! A launch in a named place (`autoscaling:LaunchInstances`), answered with ids and errors.
//!
//! It adds to the desired capacity. What makes a second sending harmless is its token: see
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/launch-instances-synchronously>.

use std::time::Duration;

use aws_sdk_autoscaling::config::Builder;
use aws_sdk_autoscaling::config::timeout::TimeoutConfig;
use aws_sdk_autoscaling::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_autoscaling::operation::launch_instances::{LaunchInstancesError, LaunchInstancesOutput};
use aws_sdk_autoscaling::types::RetryStrategy;

use super::answer::{CallTrouble, error_words, is_denial, sent_once, trouble};
use super::launch_outcome::outcome;
use super::launch_permissions::{PERMISSIONS, denial};
use crate::cloud::aws::machines::launched;
use crate::cloud::aws::sign_in::clients::{AwsClients, RegionClients};
use crate::cloud::launch::{LaunchAnswer, LaunchRequest};
use crate::snapshot::GroupId;

/// The most letters of a token.
const LONGEST_TOKEN: usize = 64;
/// AWS answers when its machines are launched, which for a hundred of them takes longer than the 20
/// seconds of other calls.
const LONGEST_ATTEMPT: Duration = Duration::from_secs(45);
/// A region that does not accept a connection within this time counts as unreachable.
const LONGEST_CONNECT: Duration = Duration::from_secs(5);

/// Launches machines. A request whose answer leaves its outcome open is sent once more with the
/// same token, which launches nothing again.
pub(crate) async fn launch(clients: &AwsClients, group: &GroupId, request: &LaunchRequest) -> LaunchAnswer {
    let clients = match clients.of(&group.region) {
        Ok(clients) => clients,
        Err(error) => return LaunchAnswer::NotPossible(error.to_string()),
    };
    if let Some(words) = misshapen(request) {
        return LaunchAnswer::NotPossible(words);
    }
    match answer(clients, group, request).await {
        LaunchAnswer::Unclear(words) => after_lost_answer(words, answer(clients, group, request).await),
        answer => answer,
    }
}

/// Returns what two sendings came to of which the first may have launched machines. A refusal of
/// the second does not undo that.
fn after_lost_answer(first: String, second: LaunchAnswer) -> LaunchAnswer {
    match second {
        LaunchAnswer::Launched { .. } | LaunchAnswer::InProgress => second,
        LaunchAnswer::NotPossible(words)
        | LaunchAnswer::Denied(words)
        | LaunchAnswer::Throttled(words)
        | LaunchAnswer::Unclear(words) => {
            let words = if words == first { first } else { format!("{first}; then: {words}") };
            LaunchAnswer::Unclear(words)
        }
    }
}

/// Returns why AWS would not accept a request, or would invent something in it. The SDK makes up a
/// token of its own for a request without one.
fn misshapen(request: &LaunchRequest) -> Option<String> {
    let LaunchRequest { token, units, zone: _, subnet: _ } = request;
    let is_of_tokens = |byte: u8| byte.is_ascii_alphanumeric() || b"-_/".contains(&byte);
    if !(1..=LONGEST_TOKEN).contains(&token.len()) || !token.bytes().all(is_of_tokens) {
        return Some(format!("{token:?} is no token: it takes 1 to {LONGEST_TOKEN} letters of A-Z, a-z, 0-9, -, _ and /"));
    }
    let is_count = i32::try_from(*units).is_ok_and(|units| units > 0);
    (!is_count).then(|| format!("a launch of {units} is not possible: AWS launches 1 or more"))
}

/// Sends a request and returns what its answer means.
async fn answer(clients: &RegionClients, group: &GroupId, request: &LaunchRequest) -> LaunchAnswer {
    let error = match send(clients, group, request).await {
        Ok(output) => return outcome(&output, request),
        Err(error) => error,
    };
    let words = error_words(&error, PERMISSIONS);
    match error.code().unwrap_or_default() {
        "IdempotentCallInProgress" => LaunchAnswer::InProgress,
        // A fault of ours. The request that had this token first may have launched machines.
        "IdempotentParameterMismatch" => LaunchAnswer::Unclear(words),
        "UnsupportedOperation" => beside_warm_pool(clients, request, words).await,
        code if is_denial(code) => LaunchAnswer::Denied(denial(code, error.message().unwrap_or_default())),
        _ => match trouble(&error) {
            CallTrouble::Throttled => LaunchAnswer::Throttled(words),
            CallTrouble::Refused => LaunchAnswer::NotPossible(words),
            CallTrouble::Unclear => LaunchAnswer::Unclear(words),
        },
    }
}

async fn send(
    clients: &RegionClients,
    group: &GroupId,
    request: &LaunchRequest,
) -> Result<LaunchInstancesOutput, SdkError<LaunchInstancesError>> {
    let units = i32::try_from(request.units).unwrap_or(i32::MAX);
    let call = clients.autoscaling.launch_instances().auto_scaling_group_name(&group.name).requested_capacity(units);
    // With the other strategy the group goes on by itself, in any zone, and desired moves later.
    let call = call.client_token(&request.token).retry_strategy(RetryStrategy::None);
    let call = call.set_availability_zones(request.zone.clone().map(|zone| vec![zone]));
    let call = call.set_subnet_ids(request.subnet.clone().map(|subnet| vec![subnet]));
    call.customize().config_override(slow_and_sent_once()).send().await
}

fn slow_and_sent_once() -> Builder {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(LONGEST_CONNECT)
        .read_timeout(LONGEST_ATTEMPT)
        .operation_attempt_timeout(LONGEST_ATTEMPT)
        .operation_timeout(LONGEST_ATTEMPT);
    sent_once().timeout_config(timeouts.build())
}

/// Returns what a refusal means that AWS has for groups with a warm pool, and beside which its user
/// guide has a launch of new machines.
async fn beside_warm_pool(clients: &RegionClients, request: &LaunchRequest, words: String) -> LaunchAnswer {
    match launched::by_token(clients, &request.token).await {
        Ok(instances) if instances.is_empty() => LaunchAnswer::NotPossible(words),
        Ok(instances) => LaunchAnswer::Launched { instances, failures: Vec::new() },
        Err(error) => LaunchAnswer::Unclear(format!("{words}; then: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(token: &str, units: i64) -> LaunchRequest {
        LaunchRequest { token: token.to_owned(), units, zone: None, subnet: None }
    }

    #[test]
    fn a_request_that_aws_would_not_accept_is_not_sent() {
        let longest = "t".repeat(LONGEST_TOKEN);
        for (token, units) in [("t", 1), ("Az09-_/", i64::from(i32::MAX)), (longest.as_str(), 1)] {
            assert_eq!(misshapen(&request(token, units)), None, "{token} {units}");
        }
        let longer = format!("{longest}t");
        for (token, units) in [("", 1), ("a b", 1), ("ä", 1), (longer.as_str(), 1), ("t", 0), ("t", -1), ("t", 1 << 31)] {
            assert!(misshapen(&request(token, units)).is_some(), "{token} {units}");
        }
    }

    /// Desired may be at its maximum by now because of the first.
    #[test]
    fn a_refusal_after_a_lost_answer_does_not_mean_that_nothing_was_launched() {
        let unclear = |words: &str| LaunchAnswer::Unclear(words.to_owned());
        let second = LaunchAnswer::NotPossible("ValidationError: above max".into());
        assert_eq!(after_lost_answer("cut".into(), second), unclear("cut; then: ValidationError: above max"));
        assert_eq!(after_lost_answer("cut".into(), unclear("cut")), unclear("cut"));
        assert_eq!(after_lost_answer("cut".into(), LaunchAnswer::InProgress), LaunchAnswer::InProgress);
    }
}
