//! Pods that must be together, and pods that must not.

use ec2_autoscale_core::snapshot::PodAffinityTerm;

use crate::reference::selectors::matches;
use crate::reference::world::{World, WorldNode, WorldPod};

pub(crate) fn why_not(world: &World, pod: &WorldPod, node: usize) -> Option<String> {
    let here = &world.nodes[node];
    not_together(world, pod, here).or_else(|| not_apart(world, pod, here)).or_else(|| repelled(world, pod, here))
}

/// Checks the pod's affinity: in the domain of each term there must be a pod that matches all of
/// them.
fn not_together(world: &World, pod: &WorldPod, here: &WorldNode) -> Option<String> {
    let terms = &pod.spec.pod_affinity;
    if terms.is_empty() {
        return None;
    }
    if let Some(term) = terms.iter().find(|term| !here.labels.contains_key(&term.topology_key)) {
        return Some(format!("has no label {}", term.topology_key));
    }
    let matches_all = |other: &WorldPod| terms.iter().all(|term| speaks_of(world, term, pod, other));
    let in_domain = |term: &PodAffinityTerm| {
        world.placed().any(|(other, there)| matches_all(other) && same_domain(here, there, &term.topology_key))
    };
    let missing = terms.iter().find(|term| !in_domain(term))?;
    // The first of its kind may start a domain, if it matches itself. A match counts only where
    // some term has a domain.
    let has_domain = |there: &WorldNode| terms.iter().any(|term| there.labels.contains_key(&term.topology_key));
    let is_first = !world.placed().any(|(other, there)| matches_all(other) && has_domain(there));
    (!(is_first && matches_all(pod))).then(|| format!("nobody it wants to be with is in its {}", missing.topology_key))
}

/// Checks the pod's anti-affinity: no pod that a term matches is in its domain.
fn not_apart(world: &World, pod: &WorldPod, here: &WorldNode) -> Option<String> {
    for term in &pod.spec.pod_anti_affinity {
        for (other, there) in world.placed() {
            if same_domain(here, there, &term.topology_key) && speaks_of(world, term, pod, other) {
                return Some(format!("{} is in its {}", other.pod.id(), term.topology_key));
            }
        }
    }
    None
}

/// Checks the anti-affinity of the pods that are there already.
fn repelled(world: &World, pod: &WorldPod, here: &WorldNode) -> Option<String> {
    for (other, there) in world.placed() {
        for term in &other.spec.pod_anti_affinity {
            if same_domain(here, there, &term.topology_key) && speaks_of(world, term, other, pod) {
                return Some(format!("{} does not want it in its {}", other.pod.id(), term.topology_key));
            }
        }
    }
    None
}

fn same_domain(one: &WorldNode, other: &WorldNode, key: &str) -> bool {
    one.labels.get(key).is_some_and(|value| other.labels.get(key) == Some(value))
}

