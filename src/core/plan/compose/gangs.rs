//! The gangs of which pods wait for a node.

use std::collections::BTreeMap;

use crate::plan::decisions::Decisions;
use crate::plan::gangs::GangIx;
use crate::plan::report::{GangReport, PodReport};
use crate::plan::situation::Situation;

/// Reports on them, in the order in which they are served.
pub(super) fn gangs(situation: &Situation<'_>, decisions: &Decisions, pods: &[PodReport]) -> Vec<GangReport> {
    let gangs = &situation.fleet.gangs;
    if gangs.is_empty() {
        return Vec::new();
    }
    let mut waiting: BTreeMap<GangIx, Vec<&PodReport>> = BTreeMap::new();
    for (pod, report) in situation.fleet.unbound.iter().zip(pods) {
        if let Some(gang) = gangs.of(pod) {
            waiting.entry(gang).or_default().push(report);
        }
    }
    let report = |(gang, unbound): (GangIx, Vec<&PodReport>)| {
        let absent = decisions.scale_up.verdicts_on_absent_members(&situation.fleet, gang);
        GangReport::new(gangs.entry(gang), &unbound, &absent)
    };
    waiting.into_iter().map(report).collect()
}
