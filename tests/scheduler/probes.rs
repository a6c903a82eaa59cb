//! How much is free on a node that is there, to the last unit: a pod that asks for exactly that is bound, and one that asks for
//! one unit more is not. It tries the formula of a pod's requests in every form that a resident pod may have.

use ec2_autoscale::scheduler::placed_requests;
use ec2_autoscale::snapshot::{CPU, EPHEMERAL_STORAGE, MEMORY, Node, PODS, Resources, Snapshot};
use serde_json::{Value, json};

use crate::cluster::{Cluster, Outcome, names};

const PROBED: [&str; 3] = [CPU, MEMORY, EPHEMERAL_STORAGE];

/// What is too much: one unit. The planner rounds a fraction of a byte up container by container, the scheduler pod by pod, so
/// that a few bytes more may yet be free.
const TOO_MUCH: [(&str, i64); 3] = [(CPU, 1), (MEMORY, 16), (EPHEMERAL_STORAGE, 1)];

/// Where the scheduler counts otherwise, a sentence each.
pub(crate) fn disagreements(cluster: &Cluster, snapshot: &Snapshot) -> Vec<String> {
    let mut wrong = Vec::new();
    let free: Vec<(&Node, Resources)> = snapshot.nodes.iter().map(|node| (node, free(snapshot, node))).collect();
    for (resource, more) in TOO_MUCH.into_iter().chain([("", 0)]) {
        let probes: Vec<Value> = free
            .iter()
            .filter(|(_, free)| free.get(PODS) > 0 && PROBED.iter().all(|name| free.get(name) >= 0))
            .map(|(node, free)| {
                let mut asked: Resources = PROBED.iter().map(|name| (*name, free.get(name))).collect();
                if more > 0 {
                    asked.set(resource, asked.get(resource) + more);
                }
                probe(&node.name, &asked)
            })
            .collect();
        cluster.add_pods(&probes);
        for (name, outcome) in cluster.decisions(names(&probes)) {
            let fits = matches!(outcome, Outcome::Bound { .. });
            if fits == (more > 0) {
                let asked = probes.iter().find(|probe| probe["metadata"]["name"] == name);
                wrong.push(format!(
                    "{name} with {more} more {resource} than is free: {outcome:?}; {:?}",
                    asked.map(|pod| &pod["spec"])
                ));
            }
        }
        cluster.delete_pods(names(&probes));
    }
    wrong
}

fn free(snapshot: &Snapshot, node: &Node) -> Resources {
    let mut free = node.allocatable.clone();
    for pod in snapshot.pods.iter().filter(|pod| pod.node.as_deref() == Some(node.name.as_str())) {
        free.subtract(&placed_requests(pod, snapshot.spec(pod)));
    }
    free
}

fn probe(node: &str, asked: &Resources) -> Value {
    json!({
        "metadata": { "name": format!("probe-{node}") },
        "spec": {
            "containers": [{ "name": "a", "image": "none", "resources": { "requests": asked } }],
            "tolerations": [{ "operator": "Exists" }],
            "nodeSelector": { "kubernetes.io/hostname": node },
        },
    })
}
