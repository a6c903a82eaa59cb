//! What the answer to a launch in a named place states: the machines, and what kept others away.

use aws_sdk_autoscaling::operation::launch_instances::LaunchInstancesOutput;
use aws_sdk_autoscaling::types::{InstanceCollection, LaunchInstancesError};

use super::answer::is_denial;
use super::launch_permissions::denial;
use crate::cloud::aws::failures::launch_message::{failure_code, type_at_fault};
use crate::cloud::error_words::one_line;
use crate::cloud::launch::{LaunchAnswer, LaunchFailure, LaunchFailureCode, LaunchRequest, LaunchedInstance};

/// Returns what an answer with HTTP status 200 means. That nothing was launched for want of a
/// permission may stand among its errors.
pub(super) fn outcome(output: &LaunchInstancesOutput, request: &LaunchRequest) -> LaunchAnswer {
    let instances: Vec<_> = output.instances().iter().flat_map(|pool| instances_of(pool, request)).collect();
    let failures: Vec<_> = output.errors().iter().map(|error| failure(error, request)).collect();
    let denied = failures.iter().find(|failure| failure.code == LaunchFailureCode::Denied);
    match denied {
        Some(denied) if instances.is_empty() => LaunchAnswer::Denied(denied.words.clone()),
        _ => LaunchAnswer::Launched { instances, failures },
    }
}

/// Returns the instances of one type in one subnet.
fn instances_of(pool: &InstanceCollection, request: &LaunchRequest) -> Vec<LaunchedInstance> {
    let zone = pool.availability_zone().or(request.zone.as_deref()).unwrap_or_default();
    let launched = pool.instance_ids().iter().map(|id| LaunchedInstance {
        id: id.clone(),
        machine_type: pool.instance_type().unwrap_or_default().to_owned(),
        zone: zone.to_owned(),
        spot: pool.market_type().is_some_and(|market| market.eq_ignore_ascii_case("spot")),
    });
    launched.collect()
}

fn failure(error: &LaunchInstancesError, request: &LaunchRequest) -> LaunchFailure {
    let code = error.error_code().unwrap_or_default();
    let message = one_line(error.error_message().unwrap_or_default());
    let words = format!("{code}: {message}");
    let (code, words) = match is_denial(code) {
        true => (LaunchFailureCode::Denied, denial(code, &message)),
        false => (failure_code(&words), words),
    };
    LaunchFailure {
        code,
        zone: error.availability_zone().or(request.zone.as_deref()).map(str::to_owned),
        machine_type: error.instance_type().map(str::to_owned).or_else(|| type_at_fault(&message)),
        words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> LaunchRequest {
        LaunchRequest { token: "t".into(), units: 3, zone: Some("us-west-2a".into()), subnet: None }
    }

    fn error(code: &str, message: &str) -> LaunchInstancesError {
        LaunchInstancesError::builder().error_code(code).error_message(message).build()
    }

    fn pool(market: &str) -> InstanceCollection {
        InstanceCollection::builder()
            .instance_type("m5.large")
            .market_type(market)
            .instance_ids("i-1")
            .instance_ids("i-2")
            .build()
    }

    #[test]
    fn machines_are_told_with_their_place_and_market() {
        for (market, spot) in [("OnDemand", false), ("on-demand", false), ("Spot", true), ("spot", true)] {
            let output = LaunchInstancesOutput::builder().instances(pool(market)).build();
            let instance =
                |id: &str| LaunchedInstance { id: id.into(), machine_type: "m5.large".into(), zone: "us-west-2a".into(), spot };
            let expected = LaunchAnswer::Launched { instances: vec![instance("i-1"), instance("i-2")], failures: vec![] };
            assert_eq!(outcome(&output, &request()), expected, "{market}");
        }
    }

    #[test]
    fn an_error_without_a_place_is_of_the_zone_of_the_request() {
        let message = "We currently do not have sufficient m5.large capacity in the Availability Zone you requested.";
        let output = LaunchInstancesOutput::builder().errors(error("InsufficientInstanceCapacity", message)).build();
        let LaunchAnswer::Launched { failures, .. } = outcome(&output, &request()) else { panic!("an outcome") };
        let expected = LaunchFailure {
            code: LaunchFailureCode::NoCapacity,
            zone: Some("us-west-2a".into()),
            machine_type: Some("m5.large".into()),
            words: format!("InsufficientInstanceCapacity: {message}"),
        };
        assert_eq!(failures, [expected]);
    }

    #[test]
    fn a_denial_is_the_outcome_only_when_nothing_came() {
        let denied = || error("UnauthorizedOperation", "You are not authorized to perform: ec2:CreateFleet");
        let nothing = LaunchInstancesOutput::builder().errors(denied()).build();
        let words = "UnauthorizedOperation: You are not authorized to perform: ec2:CreateFleet (needs ec2:CreateFleet)";
        assert_eq!(outcome(&nothing, &request()), LaunchAnswer::Denied(words.into()));
        let something = LaunchInstancesOutput::builder().instances(pool("OnDemand")).errors(denied()).build();
        assert!(matches!(outcome(&something, &request()), LaunchAnswer::Launched { .. }));
    }
}
