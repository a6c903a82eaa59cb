//! Which devices pods get on one node, one pod after the other.

use super::devices::DeviceUse;
use super::{DemandId, NodeId};
use crate::index_vec::{IndexVec, Number as _};
use crate::scheduler::devices::{DeviceFacts, DevicesOfNewNode};
use crate::scheduler::{Demand, NodeView};
use crate::snapshot::AllocatedDevice;

/// The devices of each claim of a pod; absent where the pod gets none.
pub type Allocated = Option<Vec<Vec<AllocatedDevice>>>;

/// Returns the devices that pods get on a node that is there, in the order of the pods.
#[must_use]
pub fn allocate_on<'a>(
    node: &NodeView<'a>,
    facts: DeviceFacts<'a>,
    pods: &IndexVec<DemandId, Demand<'a>>,
) -> IndexVec<DemandId, Allocated> {
    let mut devices = DeviceUse::new(facts, pods);
    let id = NodeId::from_index(0);
    devices.join(id, node);
    pods.numbers().map(|pod| devices.allocate(pod, (id, node))).collect()
}

/// Returns the devices that pods get on a node that is not there yet, in the order of the pods.
/// `facts` are those of the cluster, of which only the classes count.
#[must_use]
pub fn allocate_on_new<'a>(
    node: &NodeView<'a>,
    (expected, facts): (&'a DevicesOfNewNode, DeviceFacts<'a>),
    pods: &IndexVec<DemandId, Demand<'a>>,
) -> IndexVec<DemandId, Allocated> {
    let mut devices = DeviceUse::new(facts.of_new_node(), pods);
    let id = NodeId::from_index(0);
    devices.expect(id, node, expected);
    pods.numbers().map(|pod| devices.allocate(pod, (id, node))).collect()
}
