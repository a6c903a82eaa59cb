//! The cluster as the scheduler sees it at this moment: nodes as they are, with their cordons and
//! startup taints.

use crate::index_vec::IndexVec;
use crate::plan::fleet::Fleet;
use crate::plan::pending::{nomination, repelling};
use crate::scheduler::NodeView;
use crate::scheduler::cluster::{Cluster, DemandId};
use crate::scheduler::{Demand, Storage};
use crate::snapshot::Pod;

/// Returns the cluster with its nodes in the order of [`Fleet::nodes`], without the pod in
/// question.
pub(super) fn cluster_as_seen<'a>(
    fleet: &'a Fleet<'a>,
    storage: Storage<'a>,
    demands: IndexVec<DemandId, Demand<'a>>,
    without: Option<&Pod>,
) -> Cluster<'a> {
    let mut cluster = Cluster::new(fleet.cluster_parts(storage), demands, repelling(fleet).into_iter());
    let is_other = |pod: &&&Pod| without.is_none_or(|left_out| left_out.uid != pod.uid);
    for entry in &fleet.nodes {
        let node = entry.node;
        let mut free = fleet.columns.row(&node.allocatable);
        let nominated = entry.nominated.iter().filter(|pod| nomination(fleet, pod).is_some());
        let there: Vec<&Pod> = entry.pods.iter().chain(nominated).filter(is_other).copied().collect();
        for pod in &there {
            for (free, taken) in free.iter_mut().zip(fleet.held(pod).iter()) {
                *free = free.saturating_sub(*taken);
            }
        }
        let description =
            NodeView { name: &node.name, labels: &node.labels, taints: &node.taints, unschedulable: node.unschedulable };
        let id = cluster.add_known(description, &free);
        if let Some(csi) = fleet.csi_node(&node.name) {
            cluster.limit_volumes(id, &csi.limits);
        }
        for pod in there {
            cluster.add_resident(id, &fleet.resident(pod));
            cluster.add_volumes(id, &pod.namespace, &pod.volumes);
        }
    }
    cluster.find_device_failures();
    cluster
}
