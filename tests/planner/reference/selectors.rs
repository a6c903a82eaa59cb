//! Label selectors and node selectors, spelled out.

use ec2_autoscale_core::snapshot::{
    LabelSelector, Labels, Name, NodeSelectorOperator, NodeSelectorRequirement, NodeSelectorTerm, SelectorOperator,
};

/// Whether labels match a selector; an empty selector matches all labels.
pub(crate) fn matches(selector: &LabelSelector, labels: &Labels) -> bool {
    for (key, value) in &selector.match_labels {
        if labels.get(key) != Some(value) {
            return false;
        }
    }
    for requirement in &selector.match_expressions {
        let own = labels.get(&requirement.key);
        let holds = match requirement.operator {
            SelectorOperator::In => own.is_some_and(|value| requirement.values.iter().any(|one| value == one)),
            SelectorOperator::NotIn => own.is_none_or(|value| !requirement.values.iter().any(|one| value == one)),
            SelectorOperator::Exists => own.is_some(),
            SelectorOperator::DoesNotExist => own.is_none(),
        };
        if !holds {
            return false;
        }
    }
    true
}

/// Whether the selector has no requirement.
pub(crate) fn is_empty(selector: &LabelSelector) -> bool {
    selector.match_labels.is_empty() && selector.match_expressions.is_empty()
}

/// Whether one of the terms matches a node of these labels and that name. Without terms none
/// matches.
pub(crate) fn any_term_matches(terms: &[NodeSelectorTerm], labels: &Labels, name: &str) -> bool {
    for term in terms {
        // A term without requirements matches nothing.
        if term.match_expressions.is_empty() && term.match_fields.is_empty() {
            continue;
        }
        let on_labels = term.match_expressions.iter().all(|one| holds(one, labels.get(&one.key).map(Name::as_str)));
        let on_fields = term.match_fields.iter().all(|one| one.key == "metadata.name" && holds(one, Some(name)));
        if on_labels && on_fields {
            return true;
        }
    }
    false
}

fn holds(requirement: &NodeSelectorRequirement, own: Option<&str>) -> bool {
    match requirement.operator {
        NodeSelectorOperator::In => own.is_some_and(|value| requirement.values.iter().any(|one| value == one)),
        NodeSelectorOperator::NotIn => own.is_none_or(|value| !requirement.values.iter().any(|one| value == one)),
        NodeSelectorOperator::Exists => own.is_some(),
        NodeSelectorOperator::DoesNotExist => own.is_none(),
        NodeSelectorOperator::Gt => numbers(requirement, own).is_some_and(|(own, asked)| own > asked),
        NodeSelectorOperator::Lt => numbers(requirement, own).is_some_and(|(own, asked)| own < asked),
    }
}

/// Returns the label's number and the one number with which it is compared.
fn numbers(requirement: &NodeSelectorRequirement, own: Option<&str>) -> Option<(i64, i64)> {
    let [asked] = requirement.values.as_slice() else { return None };
    Some((own?.parse().ok()?, asked.parse().ok()?))
}
