//! Gangs of which launches fell short: nodes came for them, and others did not.
//!
//! The cloud and the cluster alone show that: a launch failed since all pods of the gang were
//! there, and nodes that were launched since then are empty and would take its pods.

use jiff::Timestamp;

use super::ScaleUp;
use super::new_node_takes::new_node_takes;
use crate::plan::closed_part::ClosedPart;
use crate::plan::fleet::{Fleet, GroupIx, NodeIx};
use crate::plan::gangs::GangIx;
use crate::plan::report::PodVerdict;
use crate::plan::situation::Situation;
use crate::scheduler::{NodeView, PodView, predicates};
use crate::snapshot::{Node, Pod, Taint};
use crate::well_known::taints::UNSCHEDULABLE;

/// A gang that does not run, and nodes that came for it while others did not.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ShortGang {
    pub(crate) gang: GangIx,
    /// The group in which launches failed, and which is open last.
    pub(crate) failed: GroupIx,
    /// The part of it that failed.
    pub(crate) part: ClosedPart,
    /// The empty nodes on which this plan expects its pods.
    pub(crate) kept: Vec<NodeIx>,
    /// The empty nodes on which nobody is expected.
    pub(crate) left: Vec<NodeIx>,
    /// Whether the plan has a place for it.
    pub(crate) has_room: bool,
}

/// Returns the gangs of which launches fell short.
pub(super) fn short_gangs(situation: &Situation<'_>, scale_up: &ScaleUp) -> Vec<ShortGang> {
    let fleet = &situation.fleet;
    let is_closed = |group: GroupIx| !situation.health(group).backoff.closed.is_empty();
    if fleet.gangs.is_empty() || !fleet.groups.numbers().any(is_closed) {
        return Vec::new();
    }
    fleet.gangs.numbers().filter_map(|gang| short_gang(situation, scale_up, gang)).collect()
}

fn short_gang(situation: &Situation<'_>, scale_up: &ScaleUp, gang: GangIx) -> Option<ShortGang> {
    let fleet = &situation.fleet;
    let entry = fleet.gangs.entry(gang);
    if entry.bound >= entry.needed() || entry.is_incomplete() {
        return None;
    }
    let members = || fleet.unbound.iter().zip(&scale_up.rulings).filter(|(pod, _)| fleet.gangs.of(pod) == Some(gang));
    let since = members().map(|(pod, _)| pod.created_at).max()?;
    let example = members().next().map(|(pod, _)| *pod)?;
    let (failed, part) = newest_failure(situation, example, since)?;
    let came = nodes_that_came(fleet, example, since);
    let verdicts = || members().map(|(_, ruling)| &ruling.ruling.verdict);
    let waits = verdicts().any(|verdict| matches!(verdict, PodVerdict::FitsNew { .. } | PodVerdict::FitsUpcoming { .. }));
    let has_room = verdicts().any(PodVerdict::is_helped);
    // A gang that has all its nodes is about to start.
    if came.is_empty() || has_room && !waits {
        return None;
    }
    let (kept, left): (Vec<NodeIx>, Vec<NodeIx>) = came.into_iter().partition(|node| is_awaited(fleet, scale_up, *node));
    let kept = if has_room { kept } else { Vec::new() };
    (kept.len() + left.len() > 0).then_some(ShortGang { gang, failed, part, kept, left, has_room })
}

/// Whether a pod may be on a node, were it not for a cordon of ours.
fn may_be_on(pod: &PodView<'_>, node: &Node) -> bool {
    let is_cordoned_by_us = node.cordoned_by_us().is_some();
    let counts = |taint: &&Taint| !is_cordoned_by_us || taint.key != UNSCHEDULABLE;
    let taints: Vec<Taint> = node.taints.iter().filter(counts).cloned().collect();
    let unschedulable = node.unschedulable && !is_cordoned_by_us;
    let node = NodeView { name: &node.name, labels: &node.labels, taints: &taints, unschedulable };
    predicates::first_lasting_misfit(pod, &node).is_none()
}

/// Whether pods are expected on a node.
fn is_awaited(fleet: &Fleet<'_>, scale_up: &ScaleUp, node: NodeIx) -> bool {
    let entry = &fleet.nodes[node];
    let is_promised = scale_up.expected_on.contains_key(&node) || scale_up.uncordon.contains_key(&node);
    is_promised || !entry.nominated.is_empty() || !entry.awaiting_volume.is_empty()
}

/// Returns the newest failure, since a moment, of a group that would take a pod, if it still closes
/// a part of the group.
fn newest_failure(situation: &Situation<'_>, pod: &Pod, since: Timestamp) -> Option<(GroupIx, ClosedPart)> {
    let groups = situation.groups().filter(|group| new_node_takes(situation, *group, pod));
    let parts = groups.flat_map(|group| situation.health(group).backoff.closed.iter().map(move |part| (group, part)));
    let newest = parts.filter(|(_, part)| part.failed_at >= since).max_by_key(|(group, part)| (part.failed_at, *group));
    newest.map(|(group, part)| (group, part.clone()))
}

/// Returns the Ready nodes that were launched since a moment, are empty, and would take a pod, also
/// where they have been cordoned to be given back.
fn nodes_that_came(fleet: &Fleet<'_>, pod: &Pod, since: Timestamp) -> Vec<NodeIx> {
    let view = PodView::of_spec(fleet.spec(pod), fleet.gates());
    let launched = |node: NodeIx| fleet.instance_of(&fleet.nodes[node]).and_then(|instance| instance.launched_at);
    let came = |node: &NodeIx| {
        let entry = &fleet.nodes[*node];
        let is_empty = entry.node.is_ready() && !entry.is_lagging && entry.holders.is_empty();
        is_empty && launched(*node).is_some_and(|at| at >= since) && may_be_on(&view, entry.node)
    };
    let live = fleet.groups.iter().flat_map(|group| group.live().filter_map(|member| member.node));
    live.filter(came).collect()
}
