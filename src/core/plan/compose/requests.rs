//! The ProvisioningRequests that are served here.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::duration::Seconds;
use crate::plan::absent_pods::AbsentIx;
use crate::plan::amounts::small;
use crate::plan::decisions::Decisions;
use crate::plan::fleet::Fleet;
use crate::plan::reason::count;
use crate::plan::report::{ExpectedPlaces, PodVerdict, RequestReport, RequestState, RoomKind, write_without_room};
use crate::plan::requests::{FoundRoom, RequestStage, ServedRequest, due};
use crate::snapshot::{ObjectName, RequestClass};

/// Reports on them, the oldest first.
pub(super) fn requests(fleet: &Fleet<'_>, decisions: &Decisions) -> Vec<RequestReport> {
    let mut pods: BTreeMap<&ObjectName, Vec<AbsentIx>> = BTreeMap::new();
    let of_requests = fleet.absent.iter_numbered().filter(|(_, it)| it.room_for.kind == RoomKind::ProvisioningRequest);
    for (absent, it) in of_requests {
        pods.entry(&it.room_for.object).or_default().push(absent);
    }
    let report = |served: &ServedRequest<'_>| {
        let own = pods.get(&served.request.id()).map_or(&[][..], Vec::as_slice);
        let rulings = own.iter().flat_map(|absent| decisions.scale_up.rulings_on_absent(fleet, *absent));
        report(fleet, served, &rulings.map(|ruling| &ruling.ruling.verdict).collect::<Vec<_>>())
    };
    fleet.requests.iter().map(report).collect()
}

fn report(fleet: &Fleet<'_>, served: &ServedRequest<'_>, verdicts: &[&PodVerdict]) -> RequestReport {
    let request = served.request;
    let places = ExpectedPlaces::of(served.bound, verdicts.iter().copied());
    let state = state(fleet, served, verdicts);
    let mut parts = vec![state.to_string()];
    parts.extend(places.parts());
    RequestReport {
        request: request.id(),
        class: served.class,
        pods: request.pods(),
        bound: served.bound,
        conditions: due(served, &found_room(served, &state, verdicts)),
        api_version: request.api_version.clone(),
        resource_version: request.resource_version.clone(),
        message: format!("{} ({}): {}", count(u64::from(request.pods()), "pod"), served.class, parts.join("; ")),
        places,
        state,
    }
}

fn state(fleet: &Fleet<'_>, served: &ServedRequest<'_>, verdicts: &[&PodVerdict]) -> RequestState {
    match &served.stage {
        RequestStage::Fails(failure) => RequestState::Fails { failure: failure.clone() },
        RequestStage::Unknown => RequestState::Unknown,
        RequestStage::LeftToAnother(autoscaler) => RequestState::LeftToAnother { autoscaler: *autoscaler },
        RequestStage::Ends(end) => RequestState::BookingEnds { end: *end },
        RequestStage::Booked { until } => {
            let lost = small(verdicts.iter().filter(|verdict| !is_on_ready_node(verdict)).count());
            RequestState::Booked { until: *until, lost, now: fleet.now() }
        }
        RequestStage::Waits => match verdicts.iter().find(|verdict| !verdict.is_helped()) {
            Some(refused) => RequestState::WithoutRoom { why: why_not(served.class, refused) },
            None if verdicts.iter().copied().all(is_on_ready_node) => RequestState::Provisioned,
            None => RequestState::Coming { by: verdicts.iter().filter_map(|verdict| ready_by(fleet, verdict)).max() },
        },
    }
}

fn is_on_ready_node(verdict: &PodVerdict) -> bool {
    matches!(verdict, PodVerdict::FitsExisting { .. })
}

/// Returns when the node for a pod is Ready at the latest, where that is not there yet, in whole
/// minutes.
fn ready_by(fleet: &Fleet<'_>, verdict: &PodVerdict) -> Option<Timestamp> {
    let by = match verdict {
        PodVerdict::FitsUpcoming { overdue_at, .. } => *overdue_at,
        PodVerdict::FitsNew { group, .. } => {
            fleet.groups[fleet.group_number(group)?].policy.instance_init_time.after(fleet.now())
        }
        _ => return None,
    };
    let into_minute = u64::try_from(by.as_second().rem_euclid(60)).unwrap_or(0);
    Some(Seconds((60 - into_minute) % 60).after(by))
}

/// Describes why the pods of a request get no places, by the verdict on one of them.
fn why_not(class: RequestClass, verdict: &PodVerdict) -> String {
    match (verdict, class) {
        (PodVerdict::GangWithoutRoom { min, places, .. }, RequestClass::CheckCapacity) => {
            format!("finds room for {places} of {} on Ready nodes", count(u64::from(*min), "pod"))
        }
        (PodVerdict::GangWithoutRoom { min, places, refusals, .. }, RequestClass::BestEffortAtomicScaleUp) => {
            let mut text = String::new();
            write_without_room(*min, *places, refusals, &mut text).expect("a string takes all that is written");
            text
        }
        (other, _) => other.to_string(),
    }
}

/// Returns where the pods of a request go, for its conditions.
fn found_room(served: &ServedRequest<'_>, state: &RequestState, verdicts: &[&PodVerdict]) -> FoundRoom {
    let ready = served.bound + small(verdicts.iter().filter(|verdict| is_on_ready_node(verdict)).count());
    let pods = count(u64::from(served.request.pods()), "pod");
    match state {
        RequestState::Coming { .. } => {
            FoundRoom::Coming { eta: format!("{ready} of {pods} have room on Ready nodes; the request {state}.") }
        }
        RequestState::WithoutRoom { .. } => FoundRoom::TooLittle { why: format!("The request {state}.") },
        _ => FoundRoom::OnReadyNodes,
    }
}