/// Whether a term of `owner` matches a pod. Without a selector it matches none.
fn speaks_of(world: &World, term: &PodAffinityTerm, owner: &WorldPod, of: &WorldPod) -> bool {
    let namespace = &of.pod.namespace;
    let named = match term.namespaces.is_empty() && term.namespace_selector.is_none() {
        true => *namespace == owner.pod.namespace,
        false => term.namespaces.iter().any(|listed| *namespace == *listed),
    };
    let selected =
        || term.namespace_selector.as_ref().is_some_and(|selector| matches(selector, &world.namespace_labels(namespace)));
    (named || selected()) && term.selector.as_ref().is_some_and(|selector| matches(selector, &of.pod.labels))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::reference::case::check;

    const ORIGIN: &str = "pkg/scheduler/framework/plugins/interpodaffinity/filtering_test.go";

    fn about(key: &str, label: &str) -> Value {
        json!({ "topology_key": key, "selector": { "match_labels": { (label): "x" } } })
    }

    fn across(mut term: Value, field: &str, namespaces: Value) -> Value {
        term[field] = namespaces;
        term
    }

    /// Returns nodes a1 and a2 in zone a, b in zone b, bare without labels; the existing pods; and
    /// the pod with its terms.
    fn world(pods: Value, labels: Value, affinity: Value, anti_affinity: Value) -> Value {
        let node = |zone: &str, name: &str| json!({ "labels": { "zone": zone, "host": name } });
        json!({ "nodes": { "a1": node("a", "a1"), "a2": node("a", "a2"), "b": node("b", "b"), "bare": {} }, "pods": pods,
            "namespaces": { "blue": { "team": "blue" }, "red": { "team": "red" } },
            "pod": { "labels": labels, "spec": { "pod_affinity": affinity, "pod_anti_affinity": anti_affinity } } })
    }

    fn at(node: &str, label: &str) -> Value {
        json!({ "node": node, "labels": { (label): "x" } })
    }

    fn near(pods: Value, terms: Value) -> Value {
        world(pods, json!({}), terms, json!([]))
    }

    fn apart(pods: Value, terms: Value) -> Value {
        world(pods, json!({}), json!([]), terms)
    }

    #[test]
    fn affinity() {
        let ended = json!([{ "node": "a1", "labels": { "web": "x" }, "phase": "succeeded" }]);
        let ending = json!([{ "node": "a1", "labels": { "web": "x" }, "deleting": true }]);
        let both = json!([{ "node": "a1", "labels": { "web": "x", "db": "x" } }]);
        let two = json!([about("zone", "web"), about("zone", "db")]);
        let no_selector = json!([{ "topology_key": "zone" }]);
        let any = json!([{ "topology_key": "zone", "selector": {} }]);
        check(
            "InterPodAffinity",
            &[
                ("nothing asked", ORIGIN, near(json!([at("a1", "web")]), json!([])), "a1 a2 b bare"),
                ("in the zone of a pod", ORIGIN, near(json!([at("a1", "web")]), json!([about("zone", "web")])), "a1 a2"),
                ("on the host of a pod", ORIGIN, near(json!([at("a1", "web")]), json!([about("host", "web")])), "a1"),
                ("no such pod", ORIGIN, near(json!([at("a1", "web")]), json!([about("zone", "db")])), ""),
                ("one pod must match all terms", ORIGIN, near(json!([at("a1", "web"), at("a2", "db")]), two.clone()), ""),
                ("one pod that does", ORIGIN, near(both.clone(), two), "a1 a2"),
                ("zone and host", ORIGIN, near(both, json!([about("zone", "web"), about("host", "db")])), "a1"),
                ("an empty selector is every pod", ORIGIN, near(json!([at("b", "web")]), any), "b"),
                ("no selector is no pod", ORIGIN, near(json!([at("b", "web")]), no_selector), ""),
                ("a pod that has ended", ORIGIN, near(ended, json!([about("zone", "web")])), ""),
                ("a pod that ends counts still", ORIGIN, near(ending, json!([about("zone", "web")])), "a1 a2"),
                (
                    "a pod on a node without the label",
                    ORIGIN,
                    near(json!([at("bare", "web")]), json!([about("zone", "web")])),
                    "",
                ),
            ],
        );
    }

    #[test]
    fn the_first_of_its_kind() {
        let first = |pods: Value, labels: Value, terms: Value| world(pods, labels, terms, json!([]));
        let zone = json!([about("zone", "web")]);
        let web = json!({ "web": "x" });
        let elsewhere = json!([across(about("zone", "web"), "namespaces", json!(["blue"]))]);
        check(
            "InterPodAffinity",
            &[
                ("it matches itself", ORIGIN, first(json!([]), web.clone(), zone.clone()), "a1 a2 b"),
                ("it does not match itself", ORIGIN, first(json!([]), json!({}), zone.clone()), ""),
                ("there is one already", ORIGIN, first(json!([at("b", "web")]), web.clone(), zone.clone()), "b"),
                (
                    "one that has no domain does not count",
                    ORIGIN,
                    first(json!([at("bare", "web")]), web.clone(), zone),
                    "a1 a2 b",
                ),
                (
                    "it matches one term of two",
                    ORIGIN,
                    first(json!([]), web.clone(), json!([about("zone", "web"), about("zone", "db")])),
                    "",
                ),
                ("its terms speak of another namespace", ORIGIN, first(json!([]), web, elsewhere), ""),
            ],
        );
    }

    #[test]
    fn anti_affinity() {
        let own = |term: Value| json!([{ "node": "a1", "labels": { "web": "x" }, "spec": { "pod_anti_affinity": [term] } }]);
        let repelled = |term: Value, labels: Value| world(own(term), labels, json!([]), json!([]));
        let ending = json!([{ "node": "a1", "labels": { "web": "x" }, "deleting": true }]);
        let ended = json!([{ "node": "a1", "phase": "failed", "spec": { "pod_anti_affinity": [about("zone", "db")] } }]);
        let two = json!([about("host", "web"), about("zone", "db")]);
        let waiting = json!([{ "spec": { "pod_anti_affinity": [about("zone", "db")] } }]);
        let db = json!({ "db": "x" });
        check(
            "InterPodAffinity",
            &[
                ("not in the zone of a pod", ORIGIN, apart(json!([at("a1", "web")]), json!([about("zone", "web")])), "b bare"),
                (
                    "not on the host of a pod",
                    ORIGIN,
                    apart(json!([at("a1", "web")]), json!([about("host", "web")])),
                    "a2 b bare",
                ),
                ("any term is enough", ORIGIN, apart(json!([at("a1", "web"), at("b", "db")]), two), "a2 bare"),
                ("a pod that ends", ORIGIN, apart(ending, json!([about("zone", "web")])), "b bare"),
                ("of a pod that is there", ORIGIN, repelled(about("zone", "db"), db.clone()), "b bare"),
                ("of a pod that is there, on its host", ORIGIN, repelled(about("host", "db"), db.clone()), "a2 b bare"),
                ("of a pod that is there, against others", ORIGIN, repelled(about("zone", "db"), json!({})), "a1 a2 b bare"),
                ("of a pod that has ended", ORIGIN, world(ended, db.clone(), json!([]), json!([])), "a1 a2 b bare"),
                ("of a pod without a node", ORIGIN, world(waiting, db.clone(), json!([]), json!([])), "a1 a2 b bare"),
                (
                    "affinity and anti-affinity",
                    ORIGIN,
                    world(json!([at("a1", "web")]), json!({}), json!([about("zone", "web")]), json!([about("host", "web")])),
                    "a2",
                ),
                (
                    "affinity, and somebody's anti-affinity",
                    ORIGIN,
                    world(own(about("host", "db")), db, json!([about("zone", "web")]), json!([])),
                    "a2",
                ),
            ],
        );
    }

    #[test]
    fn namespaces() {
        let blue = || json!([{ "node": "a1", "namespace": "blue", "labels": { "web": "x" } }]);
        let term = || about("zone", "web");
        let selecting = |selector: Value| json!([across(term(), "namespace_selector", selector)]);
        let mut from_blue = world(
            json!([{ "node": "a1", "namespace": "blue", "spec": { "pod_anti_affinity": [term()] } }]),
            json!({ "web": "x" }),
            json!([]),
            json!([]),
        );
        let all = from_blue.clone();
        from_blue["pods"][0]["spec"]["pod_anti_affinity"][0]["namespace_selector"] = json!({});
        let mut named_and_selected = across(term(), "namespaces", json!(["red"]));
        named_and_selected["namespace_selector"] = json!({ "match_labels": { "team": "blue" } });
        check(
            "InterPodAffinity",
            &[
                ("its own namespace", ORIGIN, near(blue(), json!([term()])), ""),
                ("a namespace by name", ORIGIN, near(blue(), json!([across(term(), "namespaces", json!(["blue"]))])), "a1 a2"),
                ("another by name", ORIGIN, near(blue(), json!([across(term(), "namespaces", json!(["red"]))])), ""),
                (
                    "namespaces by label",
                    ORIGIN,
                    near(blue(), selecting(json!({ "match_labels": { "team": "blue" } }))),
                    "a1 a2",
                ),
                ("others by label", ORIGIN, near(blue(), selecting(json!({ "match_labels": { "team": "red" } }))), ""),
                ("all namespaces", ORIGIN, near(blue(), selecting(json!({}))), "a1 a2"),
                ("by name or by label", ORIGIN, near(blue(), json!([named_and_selected])), "a1 a2"),
                ("anti-affinity of another namespace's pod", ORIGIN, all, "a1 a2 b bare"),
                ("anti-affinity of another namespace's pod, against all", ORIGIN, from_blue, "b bare"),
                (
                    "anti-affinity by name",
                    ORIGIN,
                    apart(blue(), json!([across(term(), "namespaces", json!(["blue"]))])),
                    "b bare",
                ),
            ],
        );
    }
}
