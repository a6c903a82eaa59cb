//! Node selectors, and the terms of node affinities.

use crate::scheduler::NodeView;
use crate::snapshot::{Labels, Name, NodeSelectorOperator, NodeSelectorRequirement, NodeSelectorTerm};

/// Whether a node matches a selector and one term of an affinity.
pub(in crate::scheduler) fn is_selected(selector: &Labels, terms: Option<&[NodeSelectorTerm]>, node: &NodeView<'_>) -> bool {
    selector.iter().all(|(key, value)| node.labels.get(key) == Some(value))
        && terms.is_none_or(|terms| terms.iter().any(|term| matches(term, node)))
}

/// Whether every requirement holds, and there is at least one: an empty term matches nothing.
pub(in crate::scheduler) fn matches(term: &NodeSelectorTerm, node: &NodeView<'_>) -> bool {
    matches_labels(term, node) && term.match_fields.iter().all(|requirement| holds(requirement, field(&requirement.key, node)))
}

/// Whether the requirements on labels hold, without those on fields.
fn matches_labels(term: &NodeSelectorTerm, node: &NodeView<'_>) -> bool {
    let is_empty = term.match_expressions.is_empty() && term.match_fields.is_empty();
    let value = |key: &String| node.labels.get(key).map(Name::as_str);
    !is_empty && term.match_expressions.iter().all(|requirement| holds(requirement, value(&requirement.key)))
}

/// Returns the one field that Kubernetes lets a term name.
fn field<'a>(key: &str, node: &NodeView<'a>) -> Option<&'a str> {
    (key == "metadata.name").then_some(node.name)
}

fn holds(requirement: &NodeSelectorRequirement, actual: Option<&str>) -> bool {
    let listed = |actual: &str| requirement.values.iter().any(|value| value == actual);
    match requirement.operator {
        NodeSelectorOperator::In => actual.is_some_and(listed),
        NodeSelectorOperator::NotIn => !actual.is_some_and(listed),
        NodeSelectorOperator::Exists => actual.is_some(),
        NodeSelectorOperator::DoesNotExist => actual.is_none(),
        NodeSelectorOperator::Gt => compare(requirement, actual).is_some_and(|(actual, bound)| actual > bound),
        NodeSelectorOperator::Lt => compare(requirement, actual).is_some_and(|(actual, bound)| actual < bound),
    }
}

/// Compares label and bound as whole numbers; `None`, and so no match, when either is not one.
fn compare(requirement: &NodeSelectorRequirement, actual: Option<&str>) -> Option<(i64, i64)> {
    match requirement.values.as_slice() {
        [bound] => Some((actual?.parse().ok()?, bound.parse().ok()?)),
        _ => None,
    }
}

/// Whether a node reaches a volume: the labels of one of its terms match. Fields are not read
/// (`CheckNodeAffinity` in `component-helpers/storage/volume`). A volume without terms is reached
/// from everywhere.
pub(in crate::scheduler) fn reaches(terms: Option<&[NodeSelectorTerm]>, node: &NodeView<'_>) -> bool {
    terms.is_none_or(|terms| terms.iter().any(|term| matches_labels(term, node)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use NodeSelectorOperator::{DoesNotExist, Exists, Gt, In, Lt, NotIn};

    /// Cases after `pkg/scheduler/framework/plugins/nodeaffinity/node_affinity_test.go`.
    #[test]
    fn requirements_are_compared_as_the_scheduler_does() {
        let labels: Labels = [("zone", "a"), ("cores", "16"), ("empty", "")].into();
        let node = NodeView { name: "n1", labels: &labels, taints: &[], unschedulable: false };
        for (key, operator, values, expected) in [
            ("zone", In, vec!["a", "b"], true),
            ("zone", In, vec!["b"], false),
            ("rack", In, vec!["a"], false),
            ("zone", NotIn, vec!["b"], true),
            ("zone", NotIn, vec!["a"], false),
            ("rack", NotIn, vec!["a"], true),
            ("empty", Exists, vec![], true),
            ("rack", Exists, vec![], false),
            ("rack", DoesNotExist, vec![], true),
            ("zone", DoesNotExist, vec![], false),
            ("cores", Gt, vec!["8"], true),
            ("cores", Gt, vec!["16"], false),
            ("cores", Lt, vec!["17"], true),
            ("cores", Lt, vec!["16"], false),
            ("zone", Gt, vec!["1"], false),
            ("rack", Lt, vec!["1"], false),
            ("cores", Gt, vec!["1", "2"], false),
        ] {
            let requirement =
                NodeSelectorRequirement { key: key.into(), operator, values: values.iter().map(ToString::to_string).collect() };
            let term = NodeSelectorTerm { match_expressions: vec![requirement], match_fields: vec![] };
            assert_eq!(matches(&term, &node), expected, "{key} {operator:?} {values:?}");
        }
    }

    #[test]
    fn an_empty_term_matches_nothing_and_a_field_is_the_name() {
        let labels = Labels::new();
        let node = NodeView { name: "n1", labels: &labels, taints: &[], unschedulable: false };
        assert!(!matches(&NodeSelectorTerm::default(), &node));
        let named = |name: &str| NodeSelectorTerm {
            match_expressions: vec![],
            match_fields: vec![NodeSelectorRequirement {
                key: "metadata.name".into(),
                operator: In,
                values: vec![name.into()],
            }],
        };
        assert!(matches(&named("n1"), &node));
        assert!(!matches(&named("n2"), &node));
    }
}
