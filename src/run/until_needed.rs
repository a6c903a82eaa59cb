//! `apply --until-needed`: waits for a pod that needs a node before the one look.

use std::time::{Duration, Instant};

use super::progress::Spinner;
use super::{Environment, Request, RunError, settings};
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
        clients: Option<Clients>,
        /// Whether a pod was called unschedulable.
        is_called: bool,
    },
    /// A signal ended it. Nothing was looked at.
    Stopped,
}

/// Waits until a pod is called unschedulable, or for so long.
///
/// # Errors
/// When there are no usable credentials, or they do not allow to list and watch pods.
pub(super) async fn wait(
    wait: Seconds,
    request: &Request<'_>,
    environment: &Environment,
    stop: &StopSignal,
    spinner: &Spinner,
) -> anyhow::Result<Waited> {
    let connect = settings::connect_options(request.live, environment)?;
    let work = async {
        spinner.set_label("connecting");
        let clients = Box::pin(Clients::connect(&connect)).await?;
        spinner.set_label("waiting for a pod that needs a node");
        let callers = Callers::of(request.policy);
        let begun = Instant::now();
        let end = Box::pin(until_needed(clients.api_server(), &callers, wait.into(), environment.clock)).await;
        let end = end.map_err(GatherError::from)?;
        log(end, begun.elapsed());
        anyhow::Ok(Waited::Over { clients: Some(clients), is_called: matches!(end, WaitEnd::Called { .. }) })
    };
    tokio::select! {
        biased;
        _ = stop.stopped() => Ok(Waited::Stopped),
        waited = work => waited,
    }
}

fn log(end: WaitEnd, waited: Duration) {
    match end {
        WaitEnd::Called { pods } => tracing::info!("waiting: {pods} pods were called unschedulable, after {waited:.1?}"),
        WaitEnd::TimeUp => tracing::info!("waiting: no pod was called unschedulable in {waited:.1?}"),
    }
}
