//! What may be spent because the scheduler packs less densely than the plan.

use crate::index_vec::IndexVec;
use crate::plan::fleet::GroupIx;
use crate::plan::scale_up::buying::Buying;
use crate::plan::scale_up::buying::ledger::Ledger;
use crate::snapshot::UsdPerHour;

/// All nodes together may cost one part in so many of the burst.
const SHARE_OF_ALL: u64 = 10;
/// So many where that ends no burst for certain and only requests matter. With a tenth two to four
/// of the nodes for 300 pods stayed empty before a real scheduler, with this much none to two, and
/// no more pods waited (`tests/scheduler/bursts.rs`).
const SHARE_OF_LESS: u64 = 14;
/// A single node may cost one part in so many: a tenth of a small burst is less than a node.
const SHARE_OF_ONE: u64 = 5;

/// How much of it is spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AllowanceUse {
    All,
    Less,
}

/// What may be spent. Where a price is not known, each node counts as much as any other.
pub(super) struct Allowance {
    /// The cost of the nodes that are bought for the pods, without spare ones.
    burst: u64,
    of_a_node: IndexVec<GroupIx, u64>,
}

impl Allowance {
    /// Returns what may be spent beside what is bought by now.
    pub(super) fn of_burst(buying: &Buying<'_, '_>) -> Self {
        let purchases = buying.ledger().purchases();
        let price = |group: GroupIx| buying.catalogue().situation.paid_price(group).map(UsdPerHour::micros);
        let are_known = purchases.iter_numbered().all(|(group, bought)| bought.count() == 0 || price(group).is_some());
        let unknown = if are_known { u64::MAX } else { 1 };
        let of_a_node: IndexVec<GroupIx, u64> =
            purchases.numbers().map(|group| price(group).filter(|_| are_known).unwrap_or(unknown)).collect();
        let cost = |(group, nodes): (GroupIx, u32)| u64::from(nodes).saturating_mul(of_a_node[group]);
        let burst = purchases.iter_numbered().map(|(group, bought)| cost((group, bought.count() - bought.spare))).sum();
        Self { burst, of_a_node }
    }

    /// Whether one more node of a group may be added, out of all of it or out of less.
    pub(super) fn allows(&self, usage: AllowanceUse, ledger: &Ledger<'_>, group: GroupIx) -> bool {
        let added = ledger.purchases().iter().map(|purchase| u64::from(purchase.loose));
        let spent: u64 = added.clone().zip(&self.of_a_node).map(|(nodes, price)| nodes.saturating_mul(*price)).sum();
        let share = match usage {
            _ if added.sum::<u64>() == 0 => SHARE_OF_ONE,
            AllowanceUse::All => SHARE_OF_ALL,
            AllowanceUse::Less => SHARE_OF_LESS,
        };
        spent.saturating_add(self.of_a_node[group]).saturating_mul(share) <= self.burst
    }
}
