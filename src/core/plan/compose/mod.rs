//! The plan as a document of the decisions. Nothing is decided here: the same decisions always make
//! the same document.

mod actions;
mod buffers;
mod desired;
mod expected;
mod gangs;
mod groups;
mod instances;
mod nodes;
mod requests;
mod summary;

use super::bill::bill;
use super::decisions::Decisions;
use super::document::{Plan, SCHEMA};
use super::findings::findings;
use super::report::{PodReport, added, without};
use super::situation::Situation;
use crate::snapshot::Snapshot;

pub(super) use actions::actions;

/// Composes the plan of some decisions about a situation.
pub(crate) fn compose(situation: &Situation<'_>, decisions: &Decisions) -> Plan {
    let (snapshot, policy) = (situation.fleet.snapshot, situation.fleet.policy);
    let pods = pods(situation, decisions);
    let groups = groups::groups(situation, decisions);
    let nodes = nodes::nodes(situation, decisions);
    let findings = findings(situation, decisions, &pods);
    Plan {
        schema: SCHEMA.to_owned(),
        made_at: snapshot.taken_at,
        cluster: snapshot.cluster.clone(),
        regions: regions_in_order(snapshot),
        looked_at: snapshot.looked_at.clone(),
        policy: policy.clone(),
        added: added::added_reports(&snapshot.looked_at.added, &pods),
        without: without::without_reports(&snapshot.looked_at.without, &pods),
        summary: summary::summary(&groups, &pods, &nodes, &findings),
        actions: actions(situation, decisions),
        instances: instances::instances(&situation.fleet, &decisions.lost),
        replay: decisions.scale_up.replay.clone(),
        bill: bill(situation, decisions),
        groups,
        gangs: gangs::gangs(situation, decisions, &pods),
        expected: expected::expected(situation, decisions),
        buffers: buffers::buffers(situation, decisions),
        requests: requests::requests(&situation.fleet, decisions),
        pods,
        nodes,
        findings,
    }
}

fn regions_in_order(snapshot: &Snapshot) -> Vec<String> {
    let mut regions: Vec<_> = snapshot.regions.iter().map(|region| (region.preference, region.name.clone())).collect();
    regions.sort_unstable();
    regions.into_iter().map(|(_, name)| name).collect()
}

fn pods(situation: &Situation<'_>, decisions: &Decisions) -> Vec<PodReport> {
    let rulings = situation.fleet.unbound.iter().zip(&decisions.scale_up.rulings);
    rulings.map(|(pod, ruling)| PodReport { pod: pod.id(), placed: ruling.placed, ruling: ruling.ruling.clone() }).collect()
}
