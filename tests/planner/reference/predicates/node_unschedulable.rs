//! A cordoned node takes only pods that tolerate its cordon.

use ec2_autoscale_core::snapshot::{Taint, TaintEffect};

use crate::reference::predicates::taint_toleration::is_tolerated;
use crate::reference::world::{World, WorldPod};

pub(crate) fn why_not(world: &World, pod: &WorldPod, node: usize) -> Option<String> {
    let cordon =
        Taint { key: "node.kubernetes.io/unschedulable".to_owned(), value: String::new(), effect: TaintEffect::NoSchedule };
    let is_cordoned = world.nodes[node].unschedulable;
    (is_cordoned && !is_tolerated(&cordon, &pod.spec, world.numeric_tolerations)).then(|| "is unschedulable".to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::reference::case::check;

    #[test]
    fn table() {
        const ORIGIN: &str = "pkg/scheduler/framework/plugins/nodeunschedulable/node_unschedulable_test.go";
        let tolerating = |toleration| {
            json!({ "nodes": { "open": {}, "cordoned": { "unschedulable": true } },
                "pod": { "spec": { "tolerations": [toleration] } } })
        };
        let key = "node.kubernetes.io/unschedulable";
        check(
            "NodeUnschedulable",
            &[
                ("a cordon keeps plain pods off", ORIGIN, json!({ "nodes": { "a": { "unschedulable": true }, "b": {} } }), "b"),
                (
                    "the cordon's own key and effect",
                    ORIGIN,
                    tolerating(json!({ "key": key, "operator": "exists", "effect": "NoSchedule" })),
                    "open cordoned",
                ),
                ("everything", ORIGIN, tolerating(json!({ "operator": "exists" })), "open cordoned"),
                (
                    "another effect",
                    "staging/src/k8s.io/api/core/v1/toleration.go, rule 1",
                    tolerating(json!({ "key": key, "operator": "exists", "effect": "NoExecute" })),
                    "open",
                ),
                (
                    "equal to the empty value",
                    "staging/src/k8s.io/api/core/v1/toleration.go, Equal",
                    tolerating(json!({ "key": key, "operator": "equal" })),
                    "open cordoned",
                ),
                (
                    "equal to another value",
                    "staging/src/k8s.io/api/core/v1/toleration.go, Equal",
                    tolerating(json!({ "key": key, "operator": "equal", "value": "x" })),
                    "open",
                ),
            ],
        );
    }
}
