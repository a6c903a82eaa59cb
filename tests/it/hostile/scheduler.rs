//! The cluster's scheduler, as simple as it can be, and the bindings that ignore a cordon.

use std::collections::BTreeMap;

use ec2_autoscale::snapshot::{Node, PodSpec, Resources, Scheduling, Snapshot, Taint, TaintEffect};

use super::truth::Truth;
use crate::support::scenario::run_on;

/// Binds every pod that fits somewhere, the oldest first, to the emptiest node; the others are
/// unschedulable from then on.
pub(super) fn bind(truth: &mut Truth) {
    let now = truth.now();
    let snapshot = &mut truth.world.snapshot;
    let mut used = usage(snapshot);
    let mut queue: Vec<usize> = (0..snapshot.pods.len()).filter(|pod| snapshot.pods[*pod].node.is_none()).collect();
    queue.sort_by_key(|pod| (snapshot.pods[*pod].created_at, snapshot.pods[*pod].uid.clone()));
    for place in queue {
        let spec = &snapshot.pod_specs[&snapshot.pods[place].spec];
        let open = snapshot.nodes.iter().filter(|node| node.is_ready() && !node.unschedulable && admits(node, &used, spec));
        let best =
            open.min_by_key(|node| (is_discouraged(node), used_cpu(&used, node), &node.name)).map(|node| node.name.clone());
        let requests = requests(spec);
        let pod = &mut snapshot.pods[place];
        match best {
            Some(node) => {
                run_on(pod, &node, now);
                used.entry(node).or_default().add(&requests);
                truth.tally.count("pod bound");
            }
            None if matches!(pod.scheduling, Scheduling::Unschedulable { .. }) => {}
            None => pod.scheduling = Scheduling::Unschedulable { since: now },
        }
    }
}

/// Binds pods in spite of a cordon: one that was placed a moment earlier, and one whose author
/// names the node.
pub(super) fn bind_in_spite_of_cordons(truth: &mut Truth) {
    let is_closed = |node: &&Node| node.unschedulable && node.is_ready();
    let cordoned: Vec<String> = truth.world.snapshot.nodes.iter().filter(is_closed).map(|node| node.name.clone()).collect();
    for node in cordoned {
        if !truth.dice.once_in(40) {
            continue;
        }
        let now = truth.now();
        let mut pod = truth.work.job(&truth.world.snapshot, 10);
        run_on(&mut pod, &node, now);
        truth.tally.count("bound in spite of a cordon");
        let line = format!("{} bound in spite of the cordon", pod.name);
        truth.world.snapshot.pods.push(pod);
        if let Some(id) = truth.machine_named(&node).map(|(id, _)| id.clone()) {
            truth.tell(&id, line);
        }
    }
}

fn admits(node: &Node, used: &BTreeMap<String, Resources>, spec: &PodSpec) -> bool {
    let tolerates = |taint: &Taint| spec.tolerations.iter().any(|toleration| toleration.key.as_ref() == Some(&taint.key));
    let keeps_away =
        |taint: &&Taint| taint.effect != TaintEffect::PreferNoSchedule && taint.key != "node.kubernetes.io/unschedulable";
    let mut room = node.allocatable.clone();
    if let Some(used) = used.get(&node.name) {
        room.subtract(used);
    }
    node.taints.iter().filter(keeps_away).all(tolerates) && requests(spec).iter().all(|(name, amount)| amount <= room.get(name))
}

fn requests(spec: &PodSpec) -> Resources {
    let mut sum: Resources = [("pods", 1)].into_iter().collect();
    spec.containers.iter().for_each(|container| sum.add(&container.requests));
    sum
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

fn is_discouraged(node: &Node) -> bool {
    node.taints.iter().any(|taint| taint.effect == TaintEffect::PreferNoSchedule)
}

fn used_cpu(used: &BTreeMap<String, Resources>, node: &Node) -> i64 {
    used.get(&node.name).map_or(0, |used| used.get("cpu"))
}
