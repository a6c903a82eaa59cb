//! The launches of a group, as far as states and faults show them.

use crate::cloud::magnum::api::{NodeGroupAnswer, ServerAnswer};
use crate::cloud::magnum::machines::lifecycle::lifecycle;
use crate::snapshot::{Activity, ActivityKind, ActivityStatus, Lifecycle};

/// The words of a failure that is about missing capacity or a limit, in lower case.
const CAPACITY_WORDS: [&str; 3] = ["quota", "no valid host", "not enough hosts"];
/// The longest message: the words of Heat name every member that failed.
const LONGEST_MESSAGE: usize = 500;

/// Returns the launches of a group, the newest first: the failure in its state, those in the faults
/// of its servers, and the newest success, which shows what is over.
pub(crate) fn activities(group: &NodeGroupAnswer, servers: &[&ServerAnswer]) -> Vec<Activity> {
    let in_service = servers.iter().filter(|server| lifecycle(server) == Lifecycle::InService);
    let newest = in_service.max_by_key(|server| (server.created, &server.id));
    let faults = servers.iter().filter_map(|server| of_fault(server));
    let mut found: Vec<Activity> =
        of_state(group).into_iter().chain(faults).chain(newest.and_then(|server| of_success(server))).collect();
    found.sort_by(|a, b| (b.started_at, &b.id).cmp(&(a.started_at, &a.id)));
    found
}

/// Returns the failure that the state of a group shows. A state that is not dated is as old as the
/// group.
fn of_state(group: &NodeGroupAnswer) -> Option<Activity> {
    let started_at = group.updated_at.or(group.created_at)?;
    let words = group.status_reason.as_deref().filter(|words| !words.is_empty()).unwrap_or("the cloud states no reason");
    let is_about_launches = group.has_failed() && !group.is_being_deleted();
    is_about_launches.then(|| Activity {
        message: shortened(&format!("{}: {words}", group.state())),
        capacity_problem: is_about_capacity(words),
        ..launch(format!("{}:{started_at}", group.uuid), ActivityStatus::Failed, started_at)
    })
}

fn of_fault(server: &ServerAnswer) -> Option<Activity> {
    let fault = server.fault.as_ref().filter(|_| server.status == "ERROR")?;
    let started_at = fault.created.or(server.updated).or(server.created)?;
    Some(Activity {
        message: shortened(&fault.message),
        capacity_problem: is_about_capacity(&fault.message),
        ..launch(server.id.clone(), ActivityStatus::Failed, started_at)
    })
}

fn of_success(server: &ServerAnswer) -> Option<Activity> {
    Some(launch(server.id.clone(), ActivityStatus::Successful, server.created?))
}

/// Returns a launch that concerns the whole group: no answer shows in which zone one failed.
fn launch(id: String, status: ActivityStatus, started_at: jiff::Timestamp) -> Activity {
    Activity {
        id,
        kind: ActivityKind::Launch,
        status,
        started_at,
        message: String::new(),
        requested_at: None,
        capacity_problem: false,
        zone: None,
        machine_type: None,
        replacement: false,
        machine_died: false,
        by_instance_refresh: false,
        placement_full: false,
    }
}

fn is_about_capacity(words: &str) -> bool {
    let words = words.to_lowercase();
    CAPACITY_WORDS.iter().any(|word| words.contains(word))
}

fn shortened(words: &str) -> String {
    match words.char_indices().nth(LONGEST_MESSAGE) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::snapshot::failing_launch;

    const NO_HOST: &str = "No valid host was found. There are not enough hosts available.";

    fn group(status: &str, reason: Option<&str>) -> NodeGroupAnswer {
        serde_json::from_value(json!({
            "uuid": "g-1", "name": "gpu", "status": status, "status_reason": reason, "updated_at": "2026-11-22T10:05:00+00:00"
        }))
        .expect("a group")
    }

    fn server(id: &str, status: &str, created: &str, fault: Option<&str>) -> ServerAnswer {
        let fault = fault.map(|message| json!({ "code": 500, "created": created, "message": message }));
        serde_json::from_value(json!({ "id": id, "status": status, "created": created, "fault": fault })).expect("a server")
    }

    #[test]
    fn a_failed_state_is_a_failed_launch_in_the_cloud_s_words() {
        let words = "Quota exceeded for cores: Requested 4, but already used 20 of 20 cores";
        let found = activities(&group("UPDATE_FAILED", Some(words)), &[]);
        let failure = failing_launch(&found).expect("it fails");
        assert_eq!(failure.message, format!("UPDATE_FAILED: {words}"));
        assert!(failure.capacity_problem);
        assert_eq!(activities(&group("UPDATE_COMPLETE", None), &[]), []);
        assert_eq!(activities(&group("DELETE_FAILED", Some(words)), &[]), []);
    }

    #[test]
    fn a_fault_of_a_server_is_one_where_the_driver_has_no_words() {
        let failed = server("s-2", "ERROR", "2026-11-22T10:00:00Z", Some(NO_HOST));
        let found = activities(&group("UPDATE_IN_PROGRESS", None), &[&failed]);
        assert_eq!(found.iter().map(|it| it.message.as_str()).collect::<Vec<_>>(), [NO_HOST]);
    }

    #[test]
    fn a_later_success_shows_that_it_is_over() {
        let failed = server("s-2", "ERROR", "2026-11-22T10:00:00Z", Some(NO_HOST));
        let later = server("s-3", "ACTIVE", "2026-11-22T10:10:00Z", None);
        let found = activities(&group("UPDATE_COMPLETE", None), &[&failed, &later]);
        assert!(failing_launch(&found).is_none());
        assert_eq!(found.iter().map(|it| it.status).collect::<Vec<_>>(), [ActivityStatus::Successful, ActivityStatus::Failed]);
    }
}
