//! Zones that a cloud would even out at the cost of a busy instance.

use super::HoldQuestion;
use crate::plan::fleet::{Fleet, GroupEntry};
use crate::plan::report::Hold;
use crate::plan::scale_in::holds::Holds;
use crate::plan::scale_in::holds::Stay::{self, HeldBy};

/// Keeps the zones of a group even while a cloud evens them out: where a zone falls more than one
/// instance behind another, the cloud launches there and terminates in the fuller zone, and that
/// may be a busy instance without protection.
pub(super) fn unbalances_zones(question: &HoldQuestion<'_, '_>) -> Option<Stay> {
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

/// Whether the cloud could terminate a busy instance of a group by itself.
pub(in crate::plan::scale_in::holds) fn has_unprotected_busy_instance(fleet: &Fleet<'_>, group: &GroupEntry<'_>) -> bool {
    group.live().any(|member| {
        let is_busy = member.node.is_none_or(|node| !fleet.nodes[node].holders.is_empty());
        !member.instance.protected && is_busy
    })
}
