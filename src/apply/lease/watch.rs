//! Watching a Lease that looks abandoned: a holder that lives renews it.

use std::time::Duration;

use k8s_openapi::api::coordination::v1::Lease;

use super::rules::{Holder, held_by, is_unchanged};
use super::{LeaseError, Store, WATCHED_FOR};
use crate::apply::steady::RunClocks;

/// How often it is looked at meanwhile.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// What came of watching.
#[derive(Debug)]
pub(super) enum Watched {
    /// Nobody wrote it all the time.
    Abandoned,
    /// Somebody did. This is who holds it since, if anybody does.
    Stirred(Option<Holder>),
}

/// Looks at a Lease until somebody has written it, or nobody has for [`WATCHED_FOR`] by the steady clock.
pub(super) async fn watch(store: &Store, lease: &Lease, clocks: &RunClocks) -> Result<Watched, LeaseError> {
    let begun = (clocks.steady)();
    loop {
        (clocks.sleep)(LOOK_EVERY).await;
        // Before the look: a process that stood still sees what was written meanwhile.
        let watched = (clocks.steady)().since(begun);
        match store.read().await? {
            Some(now) if is_unchanged(lease, &now) => {}
            stirred => return Ok(Watched::Stirred(stirred.as_ref().and_then(held_by))),
        }
        if watched >= WATCHED_FOR {
            return Ok(Watched::Abandoned);
        }
    }
}
