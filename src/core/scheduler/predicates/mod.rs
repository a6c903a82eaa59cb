//! The scheduler's filters, one a file, in the order in which it asks them.

mod dynamic_resources;
mod inter_pod_affinity;
mod node_affinity;
mod node_name;
mod node_ports;
mod node_resources_fit;
mod node_unschedulable;
mod node_volume_limits;
mod pod_topology_spread;
mod taint_toleration;
mod volume_binding;
mod volume_restrictions;
mod volume_zone;

use super::cluster::{Cluster, DemandId, NodeId};
use super::{Misfit, NodeView, PodView};

pub(super) use node_affinity::is_selected;
pub use node_ports::ports_of;
pub use taint_toleration::discouragements;
pub(super) use taint_toleration::tolerates_all;
pub(super) use volume_binding::reaches;
pub(super) use volume_zone::PLACE_LABELS;

/// A filter.
enum Predicate {
    /// It looks at the pod and the node alone: its answer does not change while pods are placed.
    NodeAlone(fn(&PodView<'_>, &NodeView<'_>) -> Option<Misfit>),
    /// It looks at what is free on the node.
    WhatIsFree(fn(&PodView<'_>, &[i64]) -> Option<Misfit>),
    /// It looks at the pods that are there.
    AmongPods(fn(&Cluster<'_>, DemandId, NodeId) -> Option<Misfit>),
}

use Predicate::{AmongPods, NodeAlone, WhatIsFree};

/// The order is that of the default plugins of kube-scheduler (`pkg/scheduler/apis/config/v1/default_plugins.go`); the first no
/// is the reason that is reported.
const PREDICATES: [Predicate; 14] = [
    NodeAlone(node_unschedulable::refuses),
    NodeAlone(node_name::refuses),
    NodeAlone(taint_toleration::refuses),
    NodeAlone(node_affinity::refuses),
    AmongPods(node_ports::refuses),
    WhatIsFree(node_resources_fit::refuses),
    AmongPods(volume_restrictions::refuses),
    AmongPods(node_volume_limits::refuses),
    NodeAlone(volume_binding::refuses_bound),
    AmongPods(volume_binding::refuses_unbound),
    NodeAlone(volume_zone::refuses),
    AmongPods(pod_topology_spread::refuses),
    AmongPods(inter_pod_affinity::refuses),
    NodeAlone(dynamic_resources::refuses),
];

/// The first filter that says no to one more such pod. What keeps a pod from every node is said first: the scheduler finds it
/// before it looks at any.
pub(super) fn first_misfit(cluster: &Cluster<'_>, demand: DemandId, node: NodeId) -> Option<Misfit> {
    let pod = cluster.demand(demand).view(cluster.columns(), cluster.gates());
    volume_binding::refuses_everywhere(&pod).or_else(|| {
        PREDICATES.iter().find_map(|predicate| match predicate {
            NodeAlone(refuses) => cluster.ways(node).find_map(|way| refuses(&pod, &way.view())),
            WhatIsFree(refuses) => refuses(&pod, cluster.row(node)),
            AmongPods(refuses) => refuses(cluster, demand, node),
        })
    })
}

/// The first filter that refuses whatever else is placed on the node.
#[must_use]
pub fn first_lasting_misfit(pod: &PodView<'_>, node: &NodeView<'_>) -> Option<Misfit> {
    volume_binding::refuses_everywhere(pod).or_else(|| {
        PREDICATES.iter().find_map(|predicate| match predicate {
            NodeAlone(refuses) => refuses(pod, node),
            WhatIsFree(_) | AmongPods(_) => None,
        })
    })
}

/// How many such pods fit in what is free.
#[must_use]
pub fn room(pod: &PodView<'_>, free: &[i64]) -> u32 {
    node_resources_fit::room(pod, free)
}

/// The resource of which too little is free, if there is one.
#[must_use]
pub fn shortage(pod: &PodView<'_>, free: &[i64]) -> Option<Misfit> {
    node_resources_fit::refuses(pod, free)
}

/// How many such pods the rules between pods, ports and volumes allow in a row. It asks the same filters as [`first_misfit`],
/// without putting a refusal into words: most answers are never read.
pub(super) fn room_among_pods(cluster: &Cluster<'_>, demand: DemandId, node: NodeId) -> u32 {
    let needs = cluster.demand(demand);
    // The next pod meets the ports and volumes of this one.
    let mut room = u32::MAX;
    if !needs.ports.is_empty() {
        room = u32::from(node_ports::refuses(cluster, demand, node).is_none());
    }
    if room > 0 && !needs.volumes.claims.is_empty() {
        let problem = volume_restrictions::refuses(cluster, demand, node)
            .or_else(|| node_volume_limits::refuses(cluster, demand, node))
            .or_else(|| volume_binding::refuses_unbound(cluster, demand, node));
        room = u32::from(problem.is_none());
    }
    if room > 0 {
        room = room.min(pod_topology_spread::room(cluster, demand, node));
    }
    if room > 0 {
        room = room.min(inter_pod_affinity::room(cluster, demand, node));
    }
    room
}
