//! What the volume controller and the CSI provisioner would do, which do not run here: they make and bind the volumes that the
//! scheduler has chosen a node or a volume for.

use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::storage::{DRIVER, bind, make_volume, reached_from, reference, set_phase, volume};

const ZONE: &str = "topology.kubernetes.io/zone";

/// One look at every claim that has no volume yet.
pub(crate) fn step(cluster: &Cluster) {
    let claims = cluster.list("/api/v1/persistentvolumeclaims");
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
