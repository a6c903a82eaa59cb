//! Capacity that is taken back from groups that cannot launch it (`--revert-unfilled`).

use crate::index_vec::IndexVec;
use crate::plan::fleet::{GroupIx, NodeIx};
use crate::plan::group_health::{Unfilled, unfilled};
use crate::plan::node_outcome::NodeOutcome;
use crate::plan::reason::Refusal;
use crate::plan::report::{NodeDecision, PodVerdict};
use crate::plan::scale_up::ScaleUp;
use crate::plan::situation::Situation;
use crate::policy::RevertUnfilled;
use crate::snapshot::GroupId;

/// Returns what a group gives back. It is nothing where this plan changes its capacity otherwise,
/// since each change presumes the desired capacity that the plan saw.
pub(super) fn taken_back(
    situation: &Situation<'_>,
    group: GroupIx,
    nodes: &IndexVec<NodeIx, NodeOutcome>,
    scale_up: &ScaleUp,
) -> Option<Unfilled> {
    let entry = &situation.fleet.groups[group];
    let mut own_nodes = entry.members.iter().filter_map(|member| member.node);
    let ends = |node: NodeIx| matches!(nodes[node].decision(), NodeDecision::Terminate | NodeDecision::Replace);
    if own_nodes.any(ends) || scale_up.purchases[group].count() > 0 {
        return None;
    }
    let unfilled = unfilled(&situation.fleet, entry)?;
    let is_wanted = match situation.fleet.policy.revert_unfilled {
        RevertUnfilled::Never => false,
        RevertUnfilled::WhenServed => !is_waited_for(entry.id(), scale_up),
        RevertUnfilled::Always => true,
    };
    is_wanted.then_some(unfilled)
}

/// Whether pods may still wait for a group. Nodes that this plan buys elsewhere are no place yet,
/// as they may not come, either.
fn is_waited_for(group: &GroupId, scale_up: &ScaleUp) -> bool {
    scale_up.rulings_on_all().any(|pod| match &pod.ruling.verdict {
        PodVerdict::FitsNew { .. } | PodVerdict::WaitsForRegion { .. } | PodVerdict::NotYetScheduled => true,
        PodVerdict::CannotHelp { refusals } | PodVerdict::GangWithoutRoom { refusals, .. } => {
            let own = refusals.iter().find(|refused| refused.group == *group);
            own.is_some_and(|refused| !matches!(refused.refusal, Refusal::Misfit { .. }))
        }
        _ => false,
    })
}
