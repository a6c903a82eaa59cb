//! The node must have the labels of the selector, and match one term of the required affinity.

use crate::reference::selectors::any_term_matches;
use crate::reference::world::{World, WorldNode, WorldPod};

pub(crate) fn why_not(world: &World, pod: &WorldPod, node: usize) -> Option<String> {
    (!accepts(pod, &world.nodes[node])).then(|| "does not match the node selector or the required node affinity".to_owned())
}

/// Whether selector and affinity of the pod accept the node.
pub(crate) fn accepts(pod: &WorldPod, node: &WorldNode) -> bool {
    for (key, value) in &pod.spec.node_selector {
        if node.labels.get(key) != Some(value) {
            return false;
        }
    }
    pod.spec.node_affinity.as_ref().is_none_or(|terms| any_term_matches(terms, &node.labels, &node.name))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::reference::case::check;

    const ORIGIN: &str = "pkg/scheduler/framework/plugins/nodeaffinity/node_affinity_test.go";

    fn ask(spec: Value) -> Value {
        json!({ "nodes": {
            "bar": { "labels": { "foo": "bar", "cores": "4" } },
            "baz": { "labels": { "foo": "baz", "cores": "16", "gpu": "" } },
            "bare": {} },
          "pod": { "spec": spec } })
    }

    fn term(key: &str, operator: &str, values: &[&str]) -> Value {
        json!({ "match_expressions": [{ "key": key, "operator": operator, "values": values }] })
    }

    fn affinity(terms: &[Value]) -> Value {
        ask(json!({ "node_affinity": terms }))
    }

    #[test]
    fn operators() {
        check(
            "NodeAffinity",
            &[
                ("one of the values", ORIGIN, affinity(&[term("foo", "in", &["bar", "value2"])]), "bar"),
                ("none of the values, or no label", ORIGIN, affinity(&[term("foo", "not-in", &["bar"])]), "baz bare"),
                ("present, be it empty", ORIGIN, affinity(&[term("gpu", "exists", &[])]), "baz"),
                ("absent", ORIGIN, affinity(&[term("gpu", "does-not-exist", &[])]), "bar bare"),
                ("a larger number", ORIGIN, affinity(&[term("cores", "gt", &["4"])]), "baz"),
                ("a smaller number", ORIGIN, affinity(&[term("cores", "lt", &["5"])]), "bar"),
                ("no number", ORIGIN, affinity(&[term("foo", "gt", &["4"])]), ""),
                ("compared with two numbers", ORIGIN, affinity(&[term("cores", "gt", &["1", "2"])]), ""),
            ],
        );
    }

    #[test]
    fn terms() {
        let both = json!({ "match_expressions": [
            { "key": "foo", "operator": "exists" }, { "key": "gpu", "operator": "exists" }] });
        let named = |operator: &str, name: &str| {
            json!({ "match_fields": [{ "key": "metadata.name", "operator": operator,
            "values": [name] }] })
        };
        let name_and_label = json!({ "match_fields": [{ "key": "metadata.name", "operator": "in", "values": ["bar"] }],
            "match_expressions": [{ "key": "gpu", "operator": "exists" }] });
        let selected = json!({ "node_selector": { "foo": "baz" }, "node_affinity": [term("cores", "exists", &[])] });
        check(
            "NodeAffinity",
            &[
                ("nothing asked", ORIGIN, ask(json!({})), "bar baz bare"),
                ("a selector", ORIGIN, ask(json!({ "node_selector": { "foo": "bar" } })), "bar"),
                ("every label of the selector", ORIGIN, ask(json!({ "node_selector": { "foo": "bar", "gpu": "" } })), ""),
                ("selector and affinity", ORIGIN, ask(selected), "baz"),
                ("every requirement of a term", ORIGIN, affinity(std::slice::from_ref(&both)), "baz"),
                ("one term of two", ORIGIN, affinity(&[both, term("foo", "in", &["bar"])]), "bar baz"),
                ("no term", ORIGIN, affinity(&[]), ""),
                ("an empty term", ORIGIN, affinity(&[json!({})]), ""),
                ("an empty term beside another", ORIGIN, affinity(&[json!({}), term("gpu", "exists", &[])]), "baz"),
                ("a node by name", ORIGIN, affinity(&[named("in", "bare")]), "bare"),
                ("all nodes but one", ORIGIN, affinity(&[named("not-in", "bare")]), "bar baz"),
                ("name and label of one term", ORIGIN, affinity(&[name_and_label]), ""),
            ],
        );
    }
}
