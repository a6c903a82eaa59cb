//! The report on every group.

use super::desired::desired_after;
use crate::plan::amounts::small;
use crate::plan::decisions::Decisions;
use crate::plan::fleet::{Fleet, GroupIx, NodeIx};
use crate::plan::group_health::{GroupHealth, joining};
use crate::plan::growth_block::GrowthBlock;
use crate::plan::reason::count;
use crate::plan::report::{GroupReport, NewNode, NodeDecision, NodeState};
use crate::plan::scale_up::{PlannedNode, ZoneOrigin, fixed_order};
use crate::plan::situation::Situation;
use crate::plan::template::Template;

/// Returns the reports of all groups, in the order in which they are tried.
pub(super) fn groups(situation: &Situation<'_>, decisions: &Decisions) -> Vec<GroupReport> {
    fixed_order(&situation.fleet).into_iter().map(|group| report(situation, group, decisions)).collect()
}

fn report(situation: &Situation<'_>, index: GroupIx, decisions: &Decisions) -> GroupReport {
    let (fleet, health) = (&situation.fleet, situation.health(index));
    let scale_up = &decisions.scale_up;
    let entry = &fleet.groups[index];
    let purchase = &scale_up.purchases[index];
    let is_dead = |node: &NodeIx| matches!(decisions.nodes[*node].state, NodeState::Dead { .. });
    let is_closing = |node: &NodeIx| matches!(decisions.nodes[*node].state, NodeState::ReservationEnds { .. });
    let lost = decisions.lost.iter().filter(|((group, _), hold)| *group == index && hold.is_none());
    let decided = |wanted| nodes_with(fleet, index, decisions, wanted).count();
    let removed_weight: i64 = nodes_with(fleet, index, decisions, NodeDecision::Terminate)
        .filter_map(|node| Some(fleet.instance_of(&fleet.nodes[node])?.weight.get()))
        .sum();
    let reverted_to = decisions.taken_back[index].as_ref().map(|unfilled| unfilled.to);
    let desired_after = match reverted_to {
        Some(to) => to,
        None if purchase.count() > 0 => desired_after(fleet, index, purchase.count()),
        None => entry.group.desired - removed_weight,
    };
    let mut report = GroupReport {
        group: entry.id().clone(),
        min: entry.least(),
        max: entry.most(),
        desired: entry.group.desired,
        desired_after,
        live: small(entry.live().count()),
        upcoming: upcoming(fleet, index, health),
        upcoming_nodes: scale_up.upcoming[index].clone(),
        added: purchase.count(),
        new_nodes: purchase.nodes.iter().map(new_node).collect(),
        removed: small(decided(NodeDecision::Terminate)),
        cordoned: small(decided(NodeDecision::Cordon)),
        closing: small(nodes_with(fleet, index, decisions, NodeDecision::Cordon).filter(is_closing).count()),
        taken_back: reverted_to.map_or(0, |to| entry.group.desired - to),
        drained: small(decided(NodeDecision::Drain)),
        dead: small(nodes_with(fleet, index, decisions, NodeDecision::Terminate).filter(is_dead).count()),
        replaced: small(decided(NodeDecision::Replace) + lost.count()),
        grows: (purchase.count() > 0).then(|| purchase.reason()),
        blocked: health.block.clone(),
        closed: health.backoff.closed.clone(),
        template: situation.template(index).map(Template::report),
        message: String::new(),
    };
    report.message = sentence(&report);
    report
}

fn new_node(planned: &PlannedNode) -> NewNode {
    NewNode {
        zone: planned.zone.clone(),
        predicted: planned.origin == ZoneOrigin::Predicted,
        chosen: planned.origin == ZoneOrigin::Chosen,
    }
}

fn nodes_with<'a>(
    fleet: &'a Fleet<'_>,
    group: GroupIx,
    decisions: &'a Decisions,
    wanted: NodeDecision,
) -> impl Iterator<Item = NodeIx> {
    let is_of_group = move |node: &NodeIx| fleet.nodes[*node].member_of.is_some_and(|(own, _)| own == group);
    let nodes = fleet.groups[group].members.iter().filter_map(|member| member.node);
    nodes.filter(is_of_group).filter(move |node| decisions.nodes[*node].decision() == wanted)
}

/// Returns the number of requested nodes that are not Ready: launching, starting, or not launched
/// yet.
fn upcoming(fleet: &Fleet<'_>, index: GroupIx, health: &GroupHealth) -> u32 {
    let group = &fleet.groups[index];
    let starting = group.live().filter_map(|member| member.node).filter(|node| fleet.nodes[*node].is_lagging).count();
    small(joining(fleet, group).count() + starting) + health.gap.coming()
}

/// Describes what the group does and why, or why it does nothing.
fn sentence(report: &GroupReport) -> String {
    let mut parts = Vec::new();
    if let Some(grows) = &report.grows {
        parts.push(format!("+{} {grows}", count(u64::from(report.added), "node")));
    }
    if report.removed > report.dead {
        parts.push(format!("−{} idle", count(u64::from(report.removed - report.dead), "node")));
    }
    if report.dead > 0 {
        parts.push(format!("−{}", count(u64::from(report.dead), "dead node")));
    }
    if report.replaced > 0 {
        parts.push(format!("{} replaced", count(u64::from(report.replaced), "unhealthy instance")));
    }
    if report.cordoned > report.closing {
        let idle = u64::from(report.cordoned - report.closing);
        parts.push(format!("{} idle, cordoned to go in a later run", count(idle, "node")));
    }
    if report.closing > 0 {
        parts.push(format!("{} busy, cordoned since the reservation ends", count(u64::from(report.closing), "node")));
    }
    if report.drained > 0 {
        parts.push(format!("{} drained, to go in a later run", count(u64::from(report.drained), "node")));
    }
    if report.taken_back > 0 {
        parts.push(format!("takes back {} that the cloud cannot launch", report.taken_back));
    }
    if report.upcoming > 0 {
        parts.push(format!("{} on the way", count(u64::from(report.upcoming), "node")));
    }
    match &report.blocked {
        // A group that is full and not needed is not worth mentioning.
        Some(
            GrowthBlock::AtMax { .. }
            | GrowthBlock::AtPolicyMax { .. }
            | GrowthBlock::PlacementFull { .. }
            | GrowthBlock::ScheduledLower { .. }
            | GrowthBlock::ReservationFull { .. },
        )
        | None => {}
        Some(block) if block.was_not_looked_at() => {}
        Some(block) => parts.push(block.to_string()),
    }
    // A backoff of the whole group has been described already.
    if !matches!(report.blocked, Some(GrowthBlock::Backoff { .. })) {
        parts.extend(report.closed.iter().map(ToString::to_string));
    }
    if parts.is_empty() { "no change".to_owned() } else { parts.join("; ") }
}
