//! When a Lease is taken over: its renewal looks old, and a living holder would have renewed it
//! while it was watched.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease;

use super::standing::{Holder, held_by, is_unchanged};
use super::{LeaseError, LeaseStore};
use crate::apply::steady::RunClocks;
use crate::duration::Seconds;

/// A Lease may be abandoned when its renewal looks this old.
pub const ABANDONED_AFTER: Seconds = Seconds(60);
/// A Lease that looks abandoned is watched for this long before it is taken over: two renewals
/// would show.
pub const WATCHED_FOR: Duration = Duration::from_secs(25);

/// The interval between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The outcome of the watch.
#[derive(Debug)]
pub(super) enum WatchOutcome {
    /// It was not written during the whole time.
    Abandoned,
    /// It was written. This is its holder since, if it has one.
    Stirred(Option<Holder>),
}

/// Whether the renewal of a Lease is [`ABANDONED_AFTER`] old.
pub(super) fn looks_abandoned(holder: &Holder, now: Timestamp) -> bool {
    now >= ABANDONED_AFTER.after(holder.renewed_at)
}

/// Watches a Lease until it was written, or was not for [`WATCHED_FOR`] by the steady clock.
pub(super) async fn watch(store: &LeaseStore, lease: &Lease, clocks: &RunClocks) -> Result<WatchOutcome, LeaseError> {
    let begun = (clocks.steady)();
    loop {
        (clocks.sleep)(LOOK_EVERY).await;
        // The time is taken before the look: a process that stood still sees what was written
        // meanwhile.
        let watched = (clocks.steady)().since(begun);
        match store.read().await? {
            Some(now) if is_unchanged(lease, &now) => {}
            stirred => return Ok(WatchOutcome::Stirred(stirred.as_ref().and_then(held_by))),
        }
        if watched >= WATCHED_FOR {
            return Ok(WatchOutcome::Abandoned);
        }
    }
}
