//! Nodes that bring groups to the minimum that the policy file gives them.

use super::Buying;
use crate::plan::amounts::small;
use crate::plan::fleet::GroupIx;
use crate::plan::group_health::{capacity_asked_for, full};
use crate::plan::reason::Refusal;
use crate::plan::report::FindingCode;

impl Buying<'_, '_> {
    /// Adds to each group what it lacks of its minimum in the policy file, as far as all limits
    /// allow. Pods come first: what is bought for them counts, and they leave the rest of the
    /// limits. A group that cannot grow, for example in backoff, waits until it can.
    pub(in crate::plan::scale_up) fn add_to_min(&mut self) {
        for group in self.fixed_order.clone() {
            let Some((min, lacking)) = self.lacking(group) else { continue };
            let nodes = lacking.min(self.nodes_left(group));
            for _ in 0..nodes {
                let launch = self.catalogue.offers.count_launch(group);
                self.count_node(group, &launch);
            }
            self.ledger.note_to_min(group, nodes, min);
            if nodes < lacking
                && let Some(refusal) = self.why_below_min(group)
            {
                let id = self.catalogue.fleet.groups[group].id().clone();
                self.ledger.note_below_min(FindingCode::BelowPolicyMin { group: id, min, lacking: lacking - nodes, refusal });
            }
        }
    }

    /// Returns the minimum of a group in the policy file and how many nodes it lacks of it, where
    /// it lacks any and may grow.
    fn lacking(&self, group: GroupIx) -> Option<(i64, u32)> {
        let entry = &self.catalogue.fleet.groups[group];
        let (min, weight) = (entry.policy.min?, entry.weight_of_a_node());
        let capacity = capacity_asked_for(entry) + i64::from(self.ledger.bought(group)) * weight;
        let lacking = (min - capacity).max(0);
        let nodes = lacking / weight + i64::from(lacking % weight > 0);
        let nodes = small(usize::try_from(nodes).unwrap_or(usize::MAX));
        let may_grow = self.catalogue.situation.health(group).block.is_none();
        (nodes > 0 && may_grow).then_some((min, nodes))
    }

    /// Returns the limit that forbids one more node of a group.
    fn why_below_min(&self, group: GroupIx) -> Option<Refusal> {
        let (fleet, entry) = (self.catalogue.fleet, &self.catalogue.fleet.groups[group]);
        let bought = self.ledger.bought(group);
        let of_group = full(fleet, entry, bought).map(|block| super::refusing::refused(block, bought));
        let limit = entry.policy.max_scale_up.min(fleet.policy.max_scale_up);
        of_group
            .or_else(|| self.ledger.refusal(group))
            .or_else(|| self.no_place(group))
            .or_else(|| (self.nodes_left(group) == 0).then_some(Refusal::MaxScaleUp { limit }))
    }
}
