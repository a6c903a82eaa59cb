//! What a person should know beside the decisions: what could not be read, and what looks like a
//! mistake.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::bill::missing_prices;
use super::decisions::Decisions;
use super::drain::{given_up_at, is_made_again};
use super::fleet::{Fleet, GroupEntry, NodeEntry, NodeIx};
use super::gang_findings::gangs_that_fell_short;
use super::group_health::{GroupHealth, is_refreshed, never_finished, never_registered};
use super::growth_block::GrowthBlock;
use super::node_outcome::NodeOutcome;
use super::node_state::NodeStates;
use super::report::{Finding, FindingCode, NodeDecision, NodeState, PodReport, StateTrait};
use super::reservation_findings::reservation_findings;
use super::scale_in::{MassFailure, devices_in_pieces};
use super::scale_up::{groups_that_wait, nearly_alike, refused_pods, unhelpful_nodes};
use super::schedule::{ScheduledRun, not_understood, of_use_from, scheduled_runs};
use super::situation::Situation;
use super::template::{Template, differences, labels_asked_for, odd_siblings};
use super::view_findings::view_findings;
use crate::duration::Seconds;
use crate::index_vec::IndexVec;
use crate::plan::amounts::small;
use crate::plan::reason::{GroupRefusal, Refusal};
use crate::snapshot::{
    Claim, ForeignAutoscaler, ForeignLease, GroupId, Membership, MissingFact, Pod, PodVolume, Scheduling, Snapshot, Volume,
};
use crate::well_known::labels;
use crate::well_known::taints::TO_BE_DELETED;

/// So long before a scheduled change ends instances it is a finding.
const A_DAY: Seconds = Seconds(24 * 60 * 60);

/// Returns all findings: those that leave the run incomplete first, then by kind and subject.
pub(super) fn findings(situation: &Situation<'_>, decisions: &Decisions, pods: &[PodReport]) -> Vec<Finding> {
    let (fleet, nodes) = (&situation.fleet, &decisions.nodes);
    let mut codes = unread(fleet);
    codes.extend(decisions.mass_failure.map(|MassFailure { dead, nodes }| FindingCode::MassFailure { dead, nodes }));
    codes.extend(decisions.scale_up.limits_hit.iter().cloned());
    codes.extend(foreign_autoscalers(fleet));
    codes.extend(not_managed(fleet));
    codes.extend(useless_tags(fleet));
    let zonal = zonal_claims(fleet.snapshot);
    let asked_for = labels_asked_for(fleet);
    for (index, group) in fleet.groups.iter_numbered() {
        let (health, template) = (situation.health(index), situation.template(index));
        codes.extend(blocked(group.id(), health, pods));
        codes.extend(of_group(fleet, group));
        codes.extend(zonal_volumes(fleet, group, &zonal));
        codes.extend(of_template(fleet, group, template));
        codes.extend(unpriced(fleet, group, health));
        codes.extend(odd_nodes(fleet, group, &asked_for));
    }
    codes.extend(reservation_findings(situation, decisions));
    codes.extend(not_balanced(situation));
    codes.extend(dead_nodes(fleet, nodes));
    codes.extend(fleet.nodes.iter().filter_map(|entry| drain_given_up(fleet, entry)));
    codes.extend(unmanaged_nodes(fleet, nodes));
    codes.extend(view_findings(situation, nodes));
    codes.extend(left_taints(fleet));
    codes.extend(unhelpful_nodes(situation, &decisions.scale_up.rulings));
    codes.extend(groups_that_wait(fleet, pods));
    codes.extend(gangs_that_fell_short(fleet, &decisions.scale_up.short_gangs));
    codes.extend(refused_pods(pods));
    codes.extend(devices_in_pieces(&NodeStates { situation, scale_up: &decisions.scale_up }, staying(nodes)));
    let mut findings: Vec<Finding> = codes.into_iter().map(Finding::from).collect();
    findings.extend(fleet.groups.iter().flat_map(|group| advice(fleet, group)));
    // Stable: the advice of a group keeps the order that its cloud gave it.
    findings.sort_by(|a, b| (a.code.place(), &a.code).cmp(&(b.code.place(), &b.code)));
    findings.dedup();
    findings.splice(0..0, decisions.refused.iter().cloned().map(Finding::from));
    findings
}

