//! The rules by which a node that could go stays in this run, and their order for each step.

use super::Stay::{self, AtMin, HeldBy};
use super::{Holds, Step};
use crate::duration::Seconds;
use crate::plan::fleet::{GroupIx, NodeIx};
use crate::plan::report::Hold;

/// What would go: a node, or something that a group launched and that is no node of it.
pub(super) struct HoldQuestion<'q, 'a> {
    pub(super) holds: &'q Holds<'a>,
    pub(super) node: Option<NodeIx>,
    pub(super) group: Option<GroupIx>,
}

/// Returns why it stays, if that is what the rule finds.
type HoldRule = fn(&HoldQuestion<'_, '_>) -> Option<Stay>;

/// The rules that forbid every step that makes a group smaller. What no person and no flag allows
/// comes first, so that it is the reason that is shown.
const SHRINKS_GROUP: &[HoldRule] =
    &[scale_in_off, not_selected, other_cluster, doubtful, group_grows, pod_on_missing_node, at_min, group_unsettled];

/// Returns why a step is not taken, by the first rule that finds a reason.
pub(super) fn first_no(step: Step, question: &HoldQuestion<'_, '_>) -> Option<Stay> {
    rules_of(step).iter().copied().flatten().find_map(|rule| rule(question))
}

fn rules_of(step: Step) -> &'static [&'static [HoldRule]] {
    match step {
        Step::Terminate => &[SHRINKS_GROUP, &[not_ready, cordon_settles, terminations_used_up, unbalances_zones]],
        Step::Cordon => &[SHRINKS_GROUP, &[not_ready, cordons_used_up, unbalances_zones]],
        Step::BeginDrain => &[SHRINKS_GROUP, &[not_ready, cordons_used_up, unbalances_zones, pods_await_nodes]],
        Step::ContinueDrain => {
            &[&[scale_in_off, not_selected, other_cluster, doubtful, group_grows, pod_on_missing_node, group_unsettled]]
        }
        Step::EndBroken => &[&[scale_in_off, not_selected, other_cluster, doubtful, group_unsettled, terminations_used_up]],
        Step::ShrinkByDead => &[SHRINKS_GROUP, &[unbalances_zones]],
        Step::MarkLeftover => &[&[scale_in_off, not_selected, doubtful]],
        Step::DeleteLeftover => &[&[scale_in_off, not_selected, doubtful, terminations_used_up]],
    }
}

fn scale_in_off(question: &HoldQuestion<'_, '_>) -> Option<Stay> {
    (!question.holds.fleet.policy.scale_in).then_some(HeldBy(Hold::ScaleInOff))
}

fn not_selected(question: &HoldQuestion<'_, '_>) -> Option<Stay> {
    let Holds { fleet, .. } = question.holds;
    let is_selected = match question.group {
        Some(group) => fleet.policy.may_touch(&fleet.groups[group].id().name),
        None => fleet.policy.only_groups.is_empty(),
    };
    (!is_selected).then_some(HeldBy(Hold::NotSelected))
}

fn other_cluster(question: &HoldQuestion<'_, '_>) -> Option<Stay> {
    question.holds.foreign[question.group?].then_some(HeldBy(Hold::OtherCluster))
}

/// Holds everything while the view as a whole proves nothing.
fn doubtful(question: &HoldQuestion<'_, '_>) -> Option<Stay> {
    Some(HeldBy(question.holds.doubt.clone()?))
}

fn group_grows(question: &HoldQuestion<'_, '_>) -> Option<Stay> {
    let grows = question.holds.purchases[question.group?].count() > 0;
    grows.then_some(HeldBy(Hold::GroupGrows))
}

fn pod_on_missing_node(question: &HoldQuestion<'_, '_>) -> Option<Stay> {
    let Holds { fleet, .. } = question.holds;
    let node = fleet.pod_bound_elsewhere(&fleet.nodes[question.node?])?;
    Some(HeldBy(Hold::PodOnMissingNode { node: node.to_owned() }))
}

fn at_min(question: &HoldQuestion<'_, '_>) -> Option<Stay> {
    let Holds { fleet, capacity, .. } = question.holds;
    let group = question.group?;
    let min = fleet.groups[group].group.min;
    let weight = fleet.instance_of(&fleet.nodes[question.node?])?.weight.get();
    (capacity[group] - weight < min).then_some(AtMin { min })
}

/// Holds a node while the cloud removes instances of the group by itself, or refuses to.
fn group_unsettled(question: &HoldQuestion<'_, '_>) -> Option<Stay> {
    let detail = question.holds.unsettled[question.group?].clone()?;
    Some(HeldBy(Hold::GroupUnsettled { detail }))
}

/// Leaves a node that is not Ready to `--dead-after`. Pods that were deleted there long ago count
/// for nothing, but a kubelet that is only cut off continues to run them; and `apply` cordons no
/// such node.
fn not_ready(question: &HoldQuestion<'_, '_>) -> Option<Stay> {
    (!question.holds.fleet.nodes[question.node?].node.is_ready()).then_some(HeldBy(Hold::NotReady))
}

/// Waits until a pod would be seen that was bound just before the cordon.
fn cordon_settles(question: &HoldQuestion<'_, '_>) -> Option<Stay> {
    let Holds { fleet, .. } = question.holds;
    let settle = fleet.policy.cordon_settle;
    let cordoned_at = fleet.nodes[question.node?].node.cordoned_by_us()?;
    let is_young = Seconds::between(cordoned_at, fleet.now()) < settle;
    is_young.then_some(HeldBy(Hold::CordonSettles { settle }))
}

fn terminations_used_up(question: &HoldQuestion<'_, '_>) -> Option<Stay> {
    let Holds { limit, terminations_left, .. } = *question.holds;
    (terminations_left == 0).then_some(HeldBy(Hold::ScaleInLimit { limit }))
}

fn cordons_used_up(question: &HoldQuestion<'_, '_>) -> Option<Stay> {
    let Holds { limit, cordons_left, .. } = *question.holds;
    (cordons_left == 0).then_some(HeldBy(Hold::ScaleInLimit { limit }))
}

/// Keeps the zones of a group even while a cloud evens them out: where a zone falls more than one
/// instance behind another, the cloud launches there and terminates in the fuller zone, and that
/// may be a busy instance without protection.
fn unbalances_zones(question: &HoldQuestion<'_, '_>) -> Option<Stay> {
    let Holds { fleet, zones, has_unprotected_busy, .. } = question.holds;
    let group = question.group?;
    if !fleet.groups[group].group.rebalances_zones || !has_unprotected_busy[group] {
        return None;
    }
    let own = fleet.instance_of(&fleet.nodes[question.node?])?.zone.as_str();
    let after = |(zone, count): (&&str, &usize)| if **zone == *own { count.saturating_sub(1) } else { *count };
    let counts: Vec<usize> = zones[group].iter().map(after).collect();
    let spread = counts.iter().max()? - counts.iter().min()?;
    (spread > 1).then_some(HeldBy(Hold::RebalancingWouldKill))
}

/// Begins no drain while pods wait for nodes that are coming: the scheduler may give evicted pods
/// the room on which pending ones count, and one more node would be bought for each of those.
fn pods_await_nodes(question: &HoldQuestion<'_, '_>) -> Option<Stay> {
    let pods = question.holds.awaiting;
    (pods > 0).then_some(HeldBy(Hold::PodsAwaitNodes { pods }))
}
