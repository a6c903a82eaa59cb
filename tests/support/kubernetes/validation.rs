//! The rules of a kind that a scaler's writes can break.

use serde_json::Value;

use super::answer::{Outcome, Refusal};
use super::resources::Resource;
use super::store::text;

const EFFECTS: &[&str] = &["NoSchedule", "PreferNoSchedule", "NoExecute"];

/// Checks an object as it would be stored; `old` is there for updates.
pub(super) fn check(resource: &Resource, old: Option<&Value>, new: &Value) -> Outcome<()> {
    if old.is_none() {
        check_name(resource, new)?;
    }
    check_labels(resource, new)?;
    match resource.plural {
        "nodes" => {
            check_taints(resource, new)?;
            check_provider_id(resource, old, new)
        }
        "pods" => old.map_or(Ok(()), |old| check_pod_update(resource, old, new)),
        _ => Ok(()),
    }
}

fn check_name(resource: &Resource, object: &Value) -> Outcome<()> {
    let name = text(object, "name");
    let edge = |character: Option<char>| character.is_some_and(|character| character.is_ascii_alphanumeric());
    let part = |part: &str| {
        edge(part.chars().next())
            && edge(part.chars().last())
            && part.chars().all(|character| matches!(character, 'a'..='z' | '0'..='9' | '-'))
    };
    if name.len() <= 253 && name.split('.').all(part) {
        return Ok(());
    }
    let why = format!(
        "Invalid value: {name:?}: a lowercase RFC 1123 subdomain must consist of lower case \
        alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character"
    );
    Err(Refusal::invalid(resource, name, "FieldValueInvalid", "metadata.name", &why))
}

fn check_labels(resource: &Resource, object: &Value) -> Outcome<()> {
    let labels = object["metadata"]["labels"].as_object();
    for value in labels.into_iter().flatten().map(|(_, value)| value) {
        let value = value.as_str().unwrap_or_default();
        if !is_label_value(value) {
            let why = format!(
                "Invalid value: {value:?}: a valid label must be an empty string or consist of \
                alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
            );
            return Err(Refusal::invalid(resource, text(object, "name"), "FieldValueInvalid", "metadata.labels", &why));
        }
    }
    Ok(())
}

fn is_label_value(value: &str) -> bool {
    let edge = |character: Option<char>| character.is_none_or(|character| character.is_ascii_alphanumeric());
    value.len() <= 63
        && edge(value.chars().next())
        && edge(value.chars().last())
        && value.chars().all(|character| character.is_ascii_alphanumeric() || "-_.".contains(character))
}

/// Taints are one list, told apart by key and effect.
fn check_taints(resource: &Resource, node: &Value) -> Outcome<()> {
    let refuse =
        |reason: &str, field: String, why: &str| Err(Refusal::invalid(resource, text(node, "name"), reason, &field, why));
    let taints = node["spec"]["taints"].as_array().map_or(&[][..], Vec::as_slice);
    for (index, taint) in taints.iter().enumerate() {
        let key = taint["key"].as_str().unwrap_or_default();
        if key.is_empty() {
            let why = "Invalid value: \"\": name part must be non-empty";
            return refuse("FieldValueInvalid", format!("metadata.taints[{index}].key"), why);
        }
        let value = taint["value"].as_str().unwrap_or_default();
        if !is_label_value(value) {
            let why = format!(
                "Invalid value: {value:?}: a valid label must be an empty string or consist of \
                alphanumeric characters, '-', '_' or '.'"
            );
            return refuse("FieldValueInvalid", format!("metadata.taints[{index}].value"), &why);
        }
        let effect = taint["effect"].as_str().unwrap_or_default();
        if !EFFECTS.contains(&effect) {
            let why =
                format!("Unsupported value: {effect:?}: supported values: \"NoSchedule\", \"PreferNoSchedule\", \"NoExecute\"");
            return refuse("FieldValueNotSupported", format!("metadata.taints[{index}].effect"), &why);
        }
        let same = |earlier: &Value| earlier["key"] == taint["key"] && earlier["effect"] == taint["effect"];
        if taints[..index].iter().any(same) {
            let why = format!("Duplicate value: {taint}: taints must be unique by key and effect pair");
            return refuse("FieldValueDuplicate", format!("metadata.taints[{index}]"), &why);
        }
    }
    Ok(())
}

fn check_provider_id(resource: &Resource, old: Option<&Value>, new: &Value) -> Outcome<()> {
    let Some(before) = old.and_then(|old| old["spec"]["providerID"].as_str()) else { return Ok(()) };
    if new["spec"]["providerID"] == before {
        return Ok(());
    }
    let why = "Forbidden: node updates may not change providerID except from \"\" to valid";
    Err(Refusal::invalid(resource, text(new, "name"), "FieldValueForbidden", "spec.providerID", why))
}

/// A pod's spec is settled when it is created, but for a few fields.
fn check_pod_update(resource: &Resource, old: &Value, new: &Value) -> Outcome<()> {
    const MUTABLE: &[&str] = &[
        "activeDeadlineSeconds",
        "terminationGracePeriodSeconds",
        "tolerations",
        "schedulingGates",
        "nodeSelector",
        "affinity",
    ];
    let settled = |pod: &Value| {
        let mut spec = pod["spec"].clone();
        if let Some(fields) = spec.as_object_mut() {
            fields.retain(|field, _| !MUTABLE.contains(&field.as_str()));
        }
        for list in ["containers", "initContainers"] {
            for container in spec[list].as_array_mut().into_iter().flatten() {
                container["image"] = Value::Null;
            }
        }
        spec
    };
    if settled(old) == settled(new) {
        return Ok(());
    }
    let why = "Forbidden: pod updates may not change fields other than `spec.containers[*].image`,\
        `spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing \
        tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";
    Err(Refusal::invalid(resource, text(new, "name"), "FieldValueForbidden", "spec", why))
}
