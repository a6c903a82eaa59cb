//! The pods that DaemonSets will have on a node.

use ec2_autoscale_core::snapshot::{DaemonSet, Pod, Snapshot, TaintEffect, Toleration, TolerationOperator};
use serde_json::json;

use super::predicates::ask;
use super::world::{World, WorldPod};

/// The tolerations that the DaemonSet controller adds to its pods
/// (`pkg/controller/daemon/util/daemonset_util.go`); the last one only on the node's own network.
const ADDED: [(&str, TaintEffect); 7] = [
    ("node.kubernetes.io/not-ready", TaintEffect::NoExecute),
    ("node.kubernetes.io/unreachable", TaintEffect::NoExecute),
    ("node.kubernetes.io/disk-pressure", TaintEffect::NoSchedule),
    ("node.kubernetes.io/memory-pressure", TaintEffect::NoSchedule),
    ("node.kubernetes.io/pid-pressure", TaintEffect::NoSchedule),
    ("node.kubernetes.io/unschedulable", TaintEffect::NoSchedule),
    ("node.kubernetes.io/network-unavailable", TaintEffect::NoSchedule),
];

/// Returns the daemons of a node: one of each set whose selector, affinity and tolerations accept
/// it.
pub(crate) fn daemon_pods(world: &World, node: usize, snapshot: &Snapshot) -> Vec<WorldPod> {
    let pods = snapshot.daemon_sets.iter().map(|set| daemon_pod(set, node, snapshot));
    pods.filter(|pod| ["NodeAffinity", "TaintToleration"].iter().all(|plugin| ask(plugin, world, pod, node).is_none()))
        .collect()
}

/// Adds the daemons that a node should have and lacks.
pub(crate) fn add_missing(world: &mut World, node: usize, snapshot: &Snapshot) {
    for daemon in daemon_pods(world, node, snapshot) {
        let is_there = world.pods_on(node).any(|pod| {
            let set = |pod: &Pod| pod.owner.as_ref().filter(|owner| owner.kind == "DaemonSet").map(|owner| owner.name.clone());
            pod.pod.namespace == daemon.pod.namespace && set(&pod.pod).is_some() && set(&pod.pod) == set(&daemon.pod)
        });
        if !is_there {
            world.pods.push(daemon);
        }
    }
}

fn daemon_pod(set: &DaemonSet, node: usize, snapshot: &Snapshot) -> WorldPod {
    let mut spec = snapshot.pod_specs[&set.spec].clone();
    let own_network = spec.host_network;
    for (key, effect) in ADDED {
        if key.ends_with("network-unavailable") && !own_network {
            continue;
        }
        spec.tolerations.push(Toleration {
            key: Some(key.to_owned()),
            operator: TolerationOperator::Exists,
            value: String::new(),
            effect: Some(effect),
        });
    }
    let owner = json!({ "kind": "DaemonSet", "api_version": "apps/v1", "name": set.name, "uid": "set" });
    let pod = json!({
        "namespace": set.namespace, "name": format!("{}-on-{node}", set.name), "uid": "daemon", "spec": set.spec,
        "phase": "running", "scheduling": { "state": "unseen" }, "created_at": snapshot.taken_at, "owner": owner,
    });
    WorldPod { pod: serde_json::from_value(pod).expect("a pod"), spec, node: Some(node) }
}