/// Returns the nodes that stay for long enough to move pods to them.
fn staying(nodes: &IndexVec<NodeIx, NodeOutcome>) -> impl Iterator<Item = NodeIx> {
    let stays = |node: &NodeIx| {
        let outcome = &nodes[*node];
        outcome.decision() == NodeDecision::Keep && outcome.state.has(StateTrait::TakesMovedPods)
    };
    nodes.numbers().filter(stays)
}

fn unread(fleet: &Fleet<'_>) -> Vec<FindingCode> {
    let regions = fleet.snapshot.regions.iter().filter_map(|region| {
        Some(FindingCode::RegionUnreadable { region: region.name.clone(), error: region.unreadable.clone()? })
    });
    let facts =
        fleet.snapshot.gaps.iter().map(|gap| FindingCode::MissingFact { fact: gap.fact.clone(), error: gap.error.clone() });
    regions.chain(facts).collect()
}

fn foreign_autoscalers(fleet: &Fleet<'_>) -> Vec<FindingCode> {
    let fresh = fleet.snapshot.foreign_leases.iter().filter(|lease| lease.is_fresh(fleet.now()));
    fresh.map(|lease| FindingCode::ForeignAutoscaler { autoscaler: lease.autoscaler, holder: lease.holder.clone() }).collect()
}

/// Returns the finding on nodes that Cluster Autoscaler was about to end, where none is active: the
/// taint keeps all pods away, and nobody takes it off.
fn left_taints(fleet: &Fleet<'_>) -> Option<FindingCode> {
    let is_cluster_autoscaler = |lease: &&ForeignLease| lease.autoscaler == ForeignAutoscaler::ClusterAutoscaler;
    let mut leases = fleet.snapshot.foreign_leases.iter().filter(is_cluster_autoscaler);
    let is_unread = fleet.snapshot.gaps.iter().any(|gap| gap.fact == MissingFact::ForeignLeases);
    if is_unread || leases.any(|lease| lease.is_fresh(fleet.now())) {
        return None;
    }
    let has_it = |entry: &&NodeEntry<'_>| entry.node.taints.iter().any(|taint| taint.key == TO_BE_DELETED);
    let mut left = fleet.nodes.iter().filter(has_it).peekable();
    let example = left.peek()?.node.name.clone();
    Some(FindingCode::TaintLeft { nodes: small(left.count()), example, taint: TO_BE_DELETED.to_owned() })
}

fn not_managed(fleet: &Fleet<'_>) -> Vec<FindingCode> {
    let mistakes = fleet.snapshot.rejected_groups.iter().filter(|group| group.rejection.looks_like_a_mistake());
    mistakes.map(|group| FindingCode::GroupNotManaged { group: group.id.clone(), rejection: group.rejection.clone() }).collect()
}

/// Returns a finding if `--group-tag` finds no group that is not found without it.
fn useless_tags(fleet: &Fleet<'_>) -> Option<FindingCode> {
    let tags = &fleet.snapshot.looked_at.group_tags;
    let is_by_tag = |group: &GroupEntry<'_>| group.group.managed_by == Membership::GroupTag;
    let is_whole = fleet.snapshot.regions.iter().all(|region| region.unreadable.is_none());
    let is_useless = !tags.is_empty() && is_whole && !fleet.groups.iter().any(is_by_tag);
    is_useless.then(|| FindingCode::GroupTagMatchesNothing { tags: tags.iter().map(ToString::to_string).collect() })
}

/// Returns a finding on a group that cannot grow, when a pod is pending or is placed elsewhere
/// because of that, or when something is broken. A group at its maximum that no pod needs is no
/// finding.
fn blocked(group: &GroupId, health: &GroupHealth, pods: &[PodReport]) -> Option<FindingCode> {
    let block = health.block.clone().filter(|block| !block.was_not_looked_at())?;
    let is_broken = match block {
        GrowthBlock::Backoff { .. }
        | GrowthBlock::Stalled { .. }
        | GrowthBlock::SpotPriceTooLow { .. }
        | GrowthBlock::OtherCluster { .. }
        | GrowthBlock::TemplateUnknown { .. } => true,
        GrowthBlock::LaunchSuspended { .. }
        | GrowthBlock::BeingDeleted
        | GrowthBlock::OperatedBy { .. }
        | GrowthBlock::NotActive { .. }
        | GrowthBlock::BusyWithUpdate { .. }
        | GrowthBlock::NotOffered { .. }
        | GrowthBlock::NoReservation { .. } => keeps_a_pod_pending(group, pods),
        // Other places report it: the flag, the missing fact, another finding, the instances that
        // never registered, or the pods themselves.
        GrowthBlock::ScaleUpOff
        | GrowthBlock::NotSelected
        | GrowthBlock::AccountUnknown
        | GrowthBlock::ActivitiesUnread
        | GrowthBlock::GrowthNotesUnread
        | GrowthBlock::DaemonSetsUnread
        | GrowthBlock::NodesNotReady { .. }
        | GrowthBlock::ScheduledLower { .. }
        | GrowthBlock::ReservedFrom { .. }
        | GrowthBlock::ReservationFull { .. }
        | GrowthBlock::ReservationEnds { .. }
        | GrowthBlock::PlacementFull { .. }
        | GrowthBlock::AtMax { .. }
        | GrowthBlock::AtPolicyMax { .. } => false,
    };
    is_broken.then(|| FindingCode::GroupBlocked { group: group.clone(), block })
}

