//! `NodeAffinity`: the node selector, and one term of the required node affinity, must match.

use crate::scheduler::matching::matches;
use crate::scheduler::{Misfit, NodeView, PodView};
use crate::snapshot::{NodeSelectorOperator, NodeSelectorRequirement, NodeSelectorTerm};

pub(super) fn refuses(pod: &PodView<'_>, node: &NodeView<'_>) -> Option<Misfit> {
    let unselected = pod.spec.node_selector.iter().find(|(key, value)| node.labels.get(key) != Some(*value));
    if let Some((key, value)) = unselected {
        return Some(Misfit::NodeAffinity { requirement: format!("{key}={value}") });
    }
    let terms = pod.spec.node_affinity.as_ref()?;
    if terms.iter().any(|term| matches(term, node)) {
        return None;
    }
    Some(Misfit::NodeAffinity { requirement: words(terms) })
}

/// Writes the terms for people.
fn words(terms: &[NodeSelectorTerm]) -> String {
    let term = |term: &NodeSelectorTerm| {
        let all = term.match_expressions.iter().chain(&term.match_fields).map(requirement_words);
        all.collect::<Vec<_>>().join(" and ")
    };
    match terms {
        [] => "no term, which matches nothing".to_owned(),
        terms => terms
            .iter()
            .map(term)
            .map(|words| if words.is_empty() { "an empty term".into() } else { words })
            .collect::<Vec<_>>()
            .join(" or "),
    }
}

fn requirement_words(requirement: &NodeSelectorRequirement) -> String {
    let NodeSelectorRequirement { key, operator, values } = requirement;
    match operator {
        NodeSelectorOperator::Exists | NodeSelectorOperator::DoesNotExist => format!("{key} {operator:?}"),
        NodeSelectorOperator::In | NodeSelectorOperator::NotIn => format!("{key} {operator:?} ({})", values.join(", ")),
        NodeSelectorOperator::Gt | NodeSelectorOperator::Lt => format!("{key} {operator:?} {}", values.join(", ")),
    }
}
