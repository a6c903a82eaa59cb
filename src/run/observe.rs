//! The snapshot: from the live cluster, from a file, or from the program itself.

use super::deadline::Deadline;
use super::progress::Spinner;
use super::settings::ActivityReach;
use super::{RunError, Surroundings, prices, settings};
use crate::cli::{LiveFlags, PriceFlags, SourceFlags};
use crate::demo;
use crate::gather::replay::read_snapshot;
use crate::gather::{Clients, GatherOptions, gather};
use crate::progress::Progress;
use crate::snapshot::Snapshot;

/// Reads the saved snapshot, or takes one.
///
/// # Errors
/// When there is none.
pub(super) async fn observe(
    source: &SourceFlags,
    price_flags: &PriceFlags,
    live: &LiveFlags,
    activities: ActivityReach,
    spinner: &Spinner,
    deadline: Deadline,
    around: &Surroundings,
) -> Result<Snapshot, RunError> {
    let options = settings::gather_options(live, price_flags, around, activities);
    observe_with(source, price_flags, live, &options, spinner, deadline, around).await
}

/// As [`observe`], with options that are not those of a plan.
///
/// # Errors
/// As [`observe`].
pub(super) async fn observe_with(
    source: &SourceFlags,
    price_flags: &PriceFlags,
    live: &LiveFlags,
    options: &GatherOptions,
    spinner: &Spinner,
    deadline: Deadline,
    around: &Surroundings,
) -> Result<Snapshot, RunError> {
    let prices = prices::read(price_flags, source)?;
    if let Some(mut snapshot) = saved(source)? {
        prices::put_into(&mut snapshot, prices);
        return Ok(snapshot);
    }
    let (_, mut snapshot) = observe_live(None, live, options, around, spinner, deadline).await?;
    prices::put_into(&mut snapshot, prices);
    Ok(snapshot)
}

/// Whether anything but the live cluster is asked for.
pub(super) fn is_replay(source: &SourceFlags) -> bool {
    source.demo || source.snapshot.is_some()
}

/// The snapshot that a file or the program itself holds, if it is to be one of those.
///
/// # Errors
/// When it cannot be read.
pub(super) fn saved(source: &SourceFlags) -> Result<Option<Snapshot>, RunError> {
    match (&source.snapshot, source.demo) {
        (Some(path), _) => Ok(Some(read_snapshot(path)?)),
        (None, true) => Ok(Some(demo::snapshot())),
        (None, false) => Ok(None),
    }
}

/// Takes a snapshot within the deadline, with the clients of an earlier look if there was one. They are handed back for `apply`.
///
/// # Errors
/// As [`observe`].
pub(super) async fn observe_live(
    connected: Option<Clients>,
    live: &LiveFlags,
    options: &GatherOptions,
    around: &Surroundings,
    spinner: &Spinner,
    deadline: Deadline,
) -> Result<(Clients, Snapshot), RunError> {
    let connect = settings::connect_options(live, around)?;
    let work = async {
        spinner.say("connecting");
        let clients = match connected {
            Some(clients) => clients,
            None => Box::pin(Clients::connect(&connect)).await?,
        };
        let snapshot = Box::pin(gather(&clients, options, (around.clock)(), spinner)).await?;
        Ok::<_, RunError>((clients, snapshot))
    };
    deadline.bound(work, spinner).await?
}
