//! What went wrong outside of the planner: launches that failed, and outages of the trace.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::series::stretch;
use crate::duration::Seconds;
use crate::simulate::History;
use crate::snapshot::GroupId;

/// Launches of a group that failed about the same time: within a two-hundredth of the simulation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FailedLaunches {
    /// When the first of them failed.
    pub at: Seconds,
    /// The group.
    #[serde(flatten)]
    pub group: GroupId,
    /// How many.
    pub launches: u32,
}

/// A period in which launches fail, by the trace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OutagePeriod {
    /// Its start.
    pub from: Seconds,
    /// Its end.
    pub until: Seconds,
    /// The region; any where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The name of the groups; any where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The zone; any where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
}

/// Returns the failures by time and group.
pub(super) fn failed_launches(history: &History) -> Vec<FailedLaunches> {
    let mut found: BTreeMap<(u64, usize), (Seconds, u32)> = BTreeMap::new();
    for failure in &history.failures {
        let (_, launches) = found.entry((stretch(history, failure.at), failure.group)).or_insert((failure.at, 0));
        *launches += failure.launches;
    }
    let named = |((_, group), (at, launches)): ((u64, usize), (Seconds, u32))| FailedLaunches {
        at,
        group: history.groups[group].clone(),
        launches,
    };
    found.into_iter().map(named).collect()
}

/// Returns the outages that began before the end, in the order of the trace.
pub(super) fn outages(history: &History) -> Vec<OutagePeriod> {
    let began = history.outages.iter().filter(|outage| outage.from < history.lasted);
    let period = |outage: &crate::trace::Outage| OutagePeriod {
        from: outage.from,
        until: outage.until.min(history.lasted),
        region: outage.region.clone(),
        group: outage.group.clone(),
        zone: outage.zone.clone(),
    };
    began.map(period).collect()
}

#[cfg(test)]
mod tests {
    use super::super::test_report;
    use super::*;
    use crate::simulate::LaunchFailures;

    #[test]
    fn failures_of_a_group_that_are_close_to_each_other_are_one_mark() {
        let mut history = test_report::two_hours();
        let failed = |at, group| LaunchFailures { at: Seconds(at), group, launches: 1 };
        history.failures = vec![failed(0, 0), failed(20, 0), failed(20, 1), failed(40, 0)];
        let found: Vec<_> =
            failed_launches(&history).iter().map(|one| (one.at.0, one.group.name.clone(), one.launches)).collect();
        assert_eq!(found, [(0, "cpu".to_owned(), 2), (20, "spot".to_owned(), 1), (40, "cpu".to_owned(), 1)]);
    }
}
