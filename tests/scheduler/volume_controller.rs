//! What the volume controllers and the CSI provisioner would do, which do not run here: they make the claims that belong to one
//! pod, and make and bind the volumes that the scheduler has chosen a node or a volume for.

use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::storage::{DRIVER, bind, claims_in, make_volume, reached_from, reference, set_phase, volume};

const ZONE: &str = "topology.kubernetes.io/zone";

/// One look at every pod with a claim of its own, and at every claim that has no volume yet.
pub(crate) fn step(cluster: &Cluster, pods: &[Value]) {
    let claims = cluster.list("/api/v1/persistentvolumeclaims");
    for pod in pods {
        let own = pod["spec"]["volumes"].as_array().into_iter().flatten().filter(|volume| !volume["ephemeral"].is_null());
        own.for_each(|volume| make_own_claim(cluster, &claims, pod, volume));
    }
    let waiting: Vec<&Value> = claims.iter().filter(|claim| claim["spec"]["volumeName"].is_null()).collect();
    if waiting.is_empty() {
        return;
    }
    let volumes = cluster.list("/api/v1/persistentvolumes");
    let nodes = cluster.list("/api/v1/nodes");
    for claim in waiting {
        let uid = &claim["metadata"]["uid"];
        let chosen = &claim["metadata"]["annotations"]["volume.kubernetes.io/selected-node"];
        if let Some(volume) = volumes.iter().find(|volume| volume["spec"]["claimRef"]["uid"] == *uid) {
            let name = volume["metadata"]["name"].as_str().expect("volumes are named");
            bind(cluster, claim, name);
            set_phase(cluster, &format!("/api/v1/persistentvolumes/{name}"), "Bound");
        } else if let Some(node) = nodes.iter().find(|node| node["metadata"]["name"] == *chosen) {
            provision(cluster, claim, node);
        }
    }
}

/// The claim of a pod's own volume; that of an earlier pod of the same name goes, with its volume.
fn make_own_claim(cluster: &Cluster, claims: &[Value], pod: &Value, volume: &Value) {
    let metadata = &pod["metadata"];
    let text = |value: &Value| value.as_str().expect("objects are named").to_owned();
    let (namespace, name) = (text(&metadata["namespace"]), format!("{}-{}", text(&metadata["name"]), text(&volume["name"])));
    let folder = claims_in(&namespace);
    let same_name = |claim: &&Value| claim["metadata"]["name"] == *name && claim["metadata"]["namespace"] == *namespace;
    if let Some(claim) = claims.iter().find(same_name) {
        if claim["metadata"]["ownerReferences"][0]["uid"] == metadata["uid"] {
            return;
        }
        cluster.remove(&format!("{folder}/{name}"));
        claim["spec"]["volumeName"].as_str().inspect(|volume| cluster.remove(&format!("/api/v1/persistentvolumes/{volume}")));
    }
    let owner =
        json!({ "apiVersion": "v1", "kind": "Pod", "name": metadata["name"], "uid": metadata["uid"], "controller": true });
    let spec = &volume["ephemeral"]["volumeClaimTemplate"]["spec"];
    cluster.create(&folder, &json!({ "metadata": { "name": name, "ownerReferences": [owner] }, "spec": spec }));
}

/// A volume in the node's zone.
fn provision(cluster: &Cluster, claim: &Value, node: &Value) {
    let name = claim["metadata"]["name"].as_str().expect("claims are named");
    let mut source = json!({ "csi": { "driver": DRIVER, "volumeHandle": format!("vol-{name}") } });
    if let Some(zone) = node["metadata"]["labels"][ZONE].as_str() {
        source = reached_from(source, ZONE, zone);
    }
    source["storageClassName"] = claim["spec"]["storageClassName"].clone();
    source["claimRef"] = reference(claim);
    let mode = claim["spec"]["accessModes"][0].as_str().expect("claims have a mode");
    let volume = volume(name, mode, source);
    make_volume(cluster, &volume, "Bound");
    bind(cluster, claim, volume["metadata"]["name"].as_str().expect("volumes are named"));
}
