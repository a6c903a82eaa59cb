//! The pure heart: a snapshot and a policy in, a plan out. No clock, no I/O, and the same plan whatever the order of the input.

mod action;
mod action_words;
mod actions;
mod allowed;
mod amounts;
mod bill;
pub mod check;
mod closed_part;
mod document;
mod drain;
pub mod explain;
mod findings;
mod fleet;
mod group_health;
mod group_reports;
mod node_state;
mod outlook;
mod pending;
mod proofs;
mod reading;
mod reason;
mod refusals;
mod report;
pub mod saved;
mod scale_in;
mod scale_up;
mod situation;
mod template;
mod view_findings;

pub use action::{Action, Eviction, NodeRef};
pub use allowed::allowed;
pub use bill::{Bill, GroupBill};
pub use closed_part::ClosedPart;
pub use document::{Plan, SCHEMA, Summary};
pub use drain::{BlockReason, DrainTerms, Drainability, EvictionCost, PodInTheWay, WaitReason};
pub use reading::PlanError;
pub use reason::{
    CordonReason, DrainReason, GroupRefusal, GrowReason, GrowthBlock, Refusal, TerminateReason, UncordonReason,
    UnhealthyReason, count,
};
pub use refusals::Refusals;
pub use report::{
    AddedReport, Clock, FactSource, Finding, FindingCode, GroupReport, Hold, InstanceReport, InstanceState, Leftover, NewNode,
    NodeDecision, NodeReport, NodeState, NotPlaced, OnNewNodes, PodReport, PodVerdict, Proof, ProofReport, Replay, Ruling,
    TemplateDifference, TemplateReport, Unlike, UpcomingNode, Utilization,
};

pub(crate) use fleet::Prices;
pub(crate) use outlook::{ExpectedNode, GroupOutlook, outlook};
pub(crate) use report::StateTrait;
pub(crate) use scale_up::{Scored, score, scored};

use crate::policy::Policy;
use crate::snapshot::Snapshot;
use actions::Decisions;
use fleet::Fleet;
use group_reports::Departures;
use node_state::Judge;
use scale_in::{Replacement, ScaleIn};
use scale_up::{PodRuling, ScaleUp};
use situation::Situation;

/// Works out what to do about a snapshot under a policy.
///
/// Always succeeds: whatever is wrong becomes a verdict or a finding.
#[must_use]
pub fn plan(snapshot: &Snapshot, policy: &Policy) -> Plan {
    plan_for(&Situation::new(snapshot, policy))
}

fn plan_for(situation: &Situation<'_>) -> Plan {
    let fleet = &situation.fleet;
    let (snapshot, policy) = (fleet.snapshot, fleet.policy);
    let mut scale_up = ScaleUp::work_out(situation);

    let judge = Judge { situation, scale_up: &scale_up };
    let mut states = judge.states();
    let mut scale_in = ScaleIn::work_out(&judge, &mut states);
    if let Some(Replacement { group, node, replaced }) = scale_in.replacement.take() {
        scale_up.purchases[group].replace(node, replaced);
    }
    let decisions: Vec<NodeDecision> =
        (0..fleet.nodes.len()).map(|node| decision(fleet, node, &states[node], &scale_up, &scale_in)).collect();

    let pods = pod_reports(fleet, std::mem::take(&mut scale_up.rulings));
    let groups = group_reports::groups(
        situation,
        &scale_up,
        &Departures { states: &states, decisions: &decisions, lost: &scale_in.lost },
    );
    let findings = findings::findings(situation, &scale_up, &states, &pods, scale_in.mass_failure);
    let bill = bill::bill(situation, &scale_up, &decisions);
    Plan {
        schema: SCHEMA.to_owned(),
        made_at: snapshot.taken_at,
        cluster: snapshot.cluster.clone(),
        regions: regions_in_order(snapshot),
        looked_at: snapshot.looked_at.clone(),
        policy: policy.clone(),
        added: report::added::added_reports(&snapshot.looked_at.added, &pods),
        summary: summary(&groups, &pods, &decisions, &findings),
        actions: Decisions {
            fleet,
            scale_up: &scale_up,
            states: &states,
            nodes: &decisions,
            drains: &scale_in.drains,
            lost: &scale_in.lost,
        }
        .actions(),
        instances: group_reports::instances(fleet, &scale_in.lost),
        nodes: node_reports(fleet, states, &decisions),
        groups,
        pods,
        replay: scale_up.replay,
        bill,
        findings,
    }
}

