//! Claims the Lease.

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease;
use kube::api::PostParams;

use super::elsewhere::held_elsewhere;
use super::standing::{self, Holder, Standing, standing};
use super::takeover::{WatchOutcome, watch};
use super::{HeldLease, LEASE_NAME, LeaseError, LeaseStore};
use crate::apply::steady::RunClocks;
use crate::kubernetes::write::{ATTEMPTS, WriteTrouble, pause, trouble, words};

/// The outcome of an attempt to claim the Lease.
#[derive(Debug)]
pub enum LeaseClaim {
    /// It is ours, and is renewed in the background until it is released or dropped.
    Held(HeldLease),
    /// Another run holds it.
    HeldByOther {
        /// The namespace of its Lease.
        namespace: String,
        /// Its identity.
        holder: String,
        /// When it claimed the Lease.
        since: Timestamp,
        /// When it last renewed it.
        renewed_at: Timestamp,
    },
}

impl LeaseClaim {
    fn held_by(namespace: &str, holder: Holder) -> Self {
        let Holder { name, since, renewed_at } = holder;
        Self::HeldByOther { namespace: namespace.to_owned(), holder: name, since, renewed_at }
    }
}

/// Claims the Lease of the namespace for `identity`, which must be unique to this run.
///
/// It does not wait for a holder: a Lease that is held and fresh belongs to the other run. One that
/// looks abandoned is watched first, and one of another namespace counts as much as ours.
///
/// # Errors
/// When the Lease can be neither read nor written, or others change it at every attempt.
pub async fn claim(
    client: kube::Client,
    namespace: &str,
    identity: String,
    clocks: RunClocks,
) -> Result<LeaseClaim, LeaseError> {
    let lease = match claim_here(LeaseStore::new(client.clone(), namespace), identity, &clocks).await? {
        LeaseClaim::Held(lease) => lease,
        other @ LeaseClaim::HeldByOther { .. } => return Ok(other),
    };
    // After the claim and not before it: of two runs that claim at the same time each sees the
    // other's.
    match held_elsewhere(&LeaseStore::new(client, namespace), &clocks).await {
        Ok(None) => Ok(LeaseClaim::Held(lease)),
        Ok(Some((namespace, holder))) => {
            lease.release().await?;
            Ok(LeaseClaim::held_by(&namespace, holder))
        }
        Err(error) => {
            lease.release().await?;
            Err(error)
        }
    }
}

async fn claim_here(store: LeaseStore, identity: String, clocks: &RunClocks) -> Result<LeaseClaim, LeaseError> {
    let mut failure = store.contended();
    // The time at which a write of ours was sent whose answer was lost.
    let mut may_be_ours = None;
    for attempt in 0..ATTEMPTS {
        pause(attempt).await;
        let found = store.read().await?;
        let standing = found.as_ref().map_or(Standing::Free, |lease| standing(lease, (clocks.wall)()));
        match (standing, &found) {
            (Standing::Held(holder), found) => {
                return Ok(match (found, may_be_ours) {
                    (Some(lease), Some(sent)) if holder.name == identity => {
                        LeaseClaim::Held(HeldLease::start(store, identity, clocks, lease.clone(), sent))
                    }
                    (Some(_) | None, _) => LeaseClaim::held_by(&store.namespace, holder),
                });
            }
            (Standing::Silent(_), Some(lease)) => match watch(&store, lease, clocks).await? {
                WatchOutcome::Abandoned => {}
                // The holder is alive, whatever its clock shows.
                WatchOutcome::Stirred(Some(holder)) => return Ok(LeaseClaim::held_by(&store.namespace, holder)),
                WatchOutcome::Stirred(None) => continue,
            },
            (Standing::Silent(_) | Standing::Free, _) => {}
        }
        let (now, sent) = ((clocks.wall)(), (clocks.steady)());
        let error = match write(&store, found, &identity, now).await {
            Ok(lease) => return Ok(LeaseClaim::Held(HeldLease::start(store, identity, clocks, lease, sent))),
            Err(error) => error,
        };
        match trouble(&error) {
            // Another run was quicker: the next read shows which. A missing namespace looks the
            // same and stays.
            WriteTrouble::Conflict => failure = store.error("claiming", words(error)),
            WriteTrouble::Passing => {
                may_be_ours = Some(sent);
                failure = store.error("claiming", words(error));
            }
            WriteTrouble::Lasting => return Err(store.error("claiming", words(error))),
        }
    }
    Err(failure)
}

/// Releases a Lease that an interrupted claim may have got: its write may arrive late.
///
/// # Errors
/// When the Lease can be neither read nor written; it then expires by itself.
pub async fn release_unfinished_claim(client: kube::Client, namespace: &str, identity: &str) -> Result<(), LeaseError> {
    let store = LeaseStore::new(client, namespace);
    let mut refused = None;
    for attempt in 0..ATTEMPTS {
        pause(attempt).await;
        refused = None;
        let Some(mut lease) = store.read().await? else { continue };
        match standing::holder(&lease) {
            Some(holder) if holder == identity => {
                lease.spec.get_or_insert_default().holder_identity = None;
                match store.api.replace(LEASE_NAME, &PostParams::default(), &lease).await {
                    Ok(_) => return Ok(()),
                    Err(error) => refused = Some(store.error("updating", words(error))),
                }
            }
            // No other run gets the Lease while a write of ours is under way: that write would be
            // refused.
            Some(_) => return Ok(()),
            None => {}
        }
    }
    refused.map_or(Ok(()), Err)
}

/// Creates the Lease, or takes the one that was found, guarded by its `resourceVersion`.
async fn write(store: &LeaseStore, found: Option<Lease>, identity: &str, now: Timestamp) -> kube::Result<Lease> {
    let parameters = PostParams::default();
    if let Some(lease) = found {
        return store.api.replace(LEASE_NAME, &parameters, &standing::claimed(lease, identity, now)).await;
    }
    store.api.create(&parameters, &standing::claimed(standing::new_lease(&store.namespace), identity, now)).await
}
