//! Nodes that we cordoned and that become schedulable again.

use crate::plan::amounts::small;
use crate::plan::drain::{given_up_at, under_way};
use crate::plan::fleet::NodeIx;
use crate::plan::reason::UncordonReason;
use crate::plan::report::{NodeDecision, NodeState, StateTrait};
use crate::plan::scale_up::ScaleUp;
use crate::plan::situation::Situation;

/// Returns why a node becomes schedulable again, if it does: it stays, its group is not managed any
/// more, or pending pods need it.
pub(super) fn why(
    situation: &Situation<'_>,
    scale_up: &ScaleUp,
    node: NodeIx,
    state: &NodeState,
    decision: NodeDecision,
) -> Option<UncordonReason> {
    let fleet = &situation.fleet;
    let entry = &fleet.nodes[node];
    let is_ours = entry.node.cordoned_by_us().is_some();
    let stays = is_ours && state.has(StateTrait::UndoesOurCordon) && fleet.may_touch(entry);
    let is_former = is_ours && fleet.is_former(entry);
    let expected = scale_up.uncordon.get(&node);
    let is_opened = stays || is_former || expected.is_some() || decision == NodeDecision::Uncordon;
    is_opened.then(|| reason(situation, node, expected.copied()))
}

/// Returns the reason. `expected` is the number of pending pods that need the node; 0 where only
/// pods do that are not in the API.
fn reason(situation: &Situation<'_>, node: NodeIx, expected: Option<u32>) -> UncordonReason {
    let fleet = &situation.fleet;
    let entry = &fleet.nodes[node];
    let holders = small(entry.holders.len());
    let is_under_way = under_way(fleet, entry).is_some();
    if let (Some(since), Some(group)) = (entry.node.draining_since(), fleet.group_of(entry))
        && holders > 0
    {
        let now = fleet.now();
        if now >= given_up_at(group, since) {
            return UncordonReason::DrainGivenUp { since, pods: holders, now };
        }
        if is_under_way && expected.is_none() {
            return UncordonReason::DrainStopped { pods: holders };
        }
    }
    match expected {
        Some(0) if holders == 0 || is_under_way => UncordonReason::RoomKept,
        Some(pods) if holders == 0 || is_under_way => UncordonReason::PendingPods { pods },
        _ if fleet.is_former(entry) => UncordonReason::NoLongerManaged,
        _ if holders > 0 => UncordonReason::Busy { pods: holders },
        Some(_) | None => UncordonReason::Kept,
    }
}
