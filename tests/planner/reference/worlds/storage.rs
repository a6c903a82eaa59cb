//! Storage of random clusters: classes, claims and volumes that all pods may use, and those made
//! for one pod.

use serde_json::{Value, json};

use super::builder::Builder;
use super::{EBS, ZONES};

impl Builder {
    /// Classes, and the claims and volumes that pods share.
    pub(super) fn add_storage(&mut self) {
        let zonal = json!([[{ "key": "topology.ebs.csi.aws.com/zone", "values": [ZONES[0], ZONES[1]] }]]);
        for (name, provisioner, mode, topologies) in [
            ("gp3", EBS, "wait-for-first-consumer", json!([])),
            ("zonal", EBS, "wait-for-first-consumer", zonal),
            ("local", "kubernetes.io/no-provisioner", "wait-for-first-consumer", json!([])),
            ("now", EBS, "immediate", json!([])),
        ] {
            self.add(
                "storage_classes",
                json!({ "name": name, "provisioner": provisioner, "binding_mode": mode, "allowed_topologies": topologies }),
            );
        }
        let in_zone = |zone: &str| {
            json!([{ "match_expressions": [{ "key": "topology.kubernetes.io/zone",
            "operator": "in", "values": [zone] }] }])
        };
        for namespace in ["default", "blue"] {
            for (claim, zone, labels) in
                [("zoned", Some(ZONES[0]), json!({})), ("labelled", None, json!({ "topology.kubernetes.io/zone": ZONES[2] }))]
            {
                let volume = format!("{namespace}-{claim}");
                self.add(
                    "volumes",
                    json!({ "name": volume, "available": false, "claim": { "namespace": namespace,
                    "name": claim }, "capacity": 10,
                    "access_modes": ["read-write-many"], "node_affinity": zone.map(in_zone), "labels": labels,
                        "driver": EBS, "handle": volume }),
                );
                self.add_claim(namespace, claim, json!({ "phase": "bound", "volume": volume }));
            }
            self.add_claim(namespace, "shared", json!({ "storage_class": "gp3" }));
            self.add_claim(namespace, "single", json!({ "storage_class": "gp3", "access_modes": ["read-write-once-pod"] }));
            self.add_claim(namespace, "now", json!({ "storage_class": "now" }));
            self.add_claim(namespace, "selected", json!({ "storage_class": "gp3", "selected_node": "n0" }));
        }
        for (number, zone) in ZONES.iter().enumerate() {
            self.add(
                "volumes",
                json!({ "name": format!("local-{number}"), "available": true, "storage_class": "local", "capacity": 5 + number,
                "access_modes": ["read-write-once"], "node_affinity": in_zone(zone) }),
            );
        }
    }

    fn add_claim(&mut self, namespace: &str, name: &str, facts: Value) {
        let mut claim = json!({ "namespace": namespace, "name": name, "phase": "pending",
            "access_modes": ["read-write-once"], "requested": 4 });
        for (key, value) in facts.as_object().expect("an object") {
            claim[key] = value.clone();
        }
        self.add("claims", claim);
    }

    /// Returns the volume of a pod: of a shared claim, or of its own.
    pub(super) fn mount(&mut self, kind: &str, pod: &str, namespace: &str) -> Value {
        let claim = format!("{pod}-{kind}");
        match kind {
            "gp3" | "zonal" | "local" => {
                self.add_claim(namespace, &claim, json!({ "storage_class": kind }));
                json!({ "kind": "claim", "claim": claim })
            }
            "ephemeral" => {
                self.add_claim(namespace, &claim, json!({ "storage_class": "gp3" }));
                json!({ "kind": "ephemeral", "claim": claim, "storage_class": "gp3" })
            }
            // Among them "missing", which does not exist.
            shared => json!({ "kind": "claim", "claim": shared }),
        }
    }
}
