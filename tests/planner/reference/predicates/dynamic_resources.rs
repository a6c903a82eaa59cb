//! An allocated claim can be used only where its allocation allows.

use crate::reference::selectors::any_term_matches;
use crate::reference::world::{World, WorldPod};

pub(crate) fn why_not(world: &World, pod: &WorldPod, node: usize) -> Option<String> {
    for entry in &pod.pod.resource_claims {
        let Some(name) = &entry.claim else { return Some("a claim of it is not made yet".to_owned()) };
        let found = world.resource_claims.iter().find(|claim| pod.pod.namespace == claim.namespace && claim.name == *name);
        let Some(claim) = found else { return Some(format!("claim {name} is missing")) };
        if claim.deleting {
            return Some(format!("claim {name} is being deleted"));
        }
        // No snapshot contains the devices that a node would offer: the checker, like the planner,
        // takes no chances.
        let Some(allocation) = &claim.allocation else { return Some(format!("claim {name} is not allocated")) };
        let is_a_user = claim.reserved_for.iter().any(|user| *user == pod.pod.uid);
        if claim.reserved_for.len() >= 256 && !is_a_user {
            return Some(format!("claim {name} has as many users as a claim can have"));
        }
        let here = &world.nodes[node];
        if allocation.node_selector.as_ref().is_some_and(|terms| !any_term_matches(terms, &here.labels, &here.name)) {
            return Some(format!("claim {name} is allocated elsewhere"));
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
        const ORIGIN: &str = "pkg/scheduler/framework/plugins/dynamicresources/dynamicresources_test.go";
        let world = |claims: Value, names: Value| {
            json!({ "nodes": { "a": { "labels": { "rack": "1" } }, "b": { "labels": { "rack": "2" } } },
                "resource_claims": claims, "pod": { "resource_claims": names } })
        };
        let crowded = |users: usize| json!([{ "name": "c", "allocation": {}, "reserved_for": vec!["uid"; users] }]);
        let mut used_by_itself = crowded(256);
        used_by_itself[0]["reserved_for"][7] = json!("uid-of-asked");
        let rack = json!({ "rack": ["1"] });
        check(
            "DynamicResources",
            &[
                ("no claim", ORIGIN, world(json!([]), json!([])), "a b"),
                ("allocated everywhere", ORIGIN, world(json!([{ "name": "c", "allocation": {} }]), json!(["c"])), "a b"),
                (
                    "allocated in one rack",
                    ORIGIN,
                    world(json!([{ "name": "c", "allocation": { "node_selector": rack.clone() } }]), json!(["c"])),
                    "a",
                ),
                (
                    "not allocated",
                    "reference: unallocated claims are not judged",
                    world(json!([{ "name": "c" }]), json!(["c"])),
                    "",
                ),
                ("as many users as can be", ORIGIN, world(crowded(256), json!(["c"])), ""),
                ("one user less", ORIGIN, world(crowded(255), json!(["c"])), "a b"),
                ("one of the users", ORIGIN, world(used_by_itself, json!(["c"])), "a b"),
                ("missing", ORIGIN, world(json!([]), json!(["c"])), ""),
                ("not made yet", ORIGIN, world(json!([]), json!([null])), ""),
                (
                    "being deleted",
                    ORIGIN,
                    world(json!([{ "name": "c", "allocation": {}, "deleting": true }]), json!(["c"])),
                    "",
                ),
                (
                    "of another namespace",
                    ORIGIN,
                    world(json!([{ "name": "c", "namespace": "x", "allocation": {} }]), json!(["c"])),
                    "",
                ),
                (
                    "two claims, in two racks",
                    ORIGIN,
                    world(
                        json!([{ "name": "c", "allocation": { "node_selector": rack } },
                            { "name": "d", "allocation": { "node_selector": { "rack": ["2"] } } }]),
                        json!(["c", "d"]),
                    ),
                    "",
                ),
            ],
        );
    }
}
