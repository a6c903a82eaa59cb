//! Findings about how much a run sees, and about what its own pod could do to others.

use std::collections::BTreeSet;

use super::fleet::{Acquaintance, Fleet, GroupEntry, IgnoredClaim, NodeEntry, NodeIx, OddClock};
use super::group_health::{never_registered, strangers};
use super::node_outcome::NodeOutcome;
use super::node_state::looks_dead;
use super::report::{FindingCode, NodeState};
use super::situation::Situation;
use super::template::{Daemons, Template};
use crate::duration::Seconds;
use crate::index_vec::IndexVec;
use crate::snapshot::ObjectName;

/// Returns all of them, in no order.
pub(super) fn view_findings(situation: &Situation<'_>, nodes: &IndexVec<NodeIx, NodeOutcome>) -> Vec<FindingCode> {
    let Situation { fleet, daemons, .. } = situation;
    let mut codes: Vec<FindingCode> = unknown_account(fleet).into_iter().collect();
    codes.extend(fleet.odd_clocks().into_iter().map(clock_off));
    codes.extend(fleet.groups.iter().filter_map(|group| old_strangers(fleet, group)));
    codes.extend(fleet.nodes.iter().filter_map(|entry| contested(fleet, entry)));
    codes.extend(fleet.ignored_claims.iter().map(ignored_claim));
    codes.extend(own_pod(fleet));
    codes.extend(fleet.nodes.iter().zip(nodes).filter_map(|(entry, outcome)| silent(fleet, entry, &outcome.state)));
    for (index, group) in fleet.groups.iter_numbered() {
        codes.extend(situation.template(index).iter().flat_map(|template| daemons_without_room(group, template, daemons)));
    }
    codes
}

fn unknown_account(fleet: &Fleet<'_>) -> Option<FindingCode> {
    if fleet.acquaintance() != Acquaintance::Strangers {
        return None;
    }
    let example = fleet.nodes.iter().find(|entry| entry.node.is_ready())?;
    let cluster = &fleet.snapshot.cluster;
    Some(FindingCode::AccountUnknown {
        cluster: cluster.uid.clone(),
        account: cluster.account.clone(),
        example: example.node.name.clone(),
        grows: fleet.policy.first_nodes,
    })
}

fn clock_off(clock: OddClock) -> FindingCode {
    FindingCode::ClockOff { clock: clock.whose, ahead: clock.ahead, stops_removals: clock.stops_removals() }
}

fn old_strangers(fleet: &Fleet<'_>, group: &GroupEntry<'_>) -> Option<FindingCode> {
    let instances = strangers(fleet, group);
    // One that has just left a warm pool is as old, and will be a node in a moment.
    let is_overdue = never_registered(fleet, group).next().is_some();
    let limit = Seconds(group.policy.instance_init_time.0.saturating_mul(2));
    (instances > 0 && is_overdue).then(|| FindingCode::Strangers { group: group.id().clone(), instances, limit })
}

/// Returns each pair of Nodes once, with the one that comes first.
fn contested(fleet: &Fleet<'_>, entry: &NodeEntry<'_>) -> Option<FindingCode> {
    let other = fleet.nodes[entry.rival?].node.name.clone();
    let node = entry.node.name.clone();
    (node <= other).then_some(FindingCode::Contested { node, other })
}

fn ignored_claim(IgnoredClaim { claim, node }: &IgnoredClaim) -> FindingCode {
    FindingCode::SelectedNodeIgnored { claim: claim.clone(), node: node.clone() }
}

/// Returns what the run's own pod could do to others.
fn own_pod(fleet: &Fleet<'_>) -> Vec<FindingCode> {
    let cluster = &fleet.snapshot.cluster;
    let Some(own) = &cluster.own_pod else { return Vec::new() };
    let preempts = cluster.own_pod_preempts.then(|| FindingCode::RunPreempts { pod: own.clone() });
    let is_own = |entry: &&NodeEntry<'_>| entry.pods.iter().any(|pod| pod.namespace == own.namespace && pod.name == own.name);
    let worker = fleet.nodes.iter().find(is_own).filter(|entry| entry.member_of.is_some());
    let on_worker = worker.map(|entry| FindingCode::RunOnWorker { node: entry.node.name.clone() });
    preempts.into_iter().chain(on_worker).collect()
}

/// Returns the finding on a node that would be dead if no pod kept it.
fn silent(fleet: &Fleet<'_>, entry: &NodeEntry<'_>, state: &NodeState) -> Option<FindingCode> {
    let since = looks_dead(fleet, entry)?;
    let is_reported = matches!(state, NodeState::Dead { .. } | NodeState::InstanceTerminated { .. });
    let pod = entry.holders.iter().map(|pod| pod.id()).min().filter(|_| !is_reported)?;
    Some(FindingCode::SilentNode { node: entry.node.name.clone(), since, pod })
}

/// Returns the DaemonSets that fit on no variant of a group's template.
fn daemons_without_room(group: &GroupEntry<'_>, template: &Template, daemons: &Daemons<'_>) -> Vec<FindingCode> {
    let mut variants = template.variants.iter().map(|variant| daemons.without_room(&template.place(variant)));
    let mut sets: BTreeSet<ObjectName> = variants.next().unwrap_or_default().into_iter().collect();
    variants.for_each(|other| sets.retain(|set| other.contains(set)));
    sets.into_iter().map(|daemon_set| FindingCode::DaemonSetFitsNowhere { group: group.id().clone(), daemon_set }).collect()
}
