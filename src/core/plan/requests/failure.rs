//! Why a request can never be served.

use jiff::Timestamp;

use crate::duration::Seconds;
use crate::plan::amounts::MOST_ABSENT_PODS;
use crate::plan::report::RequestFailure;
use crate::snapshot::{ProvisioningRequest, RequestClass, RequestConditionKind, RequestedShape};
use crate::well_known::requests::{NO_RETRY, VALID_UNTIL_SECONDS};

/// A request that has not been served for this long fails (`defaultExpirationTime` of Cluster
/// Autoscaler).
const LONGEST_ATTEMPT: Seconds = Seconds(7 * 86_400);

/// A PodTemplate may come this long after the request that names it: files are applied one object
/// after the other.
pub(super) const TEMPLATE_MAY_COME: Seconds = Seconds::minutes(1);

/// Returns why a request can never be served, if that is so.
pub(super) fn failure(request: &ProvisioningRequest, class: RequestClass, now: Timestamp) -> Option<RequestFailure> {
    wrong_value(request, class)
        .or_else(|| too_many(request))
        .or_else(|| template(request, now))
        .or_else(|| too_late(request, class, now))
}

/// Returns the value of a parameter that means nothing.
fn wrong_value(request: &ProvisioningRequest, class: RequestClass) -> Option<RequestFailure> {
    let wrong = |parameter: &'static str, is_right: fn(&str) -> bool| {
        let value = request.parameters.get(parameter).filter(|value| !is_right(value))?;
        Some(RequestFailure::UnknownValue { parameter: parameter.to_owned(), value: value.clone() })
    };
    match class {
        RequestClass::CheckCapacity => wrong(NO_RETRY, |value| matches!(value, "true" | "false")),
        RequestClass::BestEffortAtomicScaleUp => wrong(VALID_UNTIL_SECONDS, |value| value.parse::<u64>().is_ok()),
    }
}

fn too_many(request: &ProvisioningRequest) -> Option<RequestFailure> {
    let pods = request.pods();
    (pods > MOST_ABSENT_PODS).then_some(RequestFailure::TooManyPods { pods, most: MOST_ABSENT_PODS })
}

fn template(request: &ProvisioningRequest, now: Timestamp) -> Option<RequestFailure> {
    request.pod_sets.iter().find_map(|set| match &set.shape {
        RequestedShape::TemplateMissing => (TEMPLATE_MAY_COME.after(request.created_at) <= now)
            .then(|| RequestFailure::TemplateMissing { template: set.template.to_string() }),
        RequestedShape::NotUnderstood { problem } => {
            Some(RequestFailure::TemplateNotUnderstood { template: set.template.to_string(), problem: problem.clone() })
        }
        RequestedShape::Known { .. } | RequestedShape::NotRead => None,
    })
}

/// Returns whether there was no room in time. The attempt begins when it is accepted; the seconds
/// of `ValidUntilSeconds` are counted from the creation of the request.
fn too_late(request: &ProvisioningRequest, class: RequestClass, now: Timestamp) -> Option<RequestFailure> {
    let begun = request.holds(RequestConditionKind::Accepted).map_or(request.created_at, |accepted| accepted.since);
    if LONGEST_ATTEMPT.after(begun) <= now {
        return Some(RequestFailure::NotInTime { limit: LONGEST_ATTEMPT });
    }
    let limit = match class {
        RequestClass::CheckCapacity => return None,
        RequestClass::BestEffortAtomicScaleUp => Seconds(request.parameters.get(VALID_UNTIL_SECONDS)?.parse().ok()?),
    };
    (limit.after(request.created_at) <= now).then_some(RequestFailure::NotInTime { limit })
}

#[cfg(test)]
mod tests {
    use super::super::test_request::{minutes_ago, now, request};
    use super::*;
    use crate::snapshot::RequestConditionKind::Accepted;
    use crate::well_known::requests::CHECK_CAPACITY;

    fn found(request: &ProvisioningRequest) -> Option<RequestFailure> {
        failure(request, request.served_class().expect("a class"), now())
    }

    #[test]
    fn a_value_that_means_nothing_fails_where_the_class_reads_it() {
        let unknown = |parameter: &str, value: &str| {
            Some(RequestFailure::UnknownValue { parameter: parameter.into(), value: value.into() })
        };
        let check = || request(&[(100, 1)]).of_class(CHECK_CAPACITY);
        assert_eq!(found(&check().parameter(NO_RETRY, "yes")), unknown(NO_RETRY, "yes"));
        assert_eq!(found(&check().parameter(NO_RETRY, "false")), None);
        assert_eq!(found(&request(&[(100, 1)]).parameter(NO_RETRY, "yes")), None);
        assert_eq!(found(&request(&[(100, 1)]).parameter(VALID_UNTIL_SECONDS, "1h")), unknown(VALID_UNTIL_SECONDS, "1h"));
        assert_eq!(found(&check().parameter(VALID_UNTIL_SECONDS, "1h")), None);
    }

    #[test]
    fn a_template_may_come_a_minute_late() {
        let mut without = request(&[(100, 1)]);
        without.pod_sets[0].shape = RequestedShape::TemplateMissing;
        assert_eq!(found(&without), Some(RequestFailure::TemplateMissing { template: "template-100".into() }));
        without.created_at = minutes_ago(0);
        assert_eq!(found(&without), None);
    }

    #[test]
    fn an_attempt_lasts_for_a_week_from_its_acceptance() {
        let week = Some(RequestFailure::NotInTime { limit: Seconds(7 * 86_400) });
        let begun = |minutes| request(&[(100, 1)]).with(Accepted, true, minutes);
        assert_eq!(found(&begun(7 * 24 * 60)), week);
        assert_eq!(found(&begun(7 * 24 * 60 - 1)), None);
        let created = ProvisioningRequest { created_at: minutes_ago(8 * 24 * 60), ..request(&[(100, 1)]) };
        assert_eq!(found(&created), week);
        assert_eq!(found(&created.with(Accepted, true, 5)), None);
    }

    #[test]
    fn a_request_may_be_of_use_for_less_than_that() {
        let within = |seconds: &str| found(&request(&[(100, 1)]).parameter(VALID_UNTIL_SECONDS, seconds));
        assert_eq!(within("300"), Some(RequestFailure::NotInTime { limit: Seconds(300) }));
        assert_eq!(within("301"), None);
    }
}
