//! How long pods waited for a node.

use schemars::JsonSchema;
use serde::Serialize;

use crate::duration::Seconds;

/// Waits are counted up to these bounds, inclusive. The bounds are close to each other where a
/// person still looks at the screen.
const BOUNDS: [Seconds; 14] = [
    Seconds(0),
    Seconds(30),
    Seconds::minutes(1),
    Seconds::minutes(2),
    Seconds::minutes(3),
    Seconds::minutes(5),
    Seconds::minutes(10),
    Seconds::minutes(15),
    Seconds::minutes(30),
    Seconds::minutes(60),
    Seconds::minutes(2 * 60),
    Seconds::minutes(4 * 60),
    Seconds::minutes(12 * 60),
    Seconds::minutes(24 * 60),
];

/// How long the pods that got a node had none: all of it, also after they were evicted or lost
/// their node. Percentiles are by nearest rank: the smallest wait that so many percent of the pods
/// did not exceed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Waits {
    /// Half of them waited at most so long.
    pub p50: Seconds,
    /// 95 of 100.
    pub p95: Seconds,
    /// 99 of 100.
    pub p99: Seconds,
    /// The longest.
    pub max: Seconds,
    /// The wait that each percent of the pods did not exceed: the shortest, p1, p2 and so on to the
    /// longest.
    pub percentiles: Vec<Seconds>,
    /// How many waited how long.
    pub distribution: Vec<WaitBin>,
}

/// Pods that waited longer than the bound of the bin before, and not longer than this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WaitBin {
    /// Not longer than this; absent in the last bin, which is without a bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub up_to: Option<Seconds>,
    /// So many pods.
    pub pods: u32,
}

impl Waits {
    /// Returns the figures of these waits; `None` where no pod got a node.
    pub(super) fn from_waits(waits: impl Iterator<Item = Seconds>) -> Option<Self> {
        let mut waits: Vec<Seconds> = waits.collect();
        waits.sort_unstable();
        let max = *waits.last()?;
        let at = |percent| nearest_rank(&waits, percent);
        let percentiles = (0..=100).map(at).collect();
        Some(Self { p50: at(50), p95: at(95), p99: at(99), max, percentiles, distribution: distribution(&waits) })
    }
}

/// Returns the value at rank ⌈percent · n ÷ 100⌉ of a sorted list that is not empty.
fn nearest_rank(sorted: &[Seconds], percent: usize) -> Seconds {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted[rank - 1]
}

fn distribution(sorted: &[Seconds]) -> Vec<WaitBin> {
    let below = |bound: Seconds| sorted.partition_point(|wait| *wait <= bound);
    let bounds = BOUNDS.into_iter().map(Some).chain([None]);
    let mut counted = 0;
    let bins = bounds.map(|up_to| {
        let reached = up_to.map_or(sorted.len(), below);
        let pods = u32::try_from(reached - counted).unwrap_or(u32::MAX);
        counted = reached;
        WaitBin { up_to, pods }
    });
    bins.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits_of(waits: &[u64]) -> Option<Waits> {
        Waits::from_waits(waits.iter().copied().map(Seconds))
    }

    #[test]
    fn percentiles_are_waits_that_occurred() {
        let hundred: Vec<u64> = (1..=100).rev().collect();
        let waits = waits_of(&hundred).expect("not empty");
        assert_eq!((waits.p50, waits.p95, waits.p99, waits.max), (Seconds(50), Seconds(95), Seconds(99), Seconds(100)));
        // Ranks ⌈2.5⌉, ⌈4.75⌉ and ⌈4.95⌉ of five.
        let waits = waits_of(&[10, 20, 30, 40, 50]).expect("not empty");
        assert_eq!((waits.p50, waits.p95, waits.p99), (Seconds(30), Seconds(50), Seconds(50)));
        let waits = waits_of(&[7]).expect("not empty");
        assert_eq!((waits.p50, waits.p99, waits.max), (Seconds(7), Seconds(7), Seconds(7)));
        assert_eq!(waits_of(&[]), None);
    }

    #[test]
    fn every_wait_is_in_one_bin() {
        let waits = waits_of(&[0, 0, 1, 30, 31, 60, 100_000]).expect("not empty");
        let filled: Vec<_> = waits.distribution.iter().filter(|bin| bin.pods > 0).map(|bin| (bin.up_to, bin.pods)).collect();
        assert_eq!(filled, [(Some(Seconds(0)), 2), (Some(Seconds(30)), 2), (Some(Seconds(60)), 2), (None, 1)]);
    }
}
