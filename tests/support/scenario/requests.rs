//! ProvisioningRequests in scenarios: what a run writes into their statuses, and what the next one
//! reads.

use std::fmt::Write as _;

use ec2_autoscale_core::plan::Plan;
use ec2_autoscale_core::snapshot::{
    GangKind, ProvisioningRequest, RequestCondition, RequestConditionKind, RequestedShape, Snapshot,
};

/// Adds a request as it is read.
pub(super) fn add(snapshot: &mut Snapshot, request: ProvisioningRequest) {
    snapshot.provisioning_requests.push(request);
    read_anew(snapshot);
}

/// Writes the conditions that are due into the requests, as `apply` does, and returns them as
/// lines.
pub(super) fn write_conditions(snapshot: &mut Snapshot, plan: &Plan) -> String {
    let now = snapshot.taken_at;
    let mut lines = String::new();
    for report in &plan.requests {
        for due in &report.conditions {
            writeln!(lines, "{}: {}={} {}: {}", report.request.name, due.kind, due.holds, due.reason, due.message)
                .expect("a string takes all that is written");
            let condition = RequestCondition {
                kind: due.kind,
                holds: due.holds,
                reason: due.reason.clone(),
                message: due.message.clone(),
                since: now,
            };
            set(snapshot, report.request.name.as_str(), condition);
        }
    }
    if lines.is_empty() {
        lines.push_str("no condition is due\n");
    }
    read_anew(snapshot);
    lines
}

fn set(snapshot: &mut Snapshot, name: &str, condition: RequestCondition) {
    let mut named = snapshot.provisioning_requests.iter_mut().filter(|request| request.name == *name);
    let Some(request) = named.next() else { return };
    match request.conditions.iter_mut().find(|known| known.kind == condition.kind) {
        Some(known) if known.holds == condition.holds => *known = RequestCondition { since: known.since, ..condition },
        Some(known) => *known = condition,
        None => request.conditions.push(condition),
    }
}

/// Leaves out requests that are over, and makes the pods of the others gangs where they are.
fn read_anew(snapshot: &mut Snapshot) {
    snapshot.gangs.retain(|gang| gang.id.kind != GangKind::ProvisioningRequest);
    snapshot.provisioning_requests.retain(|request| !request.is_over());
    for request in &mut snapshot.provisioning_requests {
        for set in &mut request.pod_sets {
            if let RequestedShape::Known { pod } = &mut set.shape {
                pod.gang = None;
            }
        }
        snapshot.gangs.extend(request.join_gang());
    }
}

/// Makes a condition of a request older, as if it had been written before.
pub(super) fn booked_before(request: &mut ProvisioningRequest, since: jiff::Timestamp) {
    for kind in [RequestConditionKind::Accepted, RequestConditionKind::Provisioned] {
        let (reason, message) = (String::from("Found"), String::from("Found before."));
        request.conditions.push(RequestCondition { kind, holds: true, reason, message, since });
    }
}
