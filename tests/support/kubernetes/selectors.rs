//! Label and field selectors.

use std::sync::Arc;

use serde_json::Value;

use super::answer::{Outcome, Refusal};
use super::resources::Resource;
use super::store::{Key, Stored};

/// What a list is narrowed to.
#[derive(Debug, Default)]
pub(super) struct Selection {
    labels: Vec<Requirement>,
    fields: Vec<FieldRequirement>,
}

/// One term of a label selector.
#[derive(Debug)]
struct Requirement {
    label: String,
    operator: Operator,
}

#[derive(Debug)]
enum Operator {
    Exists,
    DoesNotExist,
    In(Vec<String>),
    NotIn(Vec<String>),
}

#[derive(Debug)]
struct FieldRequirement {
    field: FieldPlace,
    equal: bool,
    value: String,
}

#[derive(Debug)]
enum FieldPlace {
    Name,
    Namespace,
    /// Index into the resource's field labels.
    Indexed(usize),
}

impl Selection {
    /// Reads the two query parameters of a list.
    pub(super) fn parse(resource: &Resource, labels: &str, fields: &str) -> Outcome<Self> {
        Ok(Self { labels: parse_labels(labels)?, fields: parse_fields(resource, fields)? })
    }

    /// A list without selectors can say how many objects remain.
    pub(super) fn is_everything(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    pub(super) fn matches(&self, key: &Key, stored: &Stored) -> bool {
        let field_matches = |requirement: &FieldRequirement| {
            let value = match requirement.field {
                FieldPlace::Name => &*key.name,
                FieldPlace::Namespace => &*key.namespace,
                FieldPlace::Indexed(index) => &*stored.fields[index],
            };
            (value == requirement.value) == requirement.equal
        };
        self.fields.iter().all(field_matches)
            && self.labels.iter().all(|requirement| requirement.matches(find(&stored.labels, &requirement.label)))
    }
}

fn find<'a>(labels: &'a [(Arc<str>, Arc<str>)], wanted: &str) -> Option<&'a str> {
    labels.iter().find(|(label, _)| **label == *wanted).map(|(_, value)| &**value)
}

impl Requirement {
    fn matches(&self, value: Option<&str>) -> bool {
        match (&self.operator, value) {
            (Operator::Exists, value) => value.is_some(),
            (Operator::DoesNotExist, value) => value.is_none(),
            (Operator::In(values), Some(value)) => values.iter().any(|wanted| wanted == value),
            (Operator::In(_), None) => false,
            (Operator::NotIn(values), Some(value)) => values.iter().all(|unwanted| unwanted != value),
            (Operator::NotIn(_), None) => true,
        }
    }
}

fn parse_labels(selector: &str) -> Outcome<Vec<Requirement>> {
    split_outside_parentheses(selector)
        .into_iter()
        .map(|term| {
            parse_label_term(term.trim())
                .ok_or_else(|| Refusal::bad_request(format!("unable to parse requirement: found {term:?}")))
        })
        .collect()
}

fn split_outside_parentheses(selector: &str) -> Vec<&str> {
    let mut depth = 0;
    let split = |character| {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        character == ',' && depth == 0
    };
    if selector.trim().is_empty() { Vec::new() } else { selector.split(split).collect() }
}

fn parse_label_term(term: &str) -> Option<Requirement> {
    let requirement = |label: &str, operator| {
        let label = label.trim();
        is_label_name(label).then(|| Requirement { label: label.to_owned(), operator })
    };
    if let Some((label, value)) = term.split_once("!=") {
        return requirement(label, Operator::NotIn(vec![label_value(value)?]));
    }
    if let Some((label, value)) = term.split_once("==").or_else(|| term.split_once('=')) {
        return requirement(label, Operator::In(vec![label_value(value)?]));
    }
    if let Some(rest) = term.strip_suffix(')') {
        let (head, values) = rest.split_once('(')?;
        let values = values.split(',').map(label_value).collect::<Option<Vec<_>>>()?;
        let head = head.trim();
        if let Some(label) = head.strip_suffix(" notin") {
            return requirement(label, Operator::NotIn(values));
        }
        return requirement(head.strip_suffix(" in")?, Operator::In(values));
    }
    match term.strip_prefix('!') {
        Some(label) => requirement(label, Operator::DoesNotExist),
        None => requirement(term, Operator::Exists),
    }
}

fn label_value(value: &str) -> Option<String> {
    let value = value.trim();
    let allowed = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    (value.len() <= 63 && value.chars().all(allowed)).then(|| value.to_owned())
}

fn is_label_name(label: &str) -> bool {
    let allowed = |character: char| character.is_ascii_alphanumeric() || "-_./".contains(character);
    !label.is_empty() && label.chars().all(allowed)
}

fn parse_fields(resource: &Resource, selector: &str) -> Outcome<Vec<FieldRequirement>> {
    let terms = selector.split(',').filter(|term| !term.is_empty());
    terms.map(|term| parse_field_term(resource, term)).collect()
}

fn parse_field_term(resource: &Resource, term: &str) -> Outcome<FieldRequirement> {
    let (label, equal, value) = if let Some((label, value)) = term.split_once("!=") {
        (label, false, value)
    } else if let Some((label, value)) = term.split_once("==").or_else(|| term.split_once('=')) {
        (label, true, value)
    } else {
        let message = format!("invalid selector: '{term}'; can't understand '{term}'");
        return Err(Refusal::bad_request(message));
    };
    let field = match label {
        "metadata.name" => FieldPlace::Name,
        "metadata.namespace" => FieldPlace::Namespace,
        _ => match resource.fields.iter().position(|field| field.label == label) {
            Some(index) => FieldPlace::Indexed(index),
            None => return Err(unknown_field(resource, label)),
        },
    };
    Ok(FieldRequirement { field, equal, value: value.to_owned() })
}

fn unknown_field(resource: &Resource, label: &str) -> Refusal {
    // Kinds without field labels of their own go through another conversion, with its own words.
    Refusal::bad_request(if resource.fields.is_empty() {
        format!("{label:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\"")
    } else {
        format!("field label not supported: {label}")
    })
}

/// Whether a `LabelSelector` (the object form, as in a budget) picks these labels.
pub(super) fn label_selector_matches(selector: &Value, labels: &Value) -> bool {
    let label = |name: &str| labels.get(name).and_then(Value::as_str);
    let exact = selector["matchLabels"].as_object();
    let exact_match = exact.is_none_or(|wanted| wanted.iter().all(|(name, value)| label(name) == value.as_str()));
    let expressions = selector["matchExpressions"].as_array().map_or(&[][..], Vec::as_slice);
    exact_match && expressions.iter().all(|expression| expression_matches(expression, label))
}

fn expression_matches<'a>(expression: &Value, label: impl Fn(&str) -> Option<&'a str>) -> bool {
    let values = || {
        let values = expression["values"].as_array();
        values.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let operator = match expression["operator"].as_str() {
        Some("In") => Operator::In(values()),
        Some("NotIn") => Operator::NotIn(values()),
        Some("Exists") => Operator::Exists,
        Some("DoesNotExist") => Operator::DoesNotExist,
        _ => return false,
    };
    let name = expression["key"].as_str().unwrap_or_default();
    Requirement { label: name.to_owned(), operator }.matches(label(name))
}
