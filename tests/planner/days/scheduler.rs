//! The cluster's scheduler, as simple as it can be: the emptiest node that a pod fits.

use std::collections::BTreeMap;

use ec2_autoscale_core::snapshot::{Labels, Node, Pod, PodSpec, Resources, Scheduling, Snapshot, Taint, TaintEffect};

use crate::support::dice::Dice;
use crate::support::scenario::run_on;

/// Binds every pod that fits somewhere, the oldest first. The others are unschedulable from then
/// on, and tried again about every other minute.
pub(super) fn bind(snapshot: &mut Snapshot, dice: &mut Dice) {
    let now = snapshot.taken_at;
    let mut used = usage(snapshot);
    let is_tried = |pod: &Pod, dice: &mut Dice| pod.node.is_none() && (!is_refused(pod) || dice.once_in(2));
    let mut queue: Vec<usize> = (0..snapshot.pods.len()).filter(|pod| is_tried(&snapshot.pods[*pod], dice)).collect();
    queue.sort_by_key(|pod| (snapshot.pods[*pod].created_at, snapshot.pods[*pod].uid.clone()));
    for index in queue {
        let spec = &snapshot.pod_specs[&snapshot.pods[index].spec];
        let open = snapshot.nodes.iter().filter(|node| node.is_ready() && !node.unschedulable);
        let fitting = open.filter(|node| is_admitted(spec, &node.labels, &node.taints) && has_room(node, &used, spec));
        let best =
            fitting.min_by_key(|node| (is_discouraged(node), share(node, &used), &node.name)).map(|node| node.name.clone());
        let requests = requests(spec);
        let pod = &mut snapshot.pods[index];
        match best {
            Some(node) => {
                run_on(pod, &node, now);
                used.entry(node).or_default().add(&requests);
            }
            None if is_refused(pod) => {}
            None => pod.scheduling = Scheduling::Unschedulable { since: now },
        }
    }
}

/// Returns a node on which a pod would fit if its cordon were ignored.
pub(super) fn fits_in_spite_of_cordon(snapshot: &Snapshot, node: &Node, spec: &PodSpec) -> bool {
    node.is_ready() && is_admitted(spec, &node.labels, &node.taints) && has_room(node, &usage(snapshot), spec)
}

/// Whether labels and taints admit a pod.
pub(super) fn is_admitted(spec: &PodSpec, labels: &Labels, taints: &[Taint]) -> bool {
    let tolerates = |taint: &Taint| spec.tolerations.iter().any(|toleration| toleration.key.as_ref() == Some(&taint.key));
    let keeps_away = |taint: &&Taint| taint.effect != TaintEffect::PreferNoSchedule;
    let is_selected = spec.node_selector.iter().all(|(key, value)| labels.get(key) == Some(value));
    is_selected && taints.iter().filter(keeps_away).all(tolerates)
}

/// Returns the requests of a pod; its place among the node's pods is one of them.
pub(super) fn requests(spec: &PodSpec) -> Resources {
    let mut sum: Resources = [("pods", 1)].into_iter().collect();
    spec.containers.iter().for_each(|container| sum.add(&container.requests));
    sum
}

/// Whether an amount of everything is within another.
pub(super) fn is_within(requests: &Resources, room: &Resources) -> bool {
    requests.iter().all(|(name, amount)| amount <= room.get(name))
}

fn is_refused(pod: &Pod) -> bool {
    matches!(pod.scheduling, Scheduling::Unschedulable { .. })
}

fn usage(snapshot: &Snapshot) -> BTreeMap<String, Resources> {
    let mut used: BTreeMap<String, Resources> = BTreeMap::new();
    for pod in &snapshot.pods {
        if let Some(node) = &pod.node {
            used.entry(node.to_string()).or_default().add(&requests(snapshot.spec(pod)));
        }
    }
    used
}

fn has_room(node: &Node, used: &BTreeMap<String, Resources>, spec: &PodSpec) -> bool {
    let mut room = node.allocatable.clone();
    if let Some(used) = used.get(&node.name) {
        room.subtract(used);
    }
    is_within(&requests(spec), &room)
}

fn is_discouraged(node: &Node) -> bool {
    node.taints.iter().any(|taint| taint.effect == TaintEffect::PreferNoSchedule)
}

/// Returns the thousandths of the processor time that is requested.
fn share(node: &Node, used: &BTreeMap<String, Resources>) -> i64 {
    used.get(&node.name).map_or(0, |used| used.get("cpu") * 1000 / node.allocatable.get("cpu").max(1))
}
