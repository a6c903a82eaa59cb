//! Which nodes first: the zone with the most instances of its group goes first, so that zones stay even; the name decides last.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::holds::live_by_zone;
use crate::plan::drain::EvictionCost;
use crate::plan::fleet::Fleet;
use crate::plan::report::NodeState;

/// The live instances of each group by zone.
type Crowds<'a> = Vec<BTreeMap<&'a str, usize>>;

/// The idle nodes: those cordoned already before the others.
pub(super) fn of_idle(fleet: &Fleet<'_>, states: &[NodeState]) -> Vec<usize> {
    let cordoned = (0..states.len()).filter(|&node| matches!(states[node], NodeState::IdleUnschedulable { .. })).collect();
    let open = (0..states.len()).filter(|&node| matches!(states[node], NodeState::IdleSchedulable { .. })).collect();
    let mut crowds = crowds(fleet);
    let mut order = heaviest_zone_first(fleet, cordoned, &mut crowds);
    order.extend(heaviest_zone_first(fleet, open, &mut crowds));
    order
}

/// The nodes with pods, each with what it costs to evict them: by price, where it is known, over 1 + that cost. No price is
/// known yet, so that the cheapest to empty goes first; prices belong here.
pub(super) fn of_drainable(fleet: &Fleet<'_>, nodes: &BTreeMap<usize, EvictionCost>) -> Vec<usize> {
    let mut by_cost: BTreeMap<EvictionCost, Vec<usize>> = BTreeMap::new();
    for (node, cost) in nodes {
        by_cost.entry(*cost).or_default().push(*node);
    }
    let mut crowds = crowds(fleet);
    by_cost.into_values().flat_map(|nodes| heaviest_zone_first(fleet, nodes, &mut crowds)).collect()
}

fn crowds<'a>(fleet: &Fleet<'a>) -> Crowds<'a> {
    fleet.groups.iter().map(live_by_zone).collect()
}

/// The nodes of the heaviest zone first, counting those that went before: the crowd of a zone shrinks with each.
fn heaviest_zone_first<'a>(fleet: &Fleet<'a>, nodes: Vec<usize>, crowds: &mut Crowds<'a>) -> Vec<usize> {
    let mut keyed: Vec<(Reverse<usize>, usize)> = Vec::with_capacity(nodes.len());
    for node in nodes {
        let entry = &fleet.nodes[node];
        let place = entry.member_of.map(|(group, _)| group).zip(fleet.instance_of(entry));
        let crowd = place.and_then(|(group, instance)| crowds[group].get_mut(instance.zone.as_str()));
        let before = crowd.map_or(0, |crowd| {
            let before = *crowd;
            *crowd = crowd.saturating_sub(1);
            before
        });
        keyed.push((Reverse(before), node));
    }
    keyed.sort_unstable();
    keyed.into_iter().map(|(_, node)| node).collect()
}
