//! Label selectors and node selector terms.

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::apis::meta::v1 as meta;

use crate::kubernetes::conversion::ConversionProblem;
use crate::snapshot::{
    LabelSelector, NodeSelectorOperator, NodeSelectorRequirement, NodeSelectorTerm, Requirement, SelectorOperator,
};

/// Converts a label selector. `None` stays `None`: it selects nothing, while an empty one selects
/// everything.
pub(super) fn label_selector(selector: Option<&meta::LabelSelector>) -> Result<Option<LabelSelector>, ConversionProblem> {
    selector.map(read_label_selector).transpose()
}

fn read_label_selector(selector: &meta::LabelSelector) -> Result<LabelSelector, ConversionProblem> {
    let expressions = selector.match_expressions.iter().flatten().map(requirement);
    Ok(LabelSelector {
        match_labels: selector.match_labels.iter().flatten().collect(),
        match_expressions: expressions.collect::<Result<_, _>>()?,
    })
}

fn requirement(requirement: &meta::LabelSelectorRequirement) -> Result<Requirement, ConversionProblem> {
    let operator = match requirement.operator.as_str() {
        "In" => SelectorOperator::In,
        "NotIn" => SelectorOperator::NotIn,
        "Exists" => SelectorOperator::Exists,
        "DoesNotExist" => SelectorOperator::DoesNotExist,
        other => return Err(ConversionProblem::unknown("operator of a label selector", other)),
    };
    let values = requirement.values.clone().unwrap_or_default();
    Ok(Requirement { key: requirement.key.clone(), operator, values })
}

/// Returns the alternatives of a node selector.
pub(super) fn node_selector_terms(selector: &core::NodeSelector) -> Result<Vec<NodeSelectorTerm>, ConversionProblem> {
    selector.node_selector_terms.iter().map(node_selector_term).collect()
}

fn node_selector_term(term: &core::NodeSelectorTerm) -> Result<NodeSelectorTerm, ConversionProblem> {
    let requirements = |list: &Option<Vec<core::NodeSelectorRequirement>>| {
        list.iter().flatten().map(node_selector_requirement).collect::<Result<_, _>>()
    };
    Ok(NodeSelectorTerm {
        match_expressions: requirements(&term.match_expressions)?,
        match_fields: requirements(&term.match_fields)?,
    })
}

fn node_selector_requirement(
    requirement: &core::NodeSelectorRequirement,
) -> Result<NodeSelectorRequirement, ConversionProblem> {
    let operator = match requirement.operator.as_str() {
        "In" => NodeSelectorOperator::In,
        "NotIn" => NodeSelectorOperator::NotIn,
        "Exists" => NodeSelectorOperator::Exists,
        "DoesNotExist" => NodeSelectorOperator::DoesNotExist,
        "Gt" => NodeSelectorOperator::Gt,
        "Lt" => NodeSelectorOperator::Lt,
        other => return Err(ConversionProblem::unknown("operator of a node selector", other)),
    };
    let values = requirement.values.clone().unwrap_or_default();
    Ok(NodeSelectorRequirement { key: requirement.key.clone(), operator, values })
}
