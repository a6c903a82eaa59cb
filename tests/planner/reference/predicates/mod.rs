//! The filters of kube-scheduler, one a file, in the order in which it runs them.

mod dynamic_resources;
mod inter_pod_affinity;
pub(crate) mod node_affinity;
mod node_name;
mod node_ports;
mod node_resources_fit;
mod node_unschedulable;
mod node_volume_limits;
mod pod_topology_spread;
pub(crate) mod taint_toleration;
pub(crate) mod volume_binding;
mod volume_restrictions;
mod volume_zone;

use super::world::{World, WorldPod};

/// Decides whether a pod may go on the node at that position; returns the reason that keeps it off.
pub(crate) type Predicate = fn(&World, &WorldPod, usize) -> Option<String>;

/// Every filter by the name of its plugin, in the order of kube-scheduler's default profile.
pub(crate) const ALL: [(&str, Predicate); 13] = [
    ("NodeUnschedulable", node_unschedulable::why_not),
    ("NodeName", node_name::why_not),
    ("TaintToleration", taint_toleration::why_not),
    ("NodeAffinity", node_affinity::why_not),
    ("NodePorts", node_ports::why_not),
    ("NodeResourcesFit", node_resources_fit::why_not),
    ("VolumeRestrictions", volume_restrictions::why_not),
    ("NodeVolumeLimits", node_volume_limits::why_not),
    ("VolumeBinding", volume_binding::why_not),
    ("VolumeZone", volume_zone::why_not),
    ("PodTopologySpread", pod_topology_spread::why_not),
    ("InterPodAffinity", inter_pod_affinity::why_not),
    ("DynamicResources", dynamic_resources::why_not),
];

/// Returns the first filter that keeps a pod off a node, and why.
pub(crate) fn why_not(world: &World, pod: &WorldPod, node: usize) -> Option<(&'static str, String)> {
    ALL.iter().find_map(|(plugin, predicate)| Some((*plugin, predicate(world, pod, node)?)))
}

/// Runs the filter of one plugin.
pub(crate) fn ask(plugin: &str, world: &World, pod: &WorldPod, node: usize) -> Option<String> {
    let (_, predicate) = ALL.iter().find(|(name, _)| *name == plugin).expect("a plugin of that name");
    predicate(world, pod, node)
}
