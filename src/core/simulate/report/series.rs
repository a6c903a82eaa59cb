//! The state of the world over time, thinned out to what a chart can show.

use schemars::JsonSchema;
use serde::Serialize;

use super::money::{Spending, Usd};
use crate::duration::Seconds;
use crate::simulate::{History, WorldSample};
use crate::snapshot::UsdPerHour;

/// The time is cut into this many stretches.
const STRETCHES: u64 = 200;
/// At most this many moments are kept of each stretch, so that there are about a thousand in all.
const KEPT: usize = 5;

/// How things stood from a moment on, until the next one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Moment {
    /// The moment, in seconds since the begin.
    pub at: Seconds,
    /// Nodes that are Ready, by group, in the order of `groups`.
    pub nodes: Vec<u32>,
    /// Instances launched whose node is not Ready yet, by group.
    pub starting: Vec<u32>,
    /// Pods that wait for a node.
    pub waiting: u32,
    /// Pods that run.
    pub running: u32,
    /// What all existing instances cost, as far as prices are known.
    pub rate: UsdPerHour,
    /// The same by group.
    pub rates: Vec<UsdPerHour>,
    /// How much of it is for instances without a pod that is no DaemonSet's, by group.
    pub idle_rates: Vec<UsdPerHour>,
    /// What was spent until then, as far as prices are known.
    pub spent: Usd,
}

impl Moment {
    /// Returns the nodes that exist or are on their way.
    #[must_use]
    pub fn instances(&self) -> u32 {
        self.nodes.iter().chain(&self.starting).sum()
    }
}

/// Returns the moments that are kept: of each stretch the last, and those with the fewest and the
/// most instances, the most waiting pods and the highest rate; also the first and the very end.
pub(super) fn moments(history: &History) -> Vec<Moment> {
    let all = all_moments(history);
    let mut kept = Vec::new();
    for part in all.chunk_by(|one, next| stretch(history, one.at) == stretch(history, next.at)) {
        kept.extend(extremes(part).into_iter().map(|place| part[place].clone()));
    }
    if let Some(first) = all.first().filter(|first| kept.first() != Some(first)) {
        kept.insert(0, first.clone());
    }
    kept
}

/// Returns the number of the stretch that holds a moment.
pub(super) fn stretch(history: &History, at: Seconds) -> u64 {
    at.0 * STRETCHES / history.lasted.0.max(1)
}

fn all_moments(history: &History) -> Vec<Moment> {
    let mut spent = Spending::default();
    let mut all: Vec<Moment> = Vec::with_capacity(history.samples.len() + 1);
    let mut before: Option<&WorldSample> = None;
    for sample in &history.samples {
        if let Some(before) = before {
            spent += Spending::for_time(before.rate, Seconds(sample.at.0.saturating_sub(before.at.0)));
        }
        before = Some(sample);
        all.push(moment(sample, sample.at, spent));
    }
    if let Some(last) = before.filter(|last| last.at < history.lasted) {
        spent += Spending::for_time(last.rate, Seconds(history.lasted.0 - last.at.0));
        all.push(moment(last, history.lasted, spent));
    }
    all
}

fn moment(sample: &WorldSample, at: Seconds, spent: Spending) -> Moment {
    let WorldSample { nodes, starting, waiting, running, rate, costs, at: _ } = sample.clone();
    let (rates, idle_rates) = costs.iter().map(|cost| (cost.rate, cost.idle_rate)).unzip();
    Moment { at, nodes, starting, waiting, running, rate, rates, idle_rates, spent: spent.rounded() }
}

/// Returns the places of the moments with the extreme values, in order and each once.
fn extremes(part: &[Moment]) -> Vec<usize> {
    let most = |measure: &dyn Fn(&Moment) -> u64| {
        (0..part.len()).max_by_key(|place| (measure(&part[*place]), std::cmp::Reverse(*place))).unwrap_or_default()
    };
    let mut places = [
        part.len() - 1,
        most(&|moment| u64::from(moment.instances())),
        most(&|moment| u64::from(u32::MAX - moment.instances())),
        most(&|moment| u64::from(moment.waiting)),
        most(&|moment| moment.rate.micros()),
    ];
    places.sort_unstable();
    let mut places = places.to_vec();
    places.dedup();
    debug_assert!(places.len() <= KEPT);
    places
}

#[cfg(test)]
mod tests {
    use super::super::test_report;
    use super::*;

    #[test]
    fn what_was_spent_is_the_rate_over_time() {
        let mut history = test_report::history();
        history.lasted = Seconds(7200);
        history.samples = vec![test_report::at(0, 2, 0, 3_600_000), test_report::at(1800, 1, 0, 1_800_000)];
        let spent: Vec<_> = moments(&history).iter().map(|moment| (moment.at.0, moment.spent.micros())).collect();
        assert_eq!(spent, [(0, 0), (1800, 1_800_000), (7200, 1_800_000 + 2_700_000)]);
    }

    #[test]
    fn thinning_keeps_the_peaks() {
        let mut history = test_report::history();
        history.lasted = Seconds(100_000);
        history.samples = (0..50_000).map(|place| test_report::at(place * 2, 10, 5, 1_000_000)).collect();
        history.samples[31_234].waiting = 777;
        history.samples[41_001].nodes = vec![99];
        history.samples[41_002].nodes = vec![1];
        let moments = moments(&history);
        assert!(moments.len() <= 1_001, "{}", moments.len());
        assert_eq!(moments.iter().map(|moment| moment.waiting).max(), Some(777));
        assert_eq!(moments.iter().map(Moment::instances).max(), Some(99));
        assert_eq!(moments.iter().map(Moment::instances).min(), Some(1));
        assert_eq!(moments.last().map(|moment| moment.at), Some(Seconds(100_000)));
        assert!(moments.is_sorted_by_key(|moment| moment.at));
    }

    #[test]
    fn of_nothing_there_is_no_moment() {
        assert_eq!(moments(&test_report::history()), []);
    }
}
