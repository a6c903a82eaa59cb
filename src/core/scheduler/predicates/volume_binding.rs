//! `VolumeBinding`: bound volumes must reach the node, and unbound claims must be able to get one
//! there.

use crate::scheduler::cluster::{Cluster, DemandId, NodeId};
use crate::scheduler::matching::reaches;
use crate::scheduler::storage::{VolumeNeed, VolumeProblem};
use crate::scheduler::{Misfit, NodeView, PodView};

/// Returns the problem that the scheduler finds before it filters any node.
pub(super) fn refuses_everywhere(pod: &PodView<'_>) -> Option<Misfit> {
    pod.volumes.problem.clone().map(|problem| Misfit::VolumeBinding { problem })
}

/// Checks volumes that exist, and volumes that are being made for one node.
pub(super) fn refuses_bound(pod: &PodView<'_>, node: &NodeView<'_>) -> Option<Misfit> {
    let problem = pod.volumes.claims.iter().find_map(|need| {
        let claim = || need.claim.0.to_owned();
        match need.volume {
            VolumeNeed::Bound { reach, .. } => (!reaches(reach, node)).then(|| VolumeProblem::OutOfReach { claim: claim() }),
            VolumeNeed::Unbound { selected_node: Some(chosen), .. } => {
                (chosen != node.name).then(|| VolumeProblem::MadeElsewhere { claim: claim(), node: Some(chosen.to_owned()) })
            }
            VolumeNeed::Unbound { selected_node: None, .. } => None,
        }
    });
    problem.map(|problem| Misfit::VolumeBinding { problem })
}

/// Checks claims that get their volume once their pod has a node.
pub(super) fn refuses_unbound(cluster: &Cluster<'_>, demand: DemandId, node: NodeId) -> Option<Misfit> {
    let needs = cluster.demand(demand);
    if needs.volumes.claims.is_empty() {
        return None;
    }
    let problem = cluster.ways(node).find_map(|way| {
        let at = (node, way);
        cluster.volumes().binding_problem(cluster.storage(), needs.namespace, &needs.volumes, at)
    });
    problem.map(|problem| Misfit::VolumeBinding { problem })
}
