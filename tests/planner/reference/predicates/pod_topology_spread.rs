//! Pods that are alike are spread over the domains.

use std::collections::{BTreeMap, BTreeSet};

use ec2_autoscale_core::snapshot::{LabelSelector, Requirement, SelectorOperator, TopologySpread};

use crate::reference::predicates::node_affinity::accepts;
use crate::reference::predicates::taint_toleration::untolerated;
use crate::reference::selectors::{is_empty, matches};
use crate::reference::world::{World, WorldPod};

pub(crate) fn why_not(world: &World, pod: &WorldPod, node: usize) -> Option<String> {
    let here = &world.nodes[node].labels;
    for constraint in &pod.spec.topology_spread {
        let key = &constraint.topology_key;
        let Some(domain) = here.get(key) else { return Some(format!("has no label {key}")) };
        let selector = selector(constraint, pod);
        let counts = counts(world, pod, constraint, selector.as_ref());
        let domains = i32::try_from(counts.len()).expect("few domains");
        let least = match domains < constraint.min_domains.unwrap_or(1) {
            true => 0,
            false => counts.values().copied().min().unwrap_or(i64::MAX),
        };
        let itself = i64::from(selector.as_ref().is_some_and(|selector| matches(selector, &pod.pod.labels)));
        let count = counts.get(domain.as_str()).copied().unwrap_or(0);
        if count + itself > least.saturating_add(i64::from(constraint.max_skew)) {
            return Some(format!("{key}={domain} has {count} and {itself} more, the least is {least}"));
        }
    }
    None
}

/// Counts the pods in each domain that counts.
fn counts(
    world: &World,
    pod: &WorldPod,
    constraint: &TopologySpread,
    selector: Option<&LabelSelector>,
) -> BTreeMap<String, i64> {
    let keys: BTreeSet<&String> = pod.spec.topology_spread.iter().map(|constraint| &constraint.topology_key).collect();
    let mut counts = BTreeMap::new();
    for (position, node) in world.nodes.iter().enumerate() {
        // A node without one of the pod's keys counts for none of its constraints.
        if !keys.iter().all(|key| node.labels.contains_key(key)) {
            continue;
        }
        if constraint.honor_node_affinity && !accepts(pod, node) {
            continue;
        }
        if constraint.honor_node_taints && untolerated(&node.taints, &pod.spec, world.numeric_tolerations).is_some() {
            continue;
        }
        let count = counts.entry(node.labels[&*constraint.topology_key].to_string()).or_insert(0);
        // A selector that is absent or has no requirement counts nothing.
        let Some(selector) = selector.filter(|selector| !is_empty(selector)) else { continue };
        for other in world.pods_on(position) {
            let is_alike = other.pod.namespace == pod.pod.namespace && matches(selector, &other.pod.labels);
            if is_alike && other.pod.deletion_deadline.is_none() {
                *count += 1;
            }
        }
    }
    counts
}

