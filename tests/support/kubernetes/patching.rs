//! `PATCH`: four content types, four meanings.

use serde_json::{Value, json};

use super::answer::{Answer, Outcome, Refusal};
use super::request::{Request, Target};
use super::store::{Store, text};
use super::writing::{APPLY, change, check_type, current, in_form, insert, writer};
use super::{apply_patch, event_forms, json_patch, merge_patch, resources, strategic_patch};

pub(super) fn patch(store: &mut Store, request: &Request, target: &Target) -> Outcome {
    if request.content_type.starts_with(APPLY) {
        return apply(store, request, target);
    }
    if !request.param("force").is_empty() {
        return Err(invalid_options("FieldValueForbidden", "force", "Forbidden: may not be specified for non-apply patch"));
    }
    let patch = request.json()?;
    let old = in_form(target.resource, current(store, target)?);
    let patched = match request.content_type.split(';').next().unwrap_or_default().trim() {
        "application/json-patch+json" => json_patch::apply(&old, &patch)?,
        "application/merge-patch+json" => {
            let mut patched = old.clone();
            merge_patch::apply(&mut patched, &patch);
            patched
        }
        "application/strategic-merge-patch+json" => {
            let mut patched = old.clone();
            strategic_patch::apply(&mut patched, &patch)?;
            patched
        }
        other => return Err(unsupported(other)),
    };
    store_patched(store, request, target, patched)
}

fn store_patched(store: &mut Store, request: &Request, target: &Target, mut patched: Value) -> Outcome {
    check_type(target.resource, &mut patched)?;
    if text(&patched, "name") != target.name {
        let message =
            format!("the name of the object ({}) does not match the name on the URL ({})", text(&patched, "name"), target.name);
        return Err(Refusal::bad_request(message));
    }
    if target.resource.group == resources::EVENTS_GROUP {
        event_forms::to_core(&mut patched);
    }
    let old = current(store, target)?;
    if text(&patched, "uid") != text(&old, "uid") {
        let why = format!("Invalid value: {:?}: field is immutable", text(&patched, "uid"));
        return Err(Refusal::invalid(target.resource, &target.name, "FieldValueInvalid", "metadata.uid", &why));
    }
    let new = change(store, request, target, &old, patched)?;
    Ok(Answer::json(200, &in_form(target.resource, new)))
}

fn apply(store: &mut Store, request: &Request, target: &Target) -> Outcome {
    if request.param("fieldManager").is_empty() {
        let why = "Required value: is required for apply patch";
        return Err(invalid_options("FieldValueRequired", "fieldManager", why));
    }
    let mut config = request.json()?;
    for field in ["apiVersion", "kind"] {
        if config[field].as_str().is_none_or(str::is_empty) {
            return Err(Refusal::bad_request(format!("invalid object type: {field} is missing")));
        }
    }
    check_type(target.resource, &mut config)?;
    if !matches!(text(&config, "name"), "") && text(&config, "name") != target.name {
        return Err(Refusal::bad_request("the name of the object does not match the name on the URL"));
    }
    let applier = writer(request, target, "Apply");
    let force = request.param("force") == "true";
    match store.get(target.resource, &target.namespace, &target.name) {
        Some(live) => {
            let version = text(&config, "resourceVersion").to_owned();
            let mut merged = apply_patch::apply(&live, &config, applier, force)?;
            if !version.is_empty() {
                merged["metadata"]["resourceVersion"] = json!(version);
            }
            let new = change(store, request, target, &live, merged)?;
            Ok(Answer::json(200, &new))
        }
        None if target.subresource.is_empty() => {
            if text(&config, "name").is_empty() {
                let message =
                    format!("the name of the object ({} based on URL) was undeterminable: name must be provided", target.name);
                return Err(Refusal::bad_request(message));
            }
            if target.resource.namespaced {
                config["metadata"]["namespace"] = json!(target.namespace);
            }
            let nothing = json!({"metadata": {}});
            let mut created = apply_patch::apply(&nothing, &config, applier.clone(), true)?;
            created["apiVersion"] = config["apiVersion"].clone();
            created["kind"] = config["kind"].clone();
            let created = insert(store, request, target.resource, created, &applier)?;
            Ok(Answer::json(201, &created))
        }
        None => Err(Refusal::not_found(target.resource, &target.name)),
    }
}

fn invalid_options(reason: &str, field: &str, why: &str) -> Refusal {
    let message = format!("PatchOptions.meta.k8s.io \"\" is invalid: {field}: {why}");
    Refusal::new(422, "Invalid", message).cause(reason, why, field)
}

fn unsupported(content_type: &str) -> Refusal {
    let message = format!(
        "the body of the request was in an unknown format - accepted media types include: \
        application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, \
        application/apply-patch+yaml; got {content_type:?}"
    );
    Refusal::new(415, "UnsupportedMediaType", message)
}
