//! The prices of machines: from the file that `--prices` names, and from EC2 with `--spot-prices`.

use anyhow::bail;

use super::RunError;
use super::replay::is_replay;
use crate::cli::{CloudName, LiveFlags, PriceFlags, SourceFlags};
use crate::gather::prices::{self, GivenPrices};
use crate::policy::{Policy, TimedPolicy};
use crate::snapshot::Snapshot;

/// Reads `--prices` before the cluster, so that a slip of the pen costs no time.
///
/// # Errors
/// When the file is not one of prices, or when a replay would have to read from AWS.
pub(super) fn read(flags: &PriceFlags, source: &SourceFlags) -> anyhow::Result<Option<GivenPrices>> {
    if flags.spot_prices && is_replay(source) {
        bail!(RunError::usage(
            "--spot-prices reads from EC2, and a replay reads from no server",
            "take the snapshot with --spot-prices, or pass --prices FILE",
        ));
    }
    let mut given: Option<GivenPrices> = None;
    for file in &flags.prices {
        given.get_or_insert_default().add(prices::read(file)?);
    }
    Ok(given)
}

/// Refuses `--spot-prices` in a cloud that has no spot instances.
///
/// # Errors
/// With the way out.
pub(super) fn check_cloud(flags: &PriceFlags, live: &LiveFlags) -> Result<(), RunError> {
    match (live.cloud.cloud, flags.spot_prices) {
        (CloudName::Magnum, true) => Err(RunError::usage(
            "--spot-prices reads from EC2, and the cloud is magnum",
            "pass --prices FILE with a line region,flavor,usd_per_hour for each flavor",
        )),
        (CloudName::Magnum, false) | (CloudName::Aws, _) => Ok(()),
    }
}

/// Puts the prices into a snapshot.
pub(super) fn put_into(snapshot: &mut Snapshot, prices: Option<GivenPrices>) {
    if let Some(prices) = prices {
        prices::put_into(snapshot, prices);
    }
}

/// Refuses a policy that decides by prices where no flag gives prices, before anything is read.
///
/// # Errors
/// With the ways out.
pub(super) fn check_source(policy: &TimedPolicy, flags: &PriceFlags, source: &SourceFlags) -> Result<(), RunError> {
    require(policy, !flags.prices.is_empty() || flags.spot_prices || is_replay(source))
}

/// Refuses it where a saved snapshot holds no prices. It would then decide nothing, which nobody
/// would notice.
///
/// # Errors
/// As [`check_source`].
pub(super) fn check_snapshot(policy: &TimedPolicy, snapshot: &Snapshot) -> Result<(), RunError> {
    require(policy, snapshot.prices.is_some())
}

fn require(policy: &TimedPolicy, has_prices: bool) -> Result<(), RunError> {
    match policy.most(Policy::needs_prices).filter(|_| !has_prices) {
        Some(flag) => Err(RunError::usage(
            format!("{flag} needs prices, and there are none"),
            format!("pass --prices FILE, or --spot-prices where all groups are of spot instances; or leave {flag} out"),
        )),
        None => Ok(()),
    }
}
