//! The rules by which a node that could go stays in this run, one a file, and their order for each
//! step.

mod cordon_settles;
mod doubtful_view;
mod group_at_min;
mod group_grows;
mod group_unsettled;
mod not_ready;
mod not_selected;
mod other_cluster;
mod pod_on_missing_node;
mod pods_await_nodes;
mod removal_under_way;
mod scale_in_limit;
mod scale_in_off;
mod zone_balance;
mod zone_given_up;

use super::{Holds, Stay, Step};
use crate::plan::fleet::{GroupIx, NodeIx};
use cordon_settles::cordon_settles;
pub(super) use doubtful_view::doubt;
use doubtful_view::doubtful;
use group_at_min::at_min;
use group_grows::group_grows;
use group_unsettled::group_unsettled;
pub(super) use group_unsettled::unsettled;
use not_ready::not_ready;
use not_selected::not_selected;
use other_cluster::other_cluster;
use pod_on_missing_node::pod_on_missing_node;
use pods_await_nodes::pods_await_nodes;
use removal_under_way::removal_under_way;
pub(super) use removal_under_way::{request_under_way, waits_for_removal};
pub(super) use scale_in_limit::scale_in_limit;
use scale_in_limit::{cordons_used_up, terminations_used_up};
use scale_in_off::scale_in_off;
pub(super) use zone_balance::has_unprotected_busy_instance;
use zone_balance::unbalances_zones;
use zone_given_up::{needed_meanwhile, perhaps_cut_off};

/// What would go: a node, or something that a group launched and that is no node of it.
pub(super) struct HoldQuestion<'q, 'a> {
    pub(super) holds: &'q Holds<'a>,
    pub(super) node: Option<NodeIx>,
    pub(super) group: Option<GroupIx>,
}

/// Returns why it stays, if that is what the rule finds.
type HoldRule = fn(&HoldQuestion<'_, '_>) -> Option<Stay>;

/// The rules that forbid every step that makes a group smaller. Flags come first, then what makes
/// the whole view doubtful, and numbers come last.
const SHRINKS_GROUP: &[HoldRule] = &[
    scale_in_off,
    not_selected,
    other_cluster,
    doubtful,
    group_grows,
    pod_on_missing_node,
    at_min,
    group_unsettled,
    removal_under_way,
];

/// Returns why a step is not taken, by the first rule that finds a reason.
pub(super) fn first_no(step: Step, question: &HoldQuestion<'_, '_>) -> Option<Stay> {
    rules_of(step).iter().copied().flatten().find_map(|rule| rule(question))
}

fn rules_of(step: Step) -> &'static [&'static [HoldRule]] {
    match step {
        Step::Terminate => &[SHRINKS_GROUP, &[not_ready, cordon_settles, terminations_used_up, unbalances_zones]],
        Step::Cordon => &[SHRINKS_GROUP, &[not_ready, cordons_used_up, unbalances_zones]],
        Step::Close => &[&[scale_in_off, not_selected, other_cluster, doubtful, not_ready]],
        Step::BeginDrain => {
            &[SHRINKS_GROUP, &[not_ready, cordons_used_up, unbalances_zones, needed_meanwhile, pods_await_nodes]]
        }
        Step::ContinueDrain => {
            &[&[scale_in_off, not_selected, other_cluster, doubtful, group_grows, pod_on_missing_node, group_unsettled]]
        }
        Step::EndBroken => &[&[
            scale_in_off,
            not_selected,
            other_cluster,
            doubtful,
            perhaps_cut_off,
            group_unsettled,
            removal_under_way,
            terminations_used_up,
        ]],
        Step::ShrinkByDead => &[SHRINKS_GROUP, &[unbalances_zones]],
        Step::MarkLeftover => &[&[scale_in_off, not_selected, doubtful]],
        Step::DeleteLeftover => &[&[scale_in_off, not_selected, doubtful, terminations_used_up]],
    }
}
