//! Gets the snapshot: from the live cluster, or a saved one.

use super::connecting::connect;
use super::deadline::Deadline;
use super::progress::Spinner;
use super::replay::replayed;
use super::{Environment, device_files, prices};
use crate::cli::{LiveFlags, PriceFlags, SourceFlags};
use crate::gather::{Clients, GatherOptions, gather};
use crate::progress::Progress;
use crate::snapshot::Snapshot;
use crate::telemetry::in_stage;

/// Reads the saved snapshot, or takes one.
///
/// # Errors
/// When there is none.
pub(super) async fn observe_with(
    source: &SourceFlags,
    price_flags: &PriceFlags,
    live: &LiveFlags,
    options: &GatherOptions,
    spinner: &Spinner,
    deadline: Deadline,
    environment: &Environment,
) -> anyhow::Result<Snapshot> {
    let prices = prices::read(price_flags, source)?;
    if let Some(mut snapshot) = replayed(source)? {
        prices::put_into(&mut snapshot, prices);
        device_files::add_to(&mut snapshot, &device_files::read(live)?)?;
        return Ok(snapshot);
    }
    prices::check_cloud(price_flags, live)?;
    let (_, mut snapshot) = observe_live(None, live, options, environment, spinner, deadline).await?;
    prices::put_into(&mut snapshot, prices);
    Ok(snapshot)
}

/// Takes a snapshot within the deadline, with the clients of an earlier look if there was one. They
/// are returned for `apply`.
///
/// # Errors
/// As [`observe_with`].
pub(super) async fn observe_live(
    connected: Option<Clients>,
    live: &LiveFlags,
    options: &GatherOptions,
    environment: &Environment,
    spinner: &Spinner,
    deadline: Deadline,
) -> anyhow::Result<(Clients, Snapshot)> {
    let devices = device_files::read(live)?;
    let work = async {
        spinner.set_label("connecting");
        let clients = match connected {
            Some(clients) => clients,
            None => connect(live, environment).await?,
        };
        let mut snapshot = Box::pin(gather(&clients, options, (environment.clock)(), spinner)).await?;
        device_files::add_to(&mut snapshot, &devices)?;
        anyhow::Ok((clients, snapshot))
    };
    in_stage("gather", async { deadline.bound(work, spinner).await? }).await
}