/// Returns the selector with the pod's own values of the `matchLabelKeys`. The API server may have
/// put them there already (1.34), and a repeated requirement requires no more than once.
fn selector(constraint: &TopologySpread, pod: &WorldPod) -> Option<LabelSelector> {
    let mut selector = constraint.selector.clone()?;
    for key in &constraint.match_label_keys {
        let Some(value) = pod.pod.labels.get(key) else { continue };
        let own = Requirement { key: key.clone(), operator: SelectorOperator::In, values: vec![value.to_string()] };
        selector.match_expressions.push(own);
    }
    Some(selector)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::reference::case::check;

    const ORIGIN: &str = "pkg/scheduler/framework/plugins/podtopologyspread/filtering_test.go";

    /// Returns nodes a and b in zone1, x and y in zone2, with the given numbers of pods of the
    /// label foo.
    fn zones(counts: [usize; 4], constraints: Value) -> Value {
        let names = ["a", "b", "x", "y"];
        let pods: Vec<Value> = names
            .iter()
            .zip(counts)
            .flat_map(|(name, count)| vec![json!({ "node": name, "labels": { "foo": "" } }); count])
            .collect();
        let node = |zone: &str, name: &str| json!({ "labels": { "zone": zone, "host": name } });
        json!({ "nodes": { "a": node("zone1", "a"), "b": node("zone1", "b"), "x": node("zone2", "x"), "y": node("zone2", "y") },
            "pods": pods, "pod": { "labels": { "foo": "" }, "spec": { "topology_spread": constraints } } })
    }

    fn over(key: &str, max_skew: i32) -> Value {
        json!({ "topology_key": key, "max_skew": max_skew, "honor_node_affinity": true, "honor_node_taints": false,
            "selector": { "match_expressions": [{ "key": "foo", "operator": "exists" }] } })
    }

    /// Returns the case with another entry at a JSON pointer.
    fn with(mut case: Value, pointer: &str, entry: Value) -> Value {
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
        let parent = case.pointer_mut(parent).and_then(Value::as_object_mut).expect("an object is there");
        parent.insert(key.to_owned(), entry);
        case
    }

    fn changed(constraint: Value, key: &str, entry: Value) -> Value {
        json!([with(constraint, &format!("/{key}"), entry)])
    }

    #[test]
    fn skew() {
        let zone = json!([over("zone", 1)]);
        let both = json!([over("zone", 1), over("host", 1)]);
        let unlike = |world: Value| with(world, "/pod/labels", json!({ "bar": "" }));
        let second_missing = with(zones([0, 0, 0, 0], both.clone()), "/nodes/y/labels", json!({ "zone": "zone2" }));
        check(
            "PodTopologySpread",
            &[
                ("nobody is there", ORIGIN, zones([0, 0, 0, 0], zone.clone()), "a b x y"),
                ("one zone is ahead", ORIGIN, zones([1, 0, 0, 0], zone.clone()), "x y"),
                ("zones are even", ORIGIN, zones([2, 1, 0, 3], zone.clone()), "a b x y"),
                ("one zone is ahead by two", ORIGIN, zones([2, 1, 0, 5], zone.clone()), "a b"),
                ("a skew of two", ORIGIN, zones([1, 0, 0, 0], json!([over("zone", 2)])), "a b x y"),
                ("hosts", ORIGIN, zones([2, 1, 0, 3], json!([over("host", 1)])), "x"),
                ("zone and host", ORIGIN, zones([2, 1, 0, 3], both.clone()), "x"),
                ("zone and host contradict", ORIGIN, zones([1, 0, 2, 0], both), "b"),
                ("the pod is not of the kind", ORIGIN, unlike(zones([1, 0, 0, 0], zone.clone())), "a b x y"),
                ("not of the kind, and too uneven", ORIGIN, unlike(zones([2, 0, 0, 0], zone)), "x y"),
                ("a key that is missing", ORIGIN, zones([0, 0, 0, 0], json!([over("rack", 1)])), ""),
                ("the second key is missing on one node", ORIGIN, second_missing, "a b x"),
            ],
        );
    }

    #[test]
    fn who_counts() {
        let zone = json!([over("zone", 1)]);
        let ahead = || zones([1, 0, 0, 0], zone.clone());
        let all_keys = json!([over("zone", 1), over("host", 5)]);
        let without = |node: &str, world: Value| with(world, &format!("/nodes/{node}/labels"), json!({ "zone": "zone1" }));
        let without_host = without("b", without("a", zones([0, 0, 1, 1], all_keys)));
        let twice = |labels: Value| json!([{ "node": "a", "labels": labels.clone() }, { "node": "a", "labels": labels }]);
        check(
            "PodTopologySpread",
            &[
                ("another namespace", ORIGIN, with(ahead(), "/pods/0/namespace", json!("other")), "a b x y"),
                ("a pod that ends", ORIGIN, with(ahead(), "/pods/0/deleting", json!(true)), "a b x y"),
                ("a pod that has ended", ORIGIN, with(ahead(), "/pods/0/phase", json!("succeeded")), "a b x y"),
                ("a pod of another kind", ORIGIN, with(ahead(), "/pods/0/labels", json!({ "bar": "" })), "a b x y"),
                ("a pod without a node", ORIGIN, with(ahead(), "/pods", json!([{ "labels": { "foo": "" } }])), "a b x y"),
                ("a node without every key is no domain", ORIGIN, without_host, "x y"),
                (
                    "an empty selector counts nobody",
                    ORIGIN,
                    with(zones([3, 0, 0, 0], changed(over("zone", 1), "selector", json!({}))), "/pods", twice(json!({}))),
                    "a b x y",
                ),
                (
                    "no selector counts nobody",
                    ORIGIN,
                    zones([3, 0, 0, 0], changed(over("zone", 1), "selector", Value::Null)),
                    "a b x y",
                ),
            ],
        );
    }

    #[test]
    fn which_nodes_count() {
        let in_zone2 = |policy: bool| {
            let constraints = changed(over("zone", 1), "honor_node_affinity", json!(policy));
            with(zones([0, 0, 1, 0], constraints), "/pod/spec/node_selector", json!({ "zone": "zone2" }))
        };
        let taint = json!([{ "key": "k", "effect": "NoSchedule" }]);
        let tainted = |policy: bool| {
            let world = zones([0, 0, 1, 0], changed(over("zone", 1), "honor_node_taints", json!(policy)));
            with(with(world, "/nodes/a/taints", taint.clone()), "/nodes/b/taints", taint.clone())
        };
        let tolerated = with(tainted(true), "/pod/spec/tolerations", json!([{ "key": "k", "operator": "exists" }]));
        let cordoned = with(
            with(zones([0, 0, 1, 0], json!([over("zone", 1)])), "/nodes/a/unschedulable", json!(true)),
            "/nodes/b/unschedulable",
            json!(true),
        );
        check(
            "PodTopologySpread",
            &[
                ("nodes the pod may not use are left out", ORIGIN, in_zone2(true), "a b x y"),
                ("they count when that is asked for", ORIGIN, in_zone2(false), "a b"),
                ("tainted nodes count", ORIGIN, tainted(false), "a b"),
                ("they are left out when that is asked for", ORIGIN, tainted(true), "a b x y"),
                ("taints that are tolerated", ORIGIN, tolerated, "a b"),
                ("cordoned nodes count", ORIGIN, cordoned, "a b"),
            ],
        );
    }

    #[test]
    fn min_domains_and_label_keys() {
        let least = |counts: [usize; 4], domains: i32| zones(counts, changed(over("zone", 1), "min_domains", json!(domains)));
        let keyed = |labels: Value, selector: Value| {
            let constraint = with(over("zone", 1), "/selector", selector);
            let world = zones([1, 0, 0, 0], changed(constraint, "match_label_keys", json!(["rev"])));
            with(with(world, "/pods/0/labels", labels), "/pod/labels", json!({ "foo": "", "rev": "2" }))
        };
        let foo = json!({ "match_expressions": [{ "key": "foo", "operator": "exists" }] });
        let merged = json!({ "match_expressions": [{ "key": "foo", "operator": "exists" },
            { "key": "rev", "operator": "in", "values": ["2"] }] });
        check(
            "PodTopologySpread",
            &[
                ("as many domains as asked for", ORIGIN, least([1, 0, 1, 0], 2), "a b x y"),
                ("fewer: the least counts as none", ORIGIN, least([1, 0, 1, 0], 3), ""),
                ("fewer, and room", ORIGIN, least([0, 0, 1, 0], 3), "a b"),
                ("a pod of another revision", ORIGIN, keyed(json!({ "foo": "", "rev": "1" }), foo.clone()), "a b x y"),
                ("a pod of the same revision", ORIGIN, keyed(json!({ "foo": "", "rev": "2" }), foo.clone()), "x y"),
                (
                    "merged by the API server: another revision",
                    "pkg/registry/core/pod/strategy_test.go",
                    keyed(json!({ "foo": "", "rev": "1" }), merged.clone()),
                    "a b x y",
                ),
                (
                    "merged by the API server: the same revision",
                    "pkg/registry/core/pod/strategy_test.go",
                    keyed(json!({ "foo": "", "rev": "2" }), merged),
                    "x y",
                ),
                ("an empty selector with a key", ORIGIN, keyed(json!({ "rev": "2" }), json!({})), "x y"),
                ("no selector, though with a key", ORIGIN, keyed(json!({ "rev": "2" }), Value::Null), "a b x y"),
                (
                    "a key the pod has not",
                    ORIGIN,
                    with(keyed(json!({ "foo": "" }), foo), "/pod/labels", json!({ "foo": "" })),
                    "x y",
                ),
            ],
        );
    }
}
