//! Claims of devices by chance. All have been given theirs and are in use: what has not is not modelled, and what nobody uses the
//! scheduler takes away again.

use serde_json::{Value, json};

use crate::cluster::{Cluster, namespace_of};
use crate::dice::Dice;
use crate::fleet::ZONES;

/// A ResourceClaim of that name, which every node reaches, or those of a zone, or one node.
pub(crate) fn claim(dice: &mut Dice, name: &str, nodes: &[String]) -> Value {
    // Without a time the scheduler adds one, which the API server refuses.
    let mut allocation = json!({ "allocationTimestamp": "2026-11-22T10:00:00Z" });
    let (key, value) = match dice.below(4) {
        0 => ("kubernetes.io/hostname", dice.pick(nodes)),
        _ => ("topology.kubernetes.io/zone", dice.pick(&ZONES).to_owned()),
    };
    if !dice.once_in(5) {
        let term = json!({ "matchExpressions": [{ "key": key, "operator": "In", "values": [value] }] });
        allocation["nodeSelector"] = json!({ "nodeSelectorTerms": [term] });
    }
    let consumer = json!({ "resource": "pods", "name": "somebody", "uid": "somebody" });
    json!({
        "metadata": { "name": name, "namespace": namespace_of(name) },
        "spec": {},
        "status": { "allocation": allocation, "reservedFor": [consumer] },
    })
}

pub(crate) fn make(cluster: &Cluster, claim: &Value) {
    let metadata = &claim["metadata"];
    let text = |key: &str| metadata[key].as_str().expect("claims are named");
    let folder = claims_in(text("namespace"));
    cluster.create(&folder, claim);
    cluster.change(&format!("{folder}/{}/status", text("name")), &json!({ "status": claim["status"] }));
}

/// Where the claims of a namespace are.
pub(crate) fn claims_in(namespace: &str) -> String {
    format!("/apis/resource.k8s.io/v1/namespaces/{namespace}/resourceclaims")
}
