//! The order in which nodes go: the dearest for the cost of emptying it first, as far as prices are
//! known; then the one with more devices, the larger and the less used one; then the zone with the
//! most instances of its group, so that zones stay even; last the name.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::fates::Fates;
use super::holds::live_by_zone;
use crate::index_vec::IndexVec;
use crate::plan::drain::EvictionCost;
use crate::plan::fleet::{Fleet, GroupIx, NodeIx, NodeSize, price_of};
use crate::plan::node_state::utilization;
use crate::plan::report::NodeState;
use crate::snapshot::UsdPerHour;

/// The live instances of each group, counted by zone.
type ZoneCounts<'a> = IndexVec<GroupIx, BTreeMap<&'a str, usize>>;

/// Returns the idle nodes, those that are cordoned already before the others.
pub(super) fn of_idle(fleet: &Fleet<'_>, fates: &Fates<'_>) -> Vec<NodeIx> {
    let cordoned = fates.nodes().filter(|&node| matches!(fates.seen(node), NodeState::IdleUnschedulable { .. })).collect();
    let open = fates.nodes().filter(|&node| matches!(fates.seen(node), NodeState::IdleSchedulable { .. })).collect();
    let mut counts = zone_counts(fleet);
    let mut in_order = |nodes: Vec<NodeIx>| -> Vec<NodeIx> {
        // Idle nodes are used by nobody: what comes with each of them is no difference.
        let dearest_first = by_merit(fleet, nodes.into_iter().map(|node| (node, EvictionCost::default(), 0)));
        dearest_first.into_values().flat_map(|nodes| fullest_zone_first(fleet, nodes, &mut counts)).collect()
    };
    let mut order = in_order(cordoned);
    order.extend(in_order(open));
    order
}

/// Returns the nodes with pods, given the cost of evicting them.
pub(super) fn of_drainable(fleet: &Fleet<'_>, nodes: &BTreeMap<NodeIx, EvictionCost>) -> Vec<NodeIx> {
    let mut counts = zone_counts(fleet);
    let best_first = by_merit(fleet, nodes.iter().map(|(node, cost)| (*node, *cost, used(fleet, *node))));
    best_first.into_values().flat_map(|nodes| fullest_zone_first(fleet, nodes, &mut counts)).collect()
}

/// What is gained when a node goes. The smaller goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Merit {
    /// Nodes without a price come after all others.
    is_unpriced: bool,
    /// Its price ÷ (1 + the cost of emptying it).
    gain: Reverse<u128>,
    cost: EvictionCost,
    size: Reverse<NodeSize>,
    /// How much of it is used, in thousandths.
    used: u64,
}

impl Merit {
    fn of(price: Option<UsdPerHour>, cost: EvictionCost, size: NodeSize, used: u64) -> Self {
        // Pods of negative cost make a node as good as free to empty.
        let burden = EvictionCost::ONE.0.saturating_add(cost.0).max(1).unsigned_abs();
        let gain = |price: UsdPerHour| (u128::from(price.micros()) << 64) / u128::from(burden);
        Self { is_unpriced: price.is_none(), gain: Reverse(price.map_or(0, gain)), cost, size: Reverse(size), used }
    }
}

fn by_merit(fleet: &Fleet<'_>, nodes: impl Iterator<Item = (NodeIx, EvictionCost, u64)>) -> BTreeMap<Merit, Vec<NodeIx>> {
    let mut by_merit: BTreeMap<Merit, Vec<NodeIx>> = BTreeMap::new();
    for (node, cost, used) in nodes {
        let size = NodeSize::of(fleet.nodes[node].node);
        by_merit.entry(Merit::of(price_of(fleet, node), cost, size, used)).or_default().push(node);
    }
    by_merit
}

/// Returns how much of a node its pods use, in thousandths.
fn used(fleet: &Fleet<'_>, node: NodeIx) -> u64 {
    let used = utilization(fleet, &fleet.nodes[node]);
    let share = i128::from(used.requested) * 1000 / i128::from(used.offered.max(1));
    u64::try_from(share.max(0)).unwrap_or(u64::MAX)
}

fn zone_counts<'a>(fleet: &Fleet<'a>) -> ZoneCounts<'a> {
    fleet.groups.iter().map(live_by_zone).collect()
}

/// Returns the nodes with those of the fullest zone first. A zone counts one less with each node
/// taken from it.
fn fullest_zone_first<'a>(fleet: &Fleet<'a>, nodes: Vec<NodeIx>, counts: &mut ZoneCounts<'a>) -> Vec<NodeIx> {
    let mut keyed: Vec<(Reverse<usize>, NodeIx)> = Vec::with_capacity(nodes.len());
    for node in nodes {
        let entry = &fleet.nodes[node];
        let place = entry.member_of.map(|(group, _)| group).zip(fleet.instance_of(entry));
        let count = place.and_then(|(group, instance)| counts[group].get_mut(instance.zone.as_str()));
        let before = count.map_or(0, |count| {
            let before = *count;
            *count = count.saturating_sub(1);
            before
        });
        keyed.push((Reverse(before), node));
    }
    keyed.sort_unstable();
    keyed.into_iter().map(|(_, node)| node).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dearest_for_what_it_costs_to_empty_goes_first() {
        let merit = |dollars: Option<&str>, evictions: i64| {
            let price = dollars.map(|text| text.parse().expect("an amount"));
            Merit::of(price, EvictionCost(EvictionCost::ONE.0 * evictions), NodeSize::default(), 0)
        };
        let mut order = [
            ("unpriced and easy", merit(None, 1)),
            ("unpriced", merit(None, 2)),
            ("1.00 for one pod", merit(Some("1"), 1)),
            ("1.20 for one pod", merit(Some("1.2"), 1)),
            ("3.00 for five pods", merit(Some("3"), 5)),
            ("0.10 and empty", merit(Some("0.1"), 0)),
            ("0.05 for pods that would go", merit(Some("0.05"), -3)),
        ];
        order.sort_by_key(|(_, merit)| *merit);
        let names: Vec<&str> = order.iter().map(|(name, _)| *name).collect();
        let expected = ["0.05 for pods that would go", "1.20 for one pod", "1.00 for one pod", "3.00 for five pods"];
        assert_eq!(names[..4], expected);
        assert_eq!(names[4..], ["0.10 and empty", "unpriced and easy", "unpriced"]);
    }

    #[test]
    fn of_equal_price_and_cost_the_one_with_devices_the_larger_and_the_less_used_goes_first() {
        let merit =
            |devices, cpu, used| Merit::of(None, EvictionCost::ONE, NodeSize { devices, cpu, ..NodeSize::default() }, used);
        let mut order = [merit(0, 4, 100), merit(0, 8, 900), merit(1, 4, 500), merit(0, 8, 300)];
        order.sort();
        assert_eq!(
            order.map(|merit| (merit.size.0.devices, merit.size.0.cpu, merit.used)),
            [(1, 4, 500), (0, 8, 300), (0, 8, 900), (0, 4, 100)]
        );
    }
}