fn keeps_a_pod_pending(group: &GroupId, pods: &[PodReport]) -> bool {
    let is_blocked = |refused: &GroupRefusal| refused.group == *group && matches!(refused.refusal, Refusal::Blocked { .. });
    pods.iter().filter_map(|pod| pod.verdict.refusals()).any(|refusals| refusals.iter().any(is_blocked))
}

fn of_group(fleet: &Fleet<'_>, group: &GroupEntry<'_>) -> Vec<FindingCode> {
    let id = group.id().clone();
    let bad_settings = group.bad_settings.iter().map(ToString::to_string);
    let mut codes: Vec<FindingCode> = group
        .group
        .tags
        .problems
        .iter()
        .cloned()
        .chain(bad_settings)
        .map(|problem| FindingCode::BadTag { group: id.clone(), problem })
        .collect();
    if group.group.desired > group.group.max {
        codes.push(FindingCode::DesiredAboveMax { group: id.clone(), desired: group.group.desired, max: group.group.max });
    }
    if is_refreshed(fleet, group) {
        codes.push(FindingCode::InstanceRefresh { group: id.clone() });
    }
    codes.extend(replaces_at_risk(fleet, group));
    codes.extend(short_lifetime(fleet, group));
    codes.extend(scheduled_changes(fleet, group));
    codes.extend(not_understood(group.group, fleet.now()).map(|change| FindingCode::ScheduleNotUnderstood {
        group: id.clone(),
        action: change.name.clone(),
        sets: change.to_string(),
        recurrence: change.recurrence.clone().unwrap_or_default(),
        time_zone: change.time_zone.clone(),
    }));
    codes.extend(unfinished_nodes(fleet, group));
    let lost = small(never_registered(fleet, group).count());
    if lost > 0 {
        codes.push(FindingCode::NeverRegistered { group: id, instances: lost, limit: group.policy.instance_init_time });
    }
    codes
}

/// Returns a finding where the cloud ends spot instances that are at risk while something runs
/// there that no controller makes again elsewhere.
fn replaces_at_risk(fleet: &Fleet<'_>, group: &GroupEntry<'_>) -> Option<FindingCode> {
    if !group.group.automatic.replaces_at_risk {
        return None;
    }
    let nodes = group.live().filter(|member| member.instance.spot).filter_map(|member| member.node);
    let jobs = nodes.flat_map(|node| &fleet.nodes[node].holders).filter(|pod| !is_made_again(pod));
    let example = jobs.map(|pod| pod.id()).min()?;
    Some(FindingCode::ReplacesAtRisk { group: group.id().clone(), example })
}

/// Returns a finding where the cloud replaces instances sooner than the longest job on them ends,
/// as far as that is known: by its deadline, or by how long it has run.
fn short_lifetime(fleet: &Fleet<'_>, group: &GroupEntry<'_>) -> Option<FindingCode> {
    let limit = group.group.automatic.max_instance_lifetime?;
    let nodes = group.live().filter_map(|member| member.node);
    let jobs = nodes.flat_map(|node| &fleet.nodes[node].holders).filter(|pod| !is_made_again(pod));
    let span = |pod: &Pod| {
        let has_run = match pod.scheduling {
            Scheduling::Scheduled { at } => Seconds::between(at.unwrap_or(pod.created_at), fleet.now()),
            Scheduling::Unseen | Scheduling::Gated | Scheduling::Unschedulable { .. } => Seconds(0),
        };
        fleet.spec(pod).active_deadline.unwrap_or_default().max(has_run)
    };
    let (span, example) = jobs.map(|pod| (span(pod), pod)).max_by_key(|(span, pod)| (*span, Reverse(pod.id())))?;
    (span > limit).then(|| FindingCode::ShortLifetime { group: group.id().clone(), limit, example: example.id(), span })
}

