//! Leases of our name in other namespaces: another installation works on the same groups.

use k8s_openapi::api::coordination::v1::Lease;

use super::standing::{Holder, Standing, standing};
use super::takeover::{WatchOutcome, watch};
use super::{LEASE_NAME, LeaseError, LeaseStore};
use crate::apply::steady::RunClocks;
use crate::kubernetes::list::{ListError, list};

/// The namespace of most installations, for runs that may not list the Leases of all namespaces.
const USUAL_NAMESPACE: &str = "kube-system";

/// Returns a namespace in which a Lease of our name is held, and its holder.
pub(super) async fn held_elsewhere(store: &LeaseStore, clocks: &RunClocks) -> Result<Option<(String, Holder)>, LeaseError> {
    for lease in leases_elsewhere(store).await? {
        let namespace = lease.metadata.namespace.clone().unwrap_or_default();
        let holder = match standing(&lease, (clocks.wall)()) {
            Standing::Free => None,
            Standing::Held(holder) => Some(holder),
            Standing::Silent(_) => {
                let other = LeaseStore::new(store.client.clone(), &namespace);
                match watch(&other, &lease, clocks).await? {
                    WatchOutcome::Stirred(holder) => holder,
                    WatchOutcome::Abandoned => None,
                }
            }
        };
        if let Some(holder) = holder {
            return Ok(Some((namespace, holder)));
        }
    }
    Ok(None)
}

async fn leases_elsewhere(store: &LeaseStore) -> Result<Vec<Lease>, LeaseError> {
    let selector = format!("metadata.name={LEASE_NAME}");
    let listed = list(&store.client, Some(&selector), Vec::new, |leases, lease: &Lease| {
        leases.push(lease.clone());
        Ok(())
    });
    match listed.await {
        Ok(leases) => {
            Ok(leases.into_iter().filter(|lease| lease.metadata.namespace.as_deref() != Some(&store.namespace)).collect())
        }
        Err(ListError::Call(error)) if matches!(error.code(), Some(403 | 404)) => usual_lease(store).await,
        Err(error) => Err(store.error("looking for others of", error.to_string())),
    }
}

/// Returns the Lease of the usual namespace. A run that may not read that either logs so and goes
/// on: otherwise nothing would ever run.
async fn usual_lease(store: &LeaseStore) -> Result<Vec<Lease>, LeaseError> {
    if store.namespace == USUAL_NAMESPACE {
        return Ok(Vec::new());
    }
    match LeaseStore::new(store.client.clone(), USUAL_NAMESPACE).read().await {
        Ok(lease) => Ok(lease.into_iter().collect()),
        Err(LeaseError::Forbidden { .. }) => {
            tracing::warn!(
                "Leases of other namespaces may not be read, so that another install in this cluster would not be seen; \
                 allow to list leases.coordination.k8s.io"
            );
            Ok(Vec::new())
        }
        Err(error) => Err(error),
    }
}
