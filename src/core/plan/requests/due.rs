//! The conditions that a request gets.

use super::{RequestStage, ServedRequest};
use crate::plain_text::for_status;
use crate::plan::report::{BookingEnd, DueCondition, RequestFailure};
use crate::snapshot::{RequestClass, RequestConditionKind};
use crate::well_known::requests::NO_RETRY;

/// Where the pods of a request go by the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FoundRoom {
    /// All on nodes that are Ready.
    OnReadyNodes,
    /// All on nodes, of which some are not Ready yet.
    Coming {
        /// What is waited for.
        eta: String,
    },
    /// Not all of them have a place, so that none gets one.
    TooLittle {
        /// Why not.
        why: String,
    },
}

/// Returns the conditions of a request that are not as they should be. `room` counts while it is
/// looked for.
pub(crate) fn due(served: &ServedRequest<'_>, room: &FoundRoom) -> Vec<DueCondition> {
    let mut due = match &served.stage {
        RequestStage::Unknown | RequestStage::LeftToAnother(_) | RequestStage::Booked { .. } => Vec::new(),
        RequestStage::Fails(failure) => vec![failed(failure)],
        RequestStage::Ends(end) => vec![expired(*end)],
        RequestStage::Waits => vec![accepted(), of_room(served, room)],
    };
    // One that was accepted keeps the words of whoever did that.
    due.retain(|due| match served.request.condition(due.kind) {
        Some(known) if due.kind == RequestConditionKind::Accepted => !known.holds,
        Some(known) => (known.holds, &known.reason, &known.message) != (due.holds, &due.reason, &due.message),
        None => true,
    });
    due
}

fn condition(kind: RequestConditionKind, holds: bool, reason: &str, message: impl Into<String>) -> DueCondition {
    DueCondition { kind, holds, reason: reason.to_owned(), message: message.into() }
}

fn accepted() -> DueCondition {
    condition(RequestConditionKind::Accepted, true, "Accepted", "ec2-autoscale looks for room for all pods of the request.")
}

fn of_room(served: &ServedRequest<'_>, room: &FoundRoom) -> DueCondition {
    use RequestConditionKind::Provisioned;
    match room {
        FoundRoom::OnReadyNodes => {
            let reason = match served.class {
                RequestClass::CheckCapacity => "CapacityIsFound",
                RequestClass::BestEffortAtomicScaleUp => "CapacityIsProvisioned",
            };
            condition(Provisioned, true, reason, "Nodes that are Ready have room for all pods of the request.")
        }
        FoundRoom::TooLittle { why } if is_made_once(served) => failed(&RequestFailure::NoRoom { why: for_status(why) }),
        FoundRoom::Coming { eta } => condition(Provisioned, false, "CapacityIsNotFound", eta),
        FoundRoom::TooLittle { why } => condition(Provisioned, false, "CapacityIsNotFound", for_status(why)),
    }
}

/// Whether a check is not made again.
fn is_made_once(served: &ServedRequest<'_>) -> bool {
    let no_retry = served.request.parameters.get(NO_RETRY).is_some_and(|value| value == "true");
    served.class == RequestClass::CheckCapacity && no_retry
}

fn failed(failure: &RequestFailure) -> DueCondition {
    let reason = match failure {
        RequestFailure::TemplateMissing { .. } | RequestFailure::TemplateNotUnderstood { .. } => "FailedToCreatePods",
        RequestFailure::UnknownValue { .. } => "UnknownParameterValue",
        RequestFailure::TooManyPods { .. } => "TooManyPods",
        RequestFailure::NotInTime { .. } => "Expired",
        RequestFailure::NoRoom { .. } => "CapacityIsNotFound",
    };
    condition(RequestConditionKind::Failed, true, reason, format!("{failure}."))
}

fn expired(end: BookingEnd) -> DueCondition {
    let reason = match end {
        BookingEnd::TimeOver => "CapacityReservationTimeExpired",
        BookingEnd::Used => "CapacityBookingConsumed",
    };
    condition(RequestConditionKind::BookingExpired, true, reason, format!("{end}."))
}

