//! How large a node is, for orders in which no price decides: nodes with devices are the largest.

use super::{Fleet, NodeIx};
use crate::snapshot::{CPU, MEMORY, Node, UsdPerHour};
use crate::well_known::resources::is_device;

/// The size of a node.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NodeSize {
    pub(crate) devices: i64,
    pub(crate) cpu: i64,
    pub(crate) memory: i64,
}

impl NodeSize {
    pub(crate) fn of(node: &Node) -> Self {
        let devices = node.allocatable.iter().filter(|(name, _)| is_device(name));
        Self {
            devices: devices.map(|(_, amount)| amount).sum(),
            cpu: node.allocatable.get(CPU),
            memory: node.allocatable.get(MEMORY),
        }
    }
}

/// Returns what a node of a managed group costs, where that is known.
pub(crate) fn price_of(fleet: &Fleet<'_>, node: NodeIx) -> Option<UsdPerHour> {
    let entry = &fleet.nodes[node];
    let (group, instance) = (fleet.group_of(entry)?, fleet.instance_of(entry)?);
    fleet.prices.as_ref()?.of_instance(group, instance)
}
