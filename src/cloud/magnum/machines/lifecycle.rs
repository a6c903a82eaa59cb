//! The stage of a server's life.

use crate::cloud::magnum::api::ServerAnswer;
use crate::snapshot::Lifecycle;

/// Returns the stage of a server
/// (<https://docs.openstack.org/api-guide/compute/server_concepts.html>).
///
/// One in ERROR is no capacity and never was. One that is stopped, paused or moved still counts
/// among the nodes of its group, and its health shows the rest.
pub(crate) fn lifecycle(server: &ServerAnswer) -> Lifecycle {
    if is_ending(server) {
        return Lifecycle::Terminating;
    }
    match server.status.as_str() {
        "BUILD" => Lifecycle::Pending,
        "ERROR" | "DELETED" | "SOFT_DELETED" => Lifecycle::Terminated,
        // Nova does not know it just now.
        "UNKNOWN" | "" => Lifecycle::Standby,
        _ => Lifecycle::InService,
    }
}

/// Whether Nova is deleting it.
pub(crate) fn is_ending(server: &ServerAnswer) -> bool {
    server.task_state.as_deref().is_some_and(|task| matches!(task, "deleting" | "soft-deleting"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_counts_from_its_building_to_its_end() {
        let of = |status: &str, task: Option<&str>| {
            lifecycle(&ServerAnswer { status: status.into(), task_state: task.map(str::to_owned), ..ServerAnswer::default() })
        };
        assert_eq!(of("BUILD", Some("spawning")), Lifecycle::Pending);
        for status in ["ACTIVE", "SHUTOFF", "REBOOT", "MIGRATING"] {
            assert_eq!(of(status, None), Lifecycle::InService, "{status}");
        }
        for status in ["ERROR", "DELETED", "SOFT_DELETED"] {
            assert_eq!(of(status, None), Lifecycle::Terminated, "{status}");
        }
        assert_eq!(of("ACTIVE", Some("deleting")), Lifecycle::Terminating);
        assert_eq!(of("UNKNOWN", None), Lifecycle::Standby);
    }
}
