//! What a group cannot do at present.

use crate::cloud::magnum::api::{ClusterAnswer, NodeGroupAnswer};
use crate::cloud::magnum::driver::Driver;
use crate::snapshot::{Cannot, Hindrance};

/// Returns what a group cannot do: by its own state, by that of its cluster, and by the driver.
///
/// The group's state counts and not the cluster's, which is a summary: one failed group keeps the
/// cluster in UPDATE_FAILED while the others work.
pub(crate) fn cannot(cluster: &ClusterAnswer, group: &NodeGroupAnswer, driver: Driver) -> Cannot {
    let passing = if group.is_being_deleted() {
        Some(Hindrance::BeingDeleted)
    } else if let Some(state) = cluster.closed_state() {
        Some(Hindrance::NotActive { state: format!("those of a cluster in {state}, where a resize is accepted and not done") })
    } else {
        // Of two updates that overlap the second makes the driver choose other nodes.
        group.is_in_progress().then(|| Hindrance::Busy { state: group.state().to_owned() })
    };
    let lasting = driver.cannot();
    let either = |lasting: Option<Hindrance>| lasting.or_else(|| passing.clone());
    Cannot { launch: either(lasting.launch), remove: either(lasting.remove), replace: either(lasting.replace) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(cluster: &str, group: &str, driver: Driver) -> Cannot {
        let cluster = ClusterAnswer { status: Some(cluster.into()), ..ClusterAnswer::default() };
        cannot(&cluster, &NodeGroupAnswer { status: Some(group.into()), ..NodeGroupAnswer::default() }, driver)
    }

    #[test]
    fn a_group_at_rest_can_do_what_its_driver_can() {
        for state in ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_FAILED"] {
            assert_eq!(of("UPDATE_FAILED", state, Driver::Heat), Cannot::default(), "{state}");
        }
        let capi = of("UPDATE_COMPLETE", "UPDATE_COMPLETE", Driver::CapiHelm);
        assert_eq!(capi.launch, None);
        assert!(matches!(capi.remove, Some(Hindrance::NotOffered { .. })));
    }

    #[test]
    fn while_an_update_runs_nothing_is_changed() {
        let busy = Some(Hindrance::Busy { state: "UPDATE_IN_PROGRESS".into() });
        let cannot = of("UPDATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", Driver::Heat);
        assert_eq!((&cannot.launch, &cannot.remove, &cannot.replace), (&busy, &busy, &busy));
        // Another group of the cluster is being updated.
        assert_eq!(of("UPDATE_IN_PROGRESS", "UPDATE_COMPLETE", Driver::Heat), Cannot::default());
    }

    #[test]
    fn a_cluster_that_refuses_where_nobody_looks_changes_nothing() {
        let cannot = of("CREATE_FAILED", "CREATE_COMPLETE", Driver::Heat);
        assert!(matches!(cannot.launch, Some(Hindrance::NotActive { state }) if state.contains("CREATE_FAILED")));
        assert!(of("UPDATE_COMPLETE", "DELETE_IN_PROGRESS", Driver::Heat).is_being_deleted());
    }
}
