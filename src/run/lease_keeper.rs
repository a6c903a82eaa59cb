//! The Lease of a run that changes something: claimed before its first step and released after the
//! last.

use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;

use super::deadline::Deadline;
use super::progress::Spinner;
use super::{Console, Environment, RunError, one_line};
use crate::apply::StopSignal;
use crate::apply::lease::{HeldLease, LeaseClaim, LeaseError, claim, release_unfinished_claim};
use crate::apply::steady::RunClocks;
use crate::cli::LiveFlags;
use crate::gather::Clients;
use crate::progress::Progress;
use crate::snapshot::Clocks;

/// A run that is over tries for this long to release the Lease: less than what Kubernetes gives a
/// pod between SIGTERM and the end.
const PATIENCE_AT_THE_END: Duration = Duration::from_secs(20);

/// Claims and releases the Lease of a run.
pub(super) struct LeaseKeeper<'a> {
    pub(super) live: &'a LiveFlags,
    pub(super) environment: &'a Environment,
    pub(super) console: &'a Console,
    pub(super) stop: &'a StopSignal,
}

impl LeaseKeeper<'_> {
    /// Claims the Lease. `clocks` are those that were compared with the API server's.
    ///
    /// # Errors
    /// When another run holds it, when it can be neither read nor written, and when time or a
    /// signal ends the attempt.
    pub(super) async fn claim(&self, clients: &Clients, clocks: &Clocks, deadline: Deadline) -> anyhow::Result<HeldLease> {
        let spinner = Spinner::new(self.console.progress);
        spinner.set_label("claiming the Lease");
        let (namespace, identity) = (&self.live.cluster.lease_namespace, self.environment.identity());
        let run_clocks = RunClocks::of_this_machine(Arc::new(self.environment.servers_clock(clocks)));
        let kubernetes = clients.kubernetes.clone();
        let work = async { anyhow::Ok(Box::pin(claim(kubernetes, namespace, identity.clone(), run_clocks)).await?) };
        let bounded = async { deadline.bound(work, &spinner).await? };
        let claim = unless_stopped(self.stop, &spinner, bounded).await;
        let broke_off = |error: &anyhow::Error| error.downcast_ref().is_some_and(RunError::broke_off);
        if claim.as_ref().is_err_and(broke_off) {
            self.release_unfinished_claim(clients, &identity).await;
        }
        match claim? {
            LeaseClaim::Held(lease) => Ok(lease),
            LeaseClaim::HeldByOther { namespace, holder, since, renewed_at } => bail!(RunError::LeaseHeld {
                namespace,
                holder,
                since,
                renewed_at,
                now: clocks.by_the_server((self.environment.clock)()),
            }),
        }
    }

    /// Releases the Lease, so that the next run need not wait.
    pub(super) async fn release(&self, lease: HeldLease) {
        self.release_in_time(lease.release()).await;
    }

    /// Releases the Lease that an interrupted claim may have got: it would keep others out for
    /// minutes.
    async fn release_unfinished_claim(&self, clients: &Clients, identity: &str) {
        let namespace = &self.live.cluster.lease_namespace;
        self.release_in_time(release_unfinished_claim(clients.kubernetes.clone(), namespace, identity)).await;
    }

    /// Waits for the release of the Lease, but not for long: others get it once it has expired.
    async fn release_in_time(&self, releasing: impl Future<Output = Result<(), LeaseError>>) {
        let problem = match tokio::time::timeout(PATIENCE_AT_THE_END, releasing).await {
            Ok(released) => released.err().map(|error| one_line(&error)),
            Err(_) => Some(format!("no answer within {} s", PATIENCE_AT_THE_END.as_secs())),
        };
        if let Some(problem) = problem {
            self.console.note(&format!("note: the Lease was not given back: {problem}"));
        }
    }
}

/// Does work that changes nothing, until the signal to stop.
///
/// # Errors
/// With what the run was doing when the signal came.
pub(super) async fn unless_stopped<T>(
    stop: &StopSignal,
    spinner: &Spinner,
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    tokio::select! {
        biased;
        _ = stop.stopped() => Err(RunError::Interrupted { doing: spinner.doing() }.into()),
        done = work => done,
    }
}

#[cfg(test)]
mod tests {
    use super::super::compute::compute;
    use super::*;
    use crate::apply::StopCause;
    use crate::duration::Seconds;

    #[tokio::test]
    async fn a_signal_is_heard_while_the_run_thinks() {
        let (stop, spinner) = (StopSignal::default(), Spinner::new(false));
        spinner.set_label("planning");
        let (release, released) = std::sync::mpsc::channel::<()>();
        let endless = compute(move || released.recv(), Deadline::new(Seconds::minutes(5)), &spinner);
        let work = async { anyhow::Ok(endless.await.map(|_| ())?) };
        stop.stop(StopCause::Interrupted);
        let error = unless_stopped(&stop, &spinner, work).await.expect_err("stopped");
        assert_eq!(error.to_string(), "interrupted while planning; nothing was changed");
        drop(release);
    }

    #[tokio::test]
    async fn work_that_changes_nothing_ends_with_the_wish_to_stop() {
        let (stop, spinner) = (StopSignal::default(), Spinner::new(false));
        spinner.set_label("listing pods");
        let done = unless_stopped(&stop, &spinner, std::future::ready(Ok(1))).await;
        assert_eq!(done.ok(), Some(1));
        stop.stop(StopCause::Interrupted);
        let error = unless_stopped(&stop, &spinner, std::future::ready(Ok(1))).await.expect_err("stopped");
        assert_eq!(error.to_string(), "interrupted while listing pods; nothing was changed");
    }
}
