//! Devices that are free in pieces: no node has all of its own, but together they are as many as
//! whole nodes have. Jobs that need a whole node wait for one then, although few pods would have to
//! move. Nothing is moved for it; a person is told which pods those are.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::rehousing::{PodsToMove, Rehousing, Surroundings};
use crate::plan::amounts::small;
use crate::plan::drain::{Drainability, of_pod};
use crate::plan::fleet::{Fleet, NodeIx};
use crate::plan::node_state::NodeStates;
use crate::plan::report::FindingCode;
use crate::plan::scale_up::{Presentations, is_usable};
use crate::snapshot::{ObjectName, Pod};
use crate::well_known::resources::is_device;

/// At most so many nodes are tried, those with the fewest pods first: the others would not be worth
/// the trouble.
const NODES_TRIED: usize = 20;

/// A device, and how many of it each of some nodes has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct DevicesPerNode {
    column: usize,
    offered: i64,
}

/// Returns a finding for each device and size of nodes of which whole nodes are free in pieces, if
/// one of them would be free once some pods had moved. `staying` are the nodes that stay for long
/// enough to move pods to them.
pub(crate) fn devices_in_pieces(nodes: &NodeStates<'_>, staying: impl Iterator<Item = NodeIx>) -> Vec<FindingCode> {
    let in_pieces = nodes_in_pieces(nodes.fleet(), staying);
    let is_worth_a_node =
        |(shape, list): &(&DevicesPerNode, &Vec<NodeIx>)| free_in(nodes.fleet(), **shape, list) >= shape.offered;
    let candidates: Vec<(&DevicesPerNode, &Vec<NodeIx>)> = in_pieces.iter().filter(is_worth_a_node).collect();
    if candidates.is_empty() {
        return Vec::new();
    }
    let presentations = Presentations::new(nodes.situation);
    let surroundings = Surroundings::new(nodes.situation, &presentations, nodes.scale_up);
    candidates.into_iter().filter_map(|(shape, list)| finding(nodes, &surroundings, *shape, list)).collect()
}

/// Returns the nodes that have some devices in use and others free, by device and size.
fn nodes_in_pieces(fleet: &Fleet<'_>, staying: impl Iterator<Item = NodeIx>) -> BTreeMap<DevicesPerNode, Vec<NodeIx>> {
    let columns: Vec<usize> = (0..fleet.columns.len()).filter(|column| is_device(fleet.columns.name(*column))).collect();
    let mut in_pieces: BTreeMap<DevicesPerNode, Vec<NodeIx>> = BTreeMap::new();
    if columns.is_empty() {
        return in_pieces;
    }
    for node in staying {
        let entry = &fleet.nodes[node];
        if !is_usable(fleet, entry) || entry.node.unschedulable {
            continue;
        }
        for &column in &columns {
            let offered = entry.node.allocatable.get(fleet.columns.name(column));
            if (1..offered).contains(&entry.requested[column]) {
                in_pieces.entry(DevicesPerNode { column, offered }).or_default().push(node);
            }
        }
    }
    in_pieces
}

fn free(fleet: &Fleet<'_>, DevicesPerNode { column, offered }: DevicesPerNode, node: NodeIx) -> i64 {
    offered - fleet.nodes[node].requested[column]
}

fn free_in(fleet: &Fleet<'_>, shape: DevicesPerNode, nodes: &[NodeIx]) -> i64 {
    nodes.iter().map(|node| free(fleet, shape, *node)).sum()
}

/// Returns the finding on devices of one kind, for the node that the fewest pods have to leave.
fn finding<'a>(
    nodes: &NodeStates<'a>,
    surroundings: &Surroundings<'a>,
    shape: DevicesPerNode,
    in_pieces: &[NodeIx],
) -> Option<FindingCode> {
    let fleet = nodes.fleet();
    let pods = movable(nodes, shape, in_pieces);
    let mut order: Vec<NodeIx> = pods.keys().copied().collect();
    order.sort_by_key(|node| (pods[node].len(), Reverse(free(fleet, shape, *node)), *node));
    let mut receivers = in_pieces.to_vec();
    receivers.sort_by_key(|node| (free(fleet, shape, *node), *node));
    let mut rehousing = Rehousing::new(surroundings, &pods, &receivers);
    let freed = order.into_iter().take(NODES_TRIED).find(|node| rehousing.could_remove(*node).is_ok())?;
    let mut moved: Vec<ObjectName> = pods[&freed].iter().map(|pod| pod.id()).collect();
    moved.sort();
    let devices = free_in(fleet, shape, in_pieces);
    Some(FindingCode::DevicesInPieces {
        resource: fleet.columns.name(shape.column).to_owned(),
        devices: devices.unsigned_abs(),
        nodes: small(in_pieces.len()),
        whole: (devices / shape.offered).unsigned_abs(),
        freed: fleet.nodes[freed].node.name.clone(),
        moved,
    })
}

/// Returns the pods with devices of each node from which all of them may be moved.
fn movable<'a>(nodes: &NodeStates<'a>, shape: DevicesPerNode, in_pieces: &[NodeIx]) -> PodsToMove<'a> {
    let fleet = nodes.fleet();
    let may_move = |node: NodeIx, pod: &Pod| {
        matches!(of_pod(fleet, &fleet.nodes[node], pod, nodes.budgets()), Drainability::Movable { .. })
    };
    let of_node = |&node: &NodeIx| {
        let has_devices = |pod: &&'a Pod| fleet.held(pod)[shape.column] > 0;
        let pods: Vec<&'a Pod> = fleet.nodes[node].pods.iter().copied().filter(has_devices).collect();
        pods.iter().all(|pod| may_move(node, pod)).then_some((node, pods))
    };
    in_pieces.iter().filter_map(of_node).collect()
}
