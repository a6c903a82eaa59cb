//! Pods for which the scheduler makes room by preemption.

use ec2_autoscale_core::snapshot::Scheduling;

use super::predicates::ask;
use super::world::{World, WorldPod};

/// Returns which pods are nominated to which nodes, by position. A nomination counts while its node
/// exists, is schedulable and would hold the pod once the pods of lower priority have left.
pub(crate) fn nominations(world: &World) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for (position, pod) in world.pods.iter().enumerate() {
        let node = pod.pod.nominated_node.as_deref().and_then(|name| world.node_named(name));
        let Some(node) = node.filter(|_| pod.node.is_none() && pod.pod.scheduling != Scheduling::Gated) else { continue };
        let mut emptied = world.clone();
        emptied.pods.retain(|other| !is_victim(other, pod, node));
        let fits = ["NodeAffinity", "TaintToleration", "NodeResourcesFit"]
            .iter()
            .all(|plugin| ask(plugin, &emptied, pod, node).is_none());
        if fits && !world.nodes[node].unschedulable {
            found.push((position, node));
        }
    }
    found
}

fn is_victim(other: &WorldPod, of: &WorldPod, node: usize) -> bool {
    other.node == Some(node) && other.spec.priority < of.spec.priority
}
