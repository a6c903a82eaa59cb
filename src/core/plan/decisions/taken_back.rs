//! Capacity that is taken back from groups that cannot launch it (`--revert-unfilled`).

use crate::index_vec::IndexVec;
use crate::plan::fleet::{GroupIx, NodeIx};
use crate::plan::group_health::{Unfilled, unfilled};
use crate::plan::node_outcome::NodeOutcome;
use crate::plan::report::NodeDecision;
use crate::plan::scale_up::ScaleUp;
use crate::plan::situation::Situation;

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
    unfilled(&situation.fleet, entry)
}