/// Returns the scheduled changes that happen before a node which is requested now would have been
/// of use, and those of the next day by which the cloud will end instances of its own choice.
fn scheduled_changes(fleet: &Fleet<'_>, group: &GroupEntry<'_>) -> Vec<FindingCode> {
    let soon = of_use_from(&group.policy, fleet.now());
    let is_unprotected = group.live().any(|member| !member.instance.protected);
    let found = scheduled_runs(group.group, fleet.now()).into_iter().filter_map(|ScheduledRun { change, at }| {
        let live = change.most().map(|_| group.live_weight()).filter(|live| is_unprotected && change.most() < Some(*live));
        let is_soon = at <= soon;
        let limits = change.most().filter(|most| is_soon && *most < group.group.max);
        let matters = is_soon || live.is_some() && at <= A_DAY.after(fleet.now());
        matters.then(|| FindingCode::ScheduledChange {
            group: group.id().clone(),
            action: change.name.clone(),
            at,
            sets: change.to_string(),
            limits,
            live,
            now: fleet.now(),
        })
    });
    found.collect()
}

fn unfinished_nodes(fleet: &Fleet<'_>, group: &GroupEntry<'_>) -> Option<FindingCode> {
    let unfinished = group.live().filter(|member| never_finished(fleet, group, member)).filter_map(|member| member.node);
    // One that looks dead has a finding of its own.
    let looks_dead = |entry: &&NodeEntry<'_>| {
        let since = Seconds::between(entry.node.readiness_since(), fleet.now());
        !entry.node.is_ready() && since >= group.policy.dead_after
    };
    let mut nodes: Vec<&NodeEntry<'_>> = unfinished.map(|node| &fleet.nodes[node]).filter(|entry| !looks_dead(entry)).collect();
    nodes.sort_unstable_by_key(|entry| &entry.node.name);
    let example = nodes.first()?.node;
    let taint = example.taints.iter().find(|taint| example.is_ready() && fleet.policy.is_startup_taint(taint));
    Some(FindingCode::NeverFinished {
        group: group.id().clone(),
        nodes: small(nodes.len()),
        example: example.name.clone(),
        taint: taint.map(|taint| taint.key.clone()),
        limit: group.policy.instance_init_time,
    })
}

/// Returns the advice of the group's cloud, as far as it applies by now.
fn advice(fleet: &Fleet<'_>, group: &GroupEntry<'_>) -> Vec<Finding> {
    let holding = group.group.advice.iter().filter(|advice| advice.holds(fleet.now()));
    holding.map(|advice| Finding::advised(group.id(), advice)).collect()
}

/// Returns a finding on a pod of the group with a volume that can be mounted in one zone only: once
/// the pod moves, the cloud may launch the new node elsewhere.
fn zonal_volumes(fleet: &Fleet<'_>, group: &GroupEntry<'_>, zonal: &ZonalClaims<'_>) -> Option<FindingCode> {
    if group.group.zones.len() < 2 || zonal.is_empty() {
        return None;
    }
    let own = group.live().filter_map(|member| member.node).flat_map(|node| &fleet.nodes[node].pods);
    let is_bound_to_a_zone = |pod: &&&Pod| {
        pod.volumes.iter().any(|volume| match volume {
            PodVolume::Claim { claim } | PodVolume::Ephemeral { claim, .. } => zonal.contains(&(&*pod.namespace, claim)),
            PodVolume::HostPath { .. } | PodVolume::EmptyDir { .. } => false,
        })
    };
    let pod = own.filter(is_bound_to_a_zone).map(|pod| pod.id()).min()?;
    Some(FindingCode::ZonalVolumes { group: group.id().clone(), pod })
}

/// Namespace and name of claims.
type ZonalClaims<'a> = BTreeSet<(&'a str, &'a str)>;

