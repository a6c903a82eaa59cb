//! `apply --until-needed`: waits for a pod that needs a node before the one look.

use std::time::{Duration, Instant};

use super::connecting::connect;
use super::deadline::Deadline;
use super::progress::Spinner;
use super::{Console, Environment, Request, RunError};
use crate::apply::StopSignal;
use crate::cli::ApplyCommand;
use crate::duration::Seconds;
use crate::gather::until_needed::{Callers, WaitEnd, until_needed};
use crate::gather::{Clients, GatherError};
use crate::progress::Progress;

/// Refuses the flag where there is nothing to wait for.
pub(super) fn check(command: &ApplyCommand) -> Result<(), RunError> {
    if command.until_needed.is_none() {
        return Ok(());
    }
    if command.plan.is_some() {
        return Err(RunError::usage(
            "--until-needed waits before a run looks and plans, and PLAN has been made already",
            "leave --until-needed out, or apply without PLAN",
        ));
    }
    if command.dry_run {
        return Err(RunError::usage(
            "--until-needed is for a run that acts, and --dry-run changes nothing",
            "leave one of the two out",
        ));
    }
    Ok(())
}

/// How a wait ended, with the clients for what follows.
pub(super) enum Waited {
    /// The run looks now.
    Over {
        /// The clients, where it waited.
        clients: Option<Box<Clients>>,
        /// Whether a pod was called unschedulable.
        is_called: bool,
    },
    /// A signal ended it. Nothing was looked at.
    Stopped,
}

/// A wait for a pod that needs a node.
pub(super) struct Wait<'a> {
    pub(super) request: &'a Request<'a>,
    pub(super) environment: &'a Environment,
    pub(super) console: &'a Console,
    pub(super) stop: &'a StopSignal,
}

impl Wait<'_> {
    /// Waits where that is wanted, and adds the time to the deadline. A run that can only fail,
    /// because the cluster has no name, does not wait for that.
    ///
    /// # Errors
    /// When there are no usable credentials, or they do not allow to list and watch pods.
    pub(super) async fn until_needed(&self, deadline: &mut Deadline) -> anyhow::Result<Waited> {
        let is_named = self.request.live.cluster.cluster_name.is_some();
        let Some(limit) = self.request.until_needed.filter(|_| is_named) else {
            return Ok(Waited::Over { clients: None, is_called: false });
        };
        let begun = Instant::now();
        let waited = tokio::select! {
            biased;
            _ = self.stop.stopped() => {
                self.console.note("stopped while waiting for a pod; nothing was looked at or changed");
                Waited::Stopped
            }
            waited = self.at_most(limit) => waited?,
        };
        deadline.put_off(begun.elapsed());
        Ok(waited)
    }

    async fn at_most(&self, limit: Seconds) -> anyhow::Result<Waited> {
        let spinner = Spinner::new(self.console.progress);
        spinner.set_label("connecting");
        let clients = connect(self.request.live, self.environment).await?;
        spinner.set_label("waiting for a pod that needs a node");
        let begun = Instant::now();
        let policy = self.request.policy.at((self.environment.clock)());
        let callers = Callers::of(&policy);
        let end = Box::pin(until_needed(clients.api_server(), &callers, limit.into(), self.environment.clock)).await;
        let end = end.map_err(GatherError::from)?;
        log(end, begun.elapsed());
        Ok(Waited::Over { clients: Some(Box::new(clients)), is_called: matches!(end, WaitEnd::Called { .. }) })
    }
}

fn log(end: WaitEnd, waited: Duration) {
    match end {
        WaitEnd::Called { callers } => {
            tracing::info!("waiting: {callers} pods, requests or buffers need nodes, after {waited:.1?}");
        }
        WaitEnd::TimeUp => tracing::info!("waiting: nothing needed a node for {waited:.1?}"),
    }
}