/// What is done with a node. Our own leftover cordons and nodes that pending pods need come back first.
fn decision(fleet: &Fleet<'_>, node: usize, state: &NodeState, scale_up: &ScaleUp, scale_in: &ScaleIn) -> NodeDecision {
    let entry = &fleet.nodes[node];
    let is_leftover = state.has(StateTrait::UndoesOurCordon) && entry.node.cordoned_by_us().is_some() && fleet.may_touch(entry);
    let is_former = entry.node.cordoned_by_us().is_some() && fleet.is_former(entry);
    if is_leftover || is_former || scale_up.uncordon.contains_key(&node) {
        return NodeDecision::Uncordon;
    }
    scale_in.decisions.get(&node).copied().unwrap_or(NodeDecision::Keep)
}

fn regions_in_order(snapshot: &Snapshot) -> Vec<String> {
    let mut regions: Vec<_> = snapshot.regions.iter().map(|region| (region.preference, region.name.clone())).collect();
    regions.sort_unstable();
    regions.into_iter().map(|(_, name)| name).collect()
}

fn pod_reports(fleet: &Fleet<'_>, rulings: Vec<PodRuling>) -> Vec<PodReport> {
    let report =
        |(pod, PodRuling { placed, ruling }): (&&crate::snapshot::Pod, PodRuling)| PodReport { pod: pod.id(), placed, ruling };
    fleet.unbound.iter().zip(rulings).map(report).collect()
}

fn node_reports(fleet: &Fleet<'_>, states: Vec<NodeState>, decisions: &[NodeDecision]) -> Vec<NodeReport> {
    let report = |((entry, state), decision): ((&fleet::NodeEntry<'_>, NodeState), &NodeDecision)| NodeReport {
        node: entry.node.name.clone(),
        group: fleet.group_of(entry).map(|group| group.id().clone()),
        message: node_sentence(&state, *decision),
        proofs: proofs::proofs_on_the_way_out(fleet, entry, &state),
        state,
        decision: *decision,
    };
    fleet.nodes.iter().zip(states).zip(decisions).map(report).collect()
}

fn node_sentence(state: &NodeState, decision: NodeDecision) -> String {
    match decision {
        NodeDecision::Keep => state.to_string(),
        NodeDecision::Uncordon => format!("{state}; becomes schedulable again"),
        NodeDecision::Cordon => format!("{state}; is cordoned now, to be terminated by a later run"),
        NodeDecision::Drain => format!("{state}; is drained, to be terminated by a later run"),
        NodeDecision::Replace => format!("{state}; is terminated, and AWS launches another"),
        NodeDecision::Terminate => format!("{state}; is terminated"),
        NodeDecision::Delete => format!("{state}; its Node object is deleted"),
    }
}

fn summary(groups: &[GroupReport], pods: &[PodReport], decisions: &[NodeDecision], findings: &[Finding]) -> Summary {
    let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let decided = |wanted: NodeDecision| small(decisions.iter().filter(|decision| **decision == wanted).count());
    let (mut helped, mut waiting, mut unhelped) = (0, 0, 0);
    for PodReport { ruling, .. } in pods {
        helped += u32::from(ruling.verdict.is_helped());
        waiting += u32::from(matches!(ruling.verdict, PodVerdict::WaitsForRegion { .. }));
        unhelped += u32::from(ruling.verdict.is_unhelped());
    }
    Summary {
        groups_changed: small(groups.iter().filter(|group| group.changes()).count()),
        nodes_added: groups.iter().map(|group| group.added).sum(),
        nodes_removed: decided(NodeDecision::Terminate),
        nodes_cordoned: decided(NodeDecision::Cordon),
        nodes_drained: decided(NodeDecision::Drain),
        instances_replaced: groups.iter().map(|group| group.replaced).sum(),
        nodes_uncordoned: decided(NodeDecision::Uncordon),
        nodes_deleted: decided(NodeDecision::Delete),
        pods_helped: helped,
        pods_waiting: waiting,
        pods_unhelped: unhelped,
        complete: !findings.iter().any(|finding| finding.code.is_incomplete()),
    }
}