#[cfg(test)]
mod tests {
    use super::super::test_request::request;
    use super::*;
    use crate::snapshot::RequestConditionKind::{Accepted, Provisioned};
    use crate::snapshot::{ProvisioningRequest, RequestCondition};
    use crate::well_known::requests::CHECK_CAPACITY;

    fn written(request: &ProvisioningRequest, room: &FoundRoom) -> Vec<String> {
        let due = due(&request.served(), room);
        due.iter().map(|it| format!("{}={} {}", it.kind, it.holds, it.reason)).collect()
    }

    fn too_little() -> FoundRoom {
        FoundRoom::TooLittle { why: "room for 1 of 3".into() }
    }

    #[test]
    fn the_first_run_accepts_and_answers() {
        let new = request(&[(100, 3)]);
        let accepted = "Accepted=true Accepted";
        assert_eq!(written(&new, &FoundRoom::OnReadyNodes), [accepted, "Provisioned=true CapacityIsProvisioned"]);
        let coming = FoundRoom::Coming { eta: "soon".into() };
        assert_eq!(written(&new, &coming), [accepted, "Provisioned=false CapacityIsNotFound"]);
        assert_eq!(written(&new, &too_little()), [accepted, "Provisioned=false CapacityIsNotFound"]);
        let check = new.of_class(CHECK_CAPACITY);
        assert_eq!(written(&check, &FoundRoom::OnReadyNodes), [accepted, "Provisioned=true CapacityIsFound"]);
    }

    #[test]
    fn nothing_is_written_that_stands_there() {
        let mut known = request(&[(100, 3)]).with(Accepted, true, 4);
        known.conditions.extend(due(&known.served(), &too_little()).into_iter().map(|due| RequestCondition {
            kind: due.kind,
            holds: due.holds,
            reason: due.reason,
            message: due.message,
            since: known.created_at,
        }));
        assert_eq!(written(&known, &too_little()), [""; 0]);
        let other = FoundRoom::TooLittle { why: "room for 2 of 3".into() };
        assert_eq!(written(&known, &other), ["Provisioned=false CapacityIsNotFound"]);
    }

    #[test]
    fn what_others_read_holds_nothing_secret_and_does_not_change_with_the_clock() {
        let refused = |minutes: u32| FoundRoom::TooLittle {
            why: format!("until 14:20 UTC, in {minutes}m: not authorized: arn:aws:iam::123456789012:role/scaler"),
        };
        let known = request(&[(100, 3)]);
        let said = due(&known.served(), &refused(42));
        assert!(!said[1].message.contains("123456789012") && said[1].message.contains("not authorized"), "{said:?}");
        assert_eq!(said, due(&known.served(), &refused(41)));
    }

    #[test]
    fn a_check_that_is_made_once_fails() {
        let once = request(&[(100, 3)]).of_class(CHECK_CAPACITY).parameter(NO_RETRY, "true");
        assert_eq!(written(&once, &too_little()), ["Accepted=true Accepted", "Failed=true CapacityIsNotFound"]);
        assert_eq!(written(&once, &FoundRoom::OnReadyNodes), ["Accepted=true Accepted", "Provisioned=true CapacityIsFound"]);
        let again = once.parameter(NO_RETRY, "false");
        assert_eq!(written(&again, &too_little()), ["Accepted=true Accepted", "Provisioned=false CapacityIsNotFound"]);
    }

    #[test]
    fn a_booking_is_left_alone_until_it_ends() {
        let booked = |minutes| request(&[(100, 3)]).with(Accepted, true, 15).with(Provisioned, true, minutes);
        assert_eq!(written(&booked(9), &too_little()), [""; 0]);
        assert_eq!(written(&booked(10), &too_little()), ["BookingExpired=true CapacityReservationTimeExpired"]);
        let mut used = booked(2);
        used.conditions[1].since = used.created_at;
        let used = ServedRequest { stage: RequestStage::Ends(BookingEnd::Used), ..used.served() };
        assert_eq!(due(&used, &too_little())[0].reason, "CapacityBookingConsumed");
    }
}
