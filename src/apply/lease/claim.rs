//! Getting hold of the Lease.

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease;
use kube::api::PostParams;

use super::rules::{self, Standing, standing};
use super::{HeldLease, LEASE_NAME, LeaseError, Store};
use crate::apply::Clock;
use crate::apply::kubernetes::{ATTEMPTS, Trouble, pause, trouble, words};

/// What came of an attempt to hold the Lease.
#[derive(Debug)]
pub enum Claim {
    /// It is ours, and is renewed in the background until it is released or dropped.
    Held(HeldLease),
    /// Another run holds it.
    HeldByOther {
        /// Its identity.
        holder: String,
        /// When it claimed the Lease.
        since: Timestamp,
        /// When it last renewed it.
        renewed_at: Timestamp,
    },
}

/// Claims the Lease of the namespace for `identity`, which must be this run's alone.
///
/// It does not wait: a Lease that is held, and whose holder has not been silent for [`ABANDONED_AFTER`](super::ABANDONED_AFTER), is the other's.
///
/// # Errors
/// When the Lease can be neither read nor written, or others change it at every attempt.
pub async fn claim(client: kube::Client, namespace: &str, identity: String, clock: Clock) -> Result<Claim, LeaseError> {
    let store = Store::new(client, namespace);
    let mut failure = store.contended();
    // Whether a write of ours may have happened without our hearing of it.
    let mut may_be_ours = false;
    for attempt in 0..ATTEMPTS {
        pause(attempt).await;
        let now = clock();
        let found = store.read().await?;
        if let Some(Standing::Held { holder, since, renewed_at }) = found.as_ref().map(|lease| standing(lease, now)) {
            return Ok(match found {
                Some(lease) if may_be_ours && holder == identity => {
                    Claim::Held(HeldLease::start(store, identity, clock, lease, renewed_at))
                }
                _ => Claim::HeldByOther { holder, since, renewed_at },
            });
        }
        let error = match write(&store, found, &identity, now).await {
            Ok(lease) => return Ok(Claim::Held(HeldLease::start(store, identity, clock, lease, now))),
            Err(error) => error,
        };
        match trouble(&error) {
            // Somebody was quicker: the next look says who. A missing namespace looks the same and stays.
            Trouble::Conflict => failure = store.error("claiming", words(error)),
            Trouble::Passing => {
                may_be_ours = true;
                failure = store.error("claiming", words(error));
            }
            Trouble::Lasting => return Err(store.error("claiming", words(error))),
        }
    }
    Err(failure)
}

/// Lets a Lease go that a claim may have got which was broken off in the middle: its write may arrive late.
///
/// # Errors
/// When the Lease can be neither read nor written; it then grows old by itself.
pub async fn let_go(client: kube::Client, namespace: &str, identity: &str) -> Result<(), LeaseError> {
    let store = Store::new(client, namespace);
    let mut refused = None;
    for attempt in 0..ATTEMPTS {
        pause(attempt).await;
        refused = None;
        let Some(mut lease) = store.read().await? else { continue };
        match rules::holder(&lease) {
            Some(holder) if holder == identity => {
                lease.spec.get_or_insert_default().holder_identity = None;
                match store.api.replace(LEASE_NAME, &PostParams::default(), &lease).await {
                    Ok(_) => return Ok(()),
                    Err(error) => refused = Some(store.error("updating", words(error))),
                }
            }
            // Nobody else gets it while a write of ours is under way: that write would be refused.
            Some(_) => return Ok(()),
            None => {}
        }
    }
    refused.map_or(Ok(()), Err)
}

/// Creates the Lease, or takes the one that was found, guarded by its `resourceVersion`.
async fn write(store: &Store, found: Option<Lease>, identity: &str, now: Timestamp) -> kube::Result<Lease> {
    let parameters = PostParams::default();
    if let Some(lease) = found {
        return store.api.replace(LEASE_NAME, &parameters, &rules::claimed(lease, identity, now)).await;
    }
    store.api.create(&parameters, &rules::claimed(rules::new_lease(&store.namespace), identity, now)).await
}
