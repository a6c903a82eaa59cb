//! `NodeAffinity`: the node selector, and one term of the required node affinity, must match. What
//! keeps the pods of a gang together is like a selector that they share.

use crate::scheduler::matching::matches;
use crate::scheduler::{Misfit, NodeView, PodView};
use crate::snapshot::{NodeSelectorOperator, NodeSelectorRequirement, NodeSelectorTerm};

pub(super) fn refuses(pod: &PodView<'_>, node: &NodeView<'_>) -> Option<Misfit> {
    let unselected = pod.spec.node_selector.iter().find(|(key, value)| node.labels.get(key) != Some(*value));
    if let Some((key, value)) = unselected {
        return Some(Misfit::NodeAffinity { requirement: format!("{key}={value}") });
    }
    if let Some(requirement) = pod.domain.and_then(|domain| not_in_domain(domain, node)) {
        return Some(Misfit::NodeAffinity { requirement });
    }
    let terms = pod.spec.node_affinity.as_ref()?;
    if terms.iter().any(|term| matches(term, node)) {
        return None;
    }
    Some(Misfit::NodeAffinity { requirement: words(terms) })
}

/// Returns what a node lacks to be where the gang is.
fn not_in_domain((label, wanted): (&str, Option<&str>), node: &NodeView<'_>) -> Option<String> {
    let found = node.labels.get(label);
    match wanted {
        Some(wanted) => found.is_none_or(|found| found != wanted).then(|| format!("{label}={wanted} of its gang")),
        None => found.is_none().then(|| format!("{label} of its gang")),
    }
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