/// Returns the claims whose volume can be mounted in some zones only.
fn zonal_claims(snapshot: &Snapshot) -> ZonalClaims<'_> {
    let names_a_zone = |volume: &&Volume| {
        let mut terms = volume.node_affinity.iter().flatten();
        terms.any(|term| term.match_expressions.iter().any(|it| labels::ZONES.contains(&it.key.as_str())))
    };
    let zonal: BTreeSet<&str> = snapshot.volumes.iter().filter(names_a_zone).map(|volume| volume.name.as_str()).collect();
    let is_zonal = |claim: &&Claim| claim.volume.as_deref().is_some_and(|volume| zonal.contains(volume));
    snapshot.claims.iter().filter(is_zonal).map(|claim| (claim.namespace.as_str(), claim.name.as_str())).collect()
}

/// Returns findings on a template: facts that are stated otherwise than the live nodes are, and
/// types so different that one template does not suit them.
fn of_template(fleet: &Fleet<'_>, group: &GroupEntry<'_>, template: Option<&Template>) -> Vec<FindingCode> {
    let differences = differences(fleet, group);
    let differs = (!differences.is_empty()).then(|| FindingCode::TemplateDiffers { group: group.id().clone(), differences });
    let mixed = template.and_then(Template::spread).map(|spread| FindingCode::MixedSizes {
        group: group.id().clone(),
        resource: spread.resource,
        smallest: spread.least.0,
        least: spread.least.1,
        largest: spread.most.0,
        most: spread.most.1,
    });
    differs.into_iter().chain(mixed).collect()
}

fn odd_nodes(fleet: &Fleet<'_>, group: &GroupEntry<'_>, asked_for: &BTreeSet<&str>) -> Vec<FindingCode> {
    let odd = odd_siblings(fleet, group, asked_for).into_iter();
    odd.map(|(node, lacks)| FindingCode::OddSibling { group: group.id().clone(), node: node.to_owned(), lacks }).collect()
}

/// Returns a finding if prices were given and one that the group needs is missing.
fn unpriced(fleet: &Fleet<'_>, group: &GroupEntry<'_>, health: &GroupHealth) -> Option<FindingCode> {
    let missing = missing_prices(fleet.prices.as_ref()?, group, health);
    let machine_types: Vec<String> = missing.into_iter().map(str::to_owned).collect();
    (!machine_types.is_empty()).then(|| FindingCode::PriceMissing { group: group.id().clone(), machine_types })
}

/// Returns the groups that `--balance-similar-groups` keeps apart for a single difference.
fn not_balanced(situation: &Situation<'_>) -> Vec<FindingCode> {
    if !situation.fleet.policy.balance_similar_groups {
        return Vec::new();
    }
    let found = nearly_alike(situation).into_iter();
    found.map(|(group, other, unlike)| FindingCode::NotBalanced { group, other, unlike }).collect()
}

fn dead_nodes(fleet: &Fleet<'_>, nodes: &IndexVec<NodeIx, NodeOutcome>) -> Vec<FindingCode> {
    let of = |(entry, outcome): (&NodeEntry<'_>, &NodeOutcome)| match &outcome.state {
        NodeState::Dead { since, .. } => Some(FindingCode::DeadNode { node: entry.node.name.clone(), since: *since }),
        _ => None,
    };
    fleet.nodes.iter().zip(nodes).filter_map(of).collect()
}

fn drain_given_up(fleet: &Fleet<'_>, entry: &NodeEntry<'_>) -> Option<FindingCode> {
    let since = entry.node.draining_since()?;
    let example = entry.holders.iter().map(|pod| pod.id()).min()?;
    let is_over = fleet.may_touch(entry) && fleet.now() >= given_up_at(fleet.group_of(entry)?, since);
    is_over.then(|| FindingCode::DrainGivenUp { node: entry.node.name.clone(), since, example, now: fleet.now() })
}

/// Returns a finding on workers that belong to no managed group: perhaps a group lacks its tags.
/// Nodes of the control plane do not count.
fn unmanaged_nodes(fleet: &Fleet<'_>, nodes: &IndexVec<NodeIx, NodeOutcome>) -> Option<FindingCode> {
    let is_worker = |entry: &NodeEntry<'_>| !labels::CONTROL_PLANE.iter().any(|label| entry.node.labels.contains_key(label));
    let workers =
        fleet.nodes.iter().zip(nodes).filter(|(entry, outcome)| outcome.state == NodeState::Unmanaged && is_worker(entry));
    let names: Vec<&str> = workers.map(|(entry, _)| entry.node.name.as_str()).collect();
    let example = (*names.first()?).to_owned();
    Some(FindingCode::UnmanagedNodes { nodes: small(names.len()), example })
}
