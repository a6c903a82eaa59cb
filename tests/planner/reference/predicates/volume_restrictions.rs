//! Only one pod uses a claim that only one pod may use.

use ec2_autoscale_core::snapshot::AccessMode;

use crate::reference::world::{World, WorldPod};

pub(crate) fn why_not(world: &World, pod: &WorldPod, _node: usize) -> Option<String> {
    for (name, is_ephemeral) in pod.claims() {
        if is_ephemeral {
            continue;
        }
        let Some(claim) = world.claim(&pod.pod.namespace, name) else { return Some(format!("claim {name} is missing")) };
        if !claim.access_modes.contains(&AccessMode::ReadWriteOncePod) {
            continue;
        }
        for (other, _) in world.placed() {
            let uses_it = other.claims().any(|(theirs, is_ephemeral)| theirs == name && !is_ephemeral);
            if other.pod.namespace == pod.pod.namespace && uses_it {
                return Some(format!("claim {name} is used by {}", other.pod.id()));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::reference::case::check;

    #[test]
    fn table() {
        const ORIGIN: &str = "pkg/scheduler/framework/plugins/volumerestrictions/volume_restrictions_test.go";
        let mount = |name: &str| json!([{ "kind": "claim", "claim": name }]);
        let world = |modes: &[&str], others: Value| {
            json!({ "nodes": { "a": {}, "b": {} }, "pods": others, "pod": { "volumes": mount("data") },
                "claims": [{ "name": "data", "access_modes": modes },
                    { "name": "else", "access_modes": ["read-write-once-pod"] }] })
        };
        let one = ["read-write-once-pod"];
        check(
            "VolumeRestrictions",
            &[
                ("used by nobody", ORIGIN, world(&one, json!([])), "a b"),
                (
                    "used on one node: no node will do",
                    ORIGIN,
                    world(&one, json!([{ "node": "a", "volumes": mount("data") }])),
                    "",
                ),
                (
                    "used by a pod that ends",
                    ORIGIN,
                    world(&one, json!([{ "node": "a", "deleting": true, "volumes": mount("data") }])),
                    "",
                ),
                (
                    "used by a pod that has ended",
                    ORIGIN,
                    world(&one, json!([{ "node": "a", "phase": "failed", "volumes": mount("data") }])),
                    "a b",
                ),
                ("used by a pod without a node", ORIGIN, world(&one, json!([{ "volumes": mount("data") }])), "a b"),
                (
                    "many pods may use it",
                    ORIGIN,
                    world(&["read-write-once"], json!([{ "node": "a", "volumes": mount("data") }])),
                    "a b",
                ),
                ("another claim is used", ORIGIN, world(&one, json!([{ "node": "a", "volumes": mount("else") }])), "a b"),
                (
                    "the name in another namespace",
                    ORIGIN,
                    world(&one, json!([{ "node": "a", "namespace": "other", "volumes": mount("data") }])),
                    "a b",
                ),
                ("a claim that is not there", ORIGIN, json!({ "nodes": { "a": {} }, "pod": { "volumes": mount("gone") } }), ""),
            ],
        );
    }
}
