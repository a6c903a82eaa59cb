//! Numbers of a plan that more than one notifier shows.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use crate::plan::{Finding, GrowthBlock, Plan, Ruling};
use crate::snapshot::GroupId;

/// Returns how many pods have each verdict, by its `code` in JSON.
pub(super) fn pods_by_verdict(plan: &Plan) -> BTreeMap<String, u64> {
    // Tens of thousands of pods share few rulings: each is named once.
    let mut codes: BTreeMap<*const Ruling, String> = BTreeMap::new();
    let mut numbers = BTreeMap::new();
    for report in &plan.pods {
        let code = codes.entry(Arc::as_ptr(&report.ruling)).or_insert_with(|| code_of(&report.ruling.verdict));
        match numbers.get_mut(code) {
            Some(number) => *number += 1,
            None => drop(numbers.insert(code.clone(), 1)),
        }
    }
    numbers
}

/// Returns how many nodes are in each state.
pub(super) fn nodes_by_state(plan: &Plan) -> BTreeMap<&'static str, u64> {
    let mut numbers = BTreeMap::new();
    for report in &plan.nodes {
        *numbers.entry(report.state.code()).or_default() += 1;
    }
    numbers
}

/// Returns how many findings there are of each kind.
pub(super) fn findings_by_code(plan: &Plan) -> BTreeMap<String, u64> {
    let mut numbers = BTreeMap::new();
    for finding in &plan.findings {
        *numbers.entry(finding_code(finding)).or_default() += 1;
    }
    numbers
}

/// Returns the `code` of a finding in JSON.
pub(super) fn finding_code(finding: &Finding) -> String {
    code_of(&finding.code)
}

/// Returns the tag of one of the plan's enums, as it is in JSON.
fn code_of(value: &impl Serialize) -> String {
    let json = serde_json::to_value(value).unwrap_or_default();
    json["code"].as_str().unwrap_or_default().to_owned()
}

/// A group, or a part of one, that is not grown until a stated time.
pub(super) struct GroupBackoff<'a> {
    pub(super) group: &'a GroupId,
    pub(super) zone: Option<&'a str>,
    pub(super) machine_type: Option<&'a str>,
    pub(super) until: Timestamp,
    pub(super) message: &'a str,
}

/// Returns every backoff of the plan, in the order of its groups.
pub(super) fn backoffs(plan: &Plan) -> Vec<GroupBackoff<'_>> {
    let mut backoffs = Vec::new();
    for report in &plan.groups {
        let group = &report.group;
        if let Some(GrowthBlock::Backoff { until, message, failed_at: _, now: _ }) = &report.blocked {
            backoffs.push(GroupBackoff { group, zone: None, machine_type: None, until: *until, message });
        }
        // A group that is closed as a whole is covered above.
        let parts = report.closed.iter().filter(|part| part.zone.is_some() || part.machine_type.is_some());
        backoffs.extend(parts.map(|part| GroupBackoff {
            group,
            zone: part.zone.as_deref(),
            machine_type: part.machine_type.as_deref(),
            until: part.until,
            message: &part.message,
        }));
    }
    backoffs
}
