//! `DynamicResources`: a resource claim that is allocated is a node selector. One that is not gets
//! devices of the node.

use crate::scheduler::cluster::{Cluster, DemandId, NodeId};
use crate::scheduler::matching::matches;
use crate::scheduler::{Misfit, NodeView, PodView};

/// Returns why no node helps: a DeviceClass is missing, or the filter fails on a node, upon which
/// the scheduler gives up the pod.
pub(super) fn refuses_everywhere(cluster: &Cluster<'_>, demand: DemandId) -> Option<Misfit> {
    let problem = cluster.device_stop(demand)?.clone();
    let claim = cluster.demand(demand).claims.first().map_or("", |claim| claim.name);
    Some(Misfit::DynamicResources { claim: claim.to_owned(), problem: Some(problem) })
}

pub(super) fn refuses_unallocated(cluster: &Cluster<'_>, demand: DemandId, node: NodeId) -> Option<Misfit> {
    let (claim, problem) = cluster.device_problem(demand, node)?;
    Some(Misfit::DynamicResources { claim: claim.to_owned(), problem: Some(problem) })
}

pub(super) fn refuses(pod: &PodView<'_>, node: &NodeView<'_>) -> Option<Misfit> {
    let elsewhere = pod.devices.iter().find(|claim| {
        let selector = claim.allocation.as_ref().and_then(|allocation| allocation.node_selector.as_ref());
        selector.is_some_and(|terms| !terms.iter().any(|term| matches(term, node)))
    })?;
    Some(Misfit::DynamicResources { claim: elsewhere.name.clone(), problem: None })
}
