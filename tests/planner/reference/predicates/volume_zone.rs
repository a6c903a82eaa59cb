//! A volume labelled with zones or regions is reached only from there.

use ec2_autoscale_core::snapshot::{BindingMode, Labels};

use crate::reference::world::{World, WorldPod, class_of};

const ZONE: [&str; 2] = ["failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone"];
const REGION: [&str; 2] = ["failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region"];

pub(crate) fn why_not(world: &World, pod: &WorldPod, node: usize) -> Option<String> {
    let here = &world.nodes[node].labels;
    for (name, is_ephemeral) in pod.claims() {
        if is_ephemeral {
            continue;
        }
        let Some(claim) = world.claim(&pod.pod.namespace, name) else { return Some(format!("claim {name} is missing")) };
        let Some(volume) = &claim.volume else {
            match world.storage_class(class_of(claim)) {
                Some(class) if class.binding_mode == BindingMode::WaitForFirstConsumer => continue,
                _ => return Some(format!("claim {name} has no volume, and none is made when it is used")),
            }
        };
        let Some(volume) = world.volume(volume) else { return Some(format!("volume {volume} is missing")) };
        // A cluster whose nodes have no labels of zones has one zone.
        if ZONE.iter().chain(&REGION).all(|key| !here.contains_key(key)) {
            continue;
        }
        for keys in [ZONE, REGION] {
            if !keys.iter().all(|key| agrees(&volume.labels, here, key, keys[1])) {
                return Some(format!("volume {} is elsewhere", volume.name));
            }
        }
    }
    None
}

/// Whether the node's value of a label is among the volume's (`a__b`). The present label may
/// replace a legacy one.
fn agrees(volume: &Labels, node: &Labels, key: &str, present_key: &str) -> bool {
    let Some(values) = volume.get(key) else { return true };
    // Values that are no list of names have no meaning.
    if values.split("__").any(|value| value.trim().is_empty()) {
        return true;
    }
    let own = node.get(key).or_else(|| node.get(present_key));
    own.is_some_and(|own| values.split("__").any(|value| value.trim() == own))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::reference::case::check;

    const ORIGIN: &str = "pkg/scheduler/framework/plugins/volumezone/volume_zone_test.go";

    /// Returns a volume of these labels, seen from nodes in zones a and b, one with legacy labels,
    /// and one without labels.
    fn volume(labels: Value) -> Value {
        world(json!({ "phase": "bound", "volume": "v" }), json!([{ "name": "v", "labels": labels }]))
    }

    fn world(claim: Value, volumes: Value) -> Value {
        let mut claim = claim;
        claim["name"] = json!("data");
        json!({ "nodes": {
              "a": { "labels": { "topology.kubernetes.io/zone": "a", "topology.kubernetes.io/region": "r" } },
              "b": { "labels": { "topology.kubernetes.io/zone": "b", "topology.kubernetes.io/region": "r" } },
              "old": { "labels": { "failure-domain.beta.kubernetes.io/zone": "a",
                  "failure-domain.beta.kubernetes.io/region": "r" } },
              "silent": {} },
            "claims": [claim], "volumes": volumes, "pod": { "volumes": [{ "kind": "claim", "claim": "data" }] },
            "storage_classes": [{ "name": "wait" }, { "name": "now", "binding_mode": "immediate" }] })
    }

    #[test]
    fn table() {
        check(
            "VolumeZone",
            &[
                ("no label", ORIGIN, volume(json!({})), "a b old silent"),
                ("a zone", ORIGIN, volume(json!({ "topology.kubernetes.io/zone": "a" })), "a silent"),
                ("the legacy label", ORIGIN, volume(json!({ "failure-domain.beta.kubernetes.io/zone": "a" })), "a old silent"),
                ("a set of zones", ORIGIN, volume(json!({ "topology.kubernetes.io/zone": "b__a" })), "a b silent"),
                (
                    "zone and region",
                    ORIGIN,
                    volume(json!({ "topology.kubernetes.io/zone": "a", "topology.kubernetes.io/region": "r" })),
                    "a silent",
                ),
                ("another region", ORIGIN, volume(json!({ "failure-domain.beta.kubernetes.io/region": "s" })), "silent"),
                ("another label", ORIGIN, volume(json!({ "zone": "x" })), "a b old silent"),
                (
                    "an empty set says nothing",
                    "staging/src/k8s.io/cloud-provider/volume/helpers/zones.go",
                    volume(json!({ "topology.kubernetes.io/zone": "" })),
                    "a b old silent",
                ),
                ("made when used", ORIGIN, world(json!({ "storage_class": "wait" }), json!([])), "a b old silent"),
                ("should have been made", ORIGIN, world(json!({ "storage_class": "now" }), json!([])), ""),
                ("no class and no volume", ORIGIN, world(json!({}), json!([])), ""),
                ("a class that is not there", ORIGIN, world(json!({ "storage_class": "gone" }), json!([])), ""),
                ("a volume that is not there", ORIGIN, world(json!({ "phase": "bound", "volume": "v" }), json!([])), ""),
            ],
        );
    }
}
