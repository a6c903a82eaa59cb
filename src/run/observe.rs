//! The snapshot: from the live cluster, from a file, or from the program itself.

use super::deadline::Deadline;
use super::progress::Spinner;
use super::settings::ActivityReach;
use super::{Console, RunError, Surroundings, prices, settings};
use crate::cli::{LiveFlags, PriceFlags, SourceFlags};
use crate::demo;
use crate::gather::replay::read_snapshot;
use crate::gather::{Clients, GatherOptions, Progress, gather};
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
    around: &Surroundings,
    console: &Console,
) -> Result<Snapshot, RunError> {
    observe_with(source, price_flags, live, activities, FinishedPods::LeftOut, around, console).await
}

/// Whether pods that have ended are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FinishedPods {
    /// They stay on the server.
    LeftOut,
    /// They are read as well.
    Read,
}

/// As [`observe`], perhaps with pods that have ended.
///
/// # Errors
/// As [`observe`].
pub(super) async fn observe_with(
    source: &SourceFlags,
    price_flags: &PriceFlags,
    live: &LiveFlags,
    activities: ActivityReach,
    finished: FinishedPods,
    around: &Surroundings,
    console: &Console,
) -> Result<Snapshot, RunError> {
    let prices = prices::read(price_flags, source)?;
    if let Some(mut snapshot) = saved(source)? {
        prices::put_into(&mut snapshot, prices);
        return Ok(snapshot);
    }
    let spinner = Spinner::new(console.progress);
    let options = settings::gather_options(live, price_flags, around, activities);
    let options = GatherOptions { finished_pods: finished == FinishedPods::Read, ..options };
    let deadline = Deadline::new(live.cluster.timeout);
    let (_, mut snapshot) = observe_live(live, &options, around, &spinner, deadline).await?;
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

/// Takes a snapshot within the deadline. The clients are handed back for `apply`.
///
/// # Errors
/// As [`observe`].
pub(super) async fn observe_live(
    live: &LiveFlags,
    options: &GatherOptions,
    around: &Surroundings,
    spinner: &Spinner,
    deadline: Deadline,
) -> Result<(Clients, Snapshot), RunError> {
    let connect = settings::connect_options(live, around)?;
    let work = async {
        spinner.say("connecting");
        let clients = Box::pin(Clients::connect(&connect)).await?;
        let snapshot = Box::pin(gather(&clients, options, (around.clock)(), spinner)).await?;
        Ok::<_, RunError>((clients, snapshot))
    };
    deadline.bound(work, spinner).await?
}
