//! Creating and changing objects: what every write has in common.

use serde_json::{Value, json};

use super::answer::{Answer, Outcome, Refusal};
use super::defaults;
use super::event_forms;
use super::event_rules;
use super::field_owners::{self, Owner};
use super::request::{Request, Target};
use super::resources::{self, EVENTS_GROUP, Resource};
use super::store::{Store, text};
use super::validation;

/// `POST` to a collection.
pub(super) fn create(store: &mut Store, request: &Request, target: &Target) -> Outcome {
    let resource = target.resource;
    let mut object = request.json()?;
    check_type(resource, &mut object)?;
    settle_namespace(store, target, &mut object)?;
    if resource.group == EVENTS_GROUP {
        event_forms::to_core(&mut object);
    }
    if text(&object, "name").is_empty() {
        let prefix = text(&object, "generateName").to_owned();
        if prefix.is_empty() {
            let why = "Required value: name or generateName is required";
            return Err(Refusal::invalid(resource, "", "FieldValueRequired", "metadata.name", why));
        }
        object["metadata"]["name"] = json!(format!("{prefix}{}", store.name_suffix()));
    }
    if !text(&object, "resourceVersion").is_empty() {
        return Err(Refusal::new(500, "", "resourceVersion should not be set on objects to be created"));
    }
    if store.contains(resource, text(&object, "namespace"), text(&object, "name")) {
        return Err(Refusal::already_exists(resource, text(&object, "name")));
    }
    let created = insert(store, request, resource, object, &writer(request, target, "Update"))?;
    Ok(Answer::json(201, &in_form(resource, created)))
}

/// Completes a new object and stores it, unless this is a dry run.
pub(super) fn insert(
    store: &mut Store,
    request: &Request,
    resource: &Resource,
    mut object: Value,
    writer: &Owner,
) -> Outcome<Value> {
    object["metadata"]["uid"] = json!(store.new_uid());
    object["metadata"]["creationTimestamp"] = json!(defaults::now());
    defaults::normalise(resource, &mut object);
    defaults::start(resource, &mut object);
    validation::check(resource, None, &object)?;
    if resource.plural == "events" {
        event_rules::check(resource, &object)?;
    }
    // An applied object arrives with its owners.
    if object["metadata"]["managedFields"].is_null() {
        field_owners::record_update(None, &mut object, writer);
    }
    Ok(if request.dry_run() { object } else { store.put(resource, object) })
}

/// `PUT`: the whole object, made from the version it names.
pub(super) fn update(store: &mut Store, request: &Request, target: &Target) -> Outcome {
    let resource = target.resource;
    let mut object = request.json()?;
    check_type(resource, &mut object)?;
    if resource.group == EVENTS_GROUP {
        event_forms::to_core(&mut object);
    }
    let name = text(&object, "name");
    if name != target.name {
        let message = format!("the name of the object ({name}) does not match the name on the URL ({})", target.name);
        return Err(Refusal::bad_request(message));
    }
    let old = current(store, target)?;
    if resource.guarded && text(&object, "resourceVersion").is_empty() {
        let why = "Invalid value: 0: must be specified for an update";
        return Err(Refusal::invalid(resource, &target.name, "FieldValueInvalid", "metadata.resourceVersion", why));
    }
    let new = change(store, request, target, &old, object)?;
    Ok(Answer::json(200, &in_form(resource, new)))
}

/// The object a path names.
pub(super) fn current(store: &Store, target: &Target) -> Outcome<Value> {
    store.get(target.resource, &target.namespace, &target.name).ok_or_else(|| Refusal::not_found(target.resource, &target.name))
}

/// Turns `old` into what may be kept of `wanted`, and stores it.
pub(super) fn change(store: &mut Store, request: &Request, target: &Target, old: &Value, wanted: Value) -> Outcome<Value> {
    let resource = target.resource;
    let version = text(&wanted, "resourceVersion");
    if !version.is_empty() && version != text(old, "resourceVersion") {
        return Err(Refusal::modified(resource, &target.name));
    }
    let uid = text(&wanted, "uid");
    if !uid.is_empty() && uid != text(old, "uid") {
        let why = format!(
            "StorageError: invalid object, Code: 4, AdditionalErrorMsg: Precondition failed: UID in precondition: {uid}, \
            UID in object meta: {}",
            text(old, "uid")
        );
        return Err(Refusal::conflict(resource, &target.name, &why));
    }
    let applied = request.content_type.starts_with(APPLY);
    let mut new = prepared(target, old, wanted);
    defaults::normalise(resource, &mut new);
    validation::check(resource, Some(old), &new)?;
    if resource.has_generation && new["spec"] != old["spec"] {
        new["metadata"]["generation"] = json!(old["metadata"]["generation"].as_u64().unwrap_or(1) + 1);
    }
    if !applied {
        field_owners::record_update(Some(old), &mut new, &writer(request, target, "Update"));
    }
    if new == *old || request.dry_run() {
        return Ok(new);
    }
    let finalizers_done = new["metadata"]["finalizers"].is_null() && !old["metadata"]["finalizers"].is_null();
    if !new["metadata"]["deletionTimestamp"].is_null() && finalizers_done {
        return Ok(store.remove(resource, &target.namespace, &target.name).unwrap_or(new));
    }
    Ok(store.put(resource, new))
}

/// The content type that makes a patch a server-side apply.
pub(super) const APPLY: &str = "application/apply-patch";

/// Puts back what this path does not let a client change.
fn prepared(target: &Target, old: &Value, wanted: Value) -> Value {
    const SERVERS_OWN: &[&str] = &[
        "name",
        "namespace",
        "generateName",
        "uid",
        "resourceVersion",
        "creationTimestamp",
        "generation",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
    ];
    let mut new = if target.subresource == "status" {
        let mut new = old.clone();
        new["metadata"] = wanted["metadata"].clone();
        new["metadata"]["ownerReferences"] = old["metadata"]["ownerReferences"].clone();
        new["status"] = wanted["status"].clone();
        new
    } else {
        let mut new = wanted;
        if target.resource.has_status {
            new["status"] = old["status"].clone();
        }
        new
    };
    for field in SERVERS_OWN {
        new["metadata"][field] = old["metadata"][field].clone();
    }
    new
}

/// The one to whom a write's fields are credited.
pub(super) fn writer(request: &Request, target: &Target, operation: &str) -> Owner {
    Owner {
        manager: request.field_manager(),
        operation: operation.to_owned(),
        api_version: target.resource.api_version(),
        subresource: target.subresource.clone(),
        time: json!(defaults::now()),
        paths: std::collections::BTreeSet::new(),
    }
}

/// `kind` and `apiVersion` may be left out, but not be somebody else's.
pub(super) fn check_type(resource: &Resource, object: &mut Value) -> Outcome<()> {
    let fields = object.as_object_mut().ok_or_else(|| Refusal::bad_request("the object provided is unrecognized"))?;
    for (field, expected) in [("kind", resource.kind.to_owned()), ("apiVersion", resource.api_version())] {
        let given = fields.entry(field).or_insert_with(|| json!(expected));
        if *given != expected {
            let message = format!("the {field} in the data ({given}) does not match the expected {field} ({expected})");
            return Err(Refusal::bad_request(message));
        }
    }
    fields.entry("metadata").or_insert_with(|| json!({}));
    Ok(())
}

/// Objects go into the namespace of the path, which must be there.
fn settle_namespace(store: &Store, target: &Target, object: &mut Value) -> Outcome<()> {
    if !target.resource.namespaced {
        return Ok(());
    }
    if target.namespace.is_empty() {
        return Err(Refusal::method_not_allowed());
    }
    let given = text(object, "namespace");
    if !given.is_empty() && given != target.namespace {
        let message = "the namespace of the provided object does not match the namespace sent on the request";
        return Err(Refusal::bad_request(message));
    }
    object["metadata"]["namespace"] = json!(target.namespace);
    let namespaces = resources::named("namespaces");
    let namespace =
        store.get(namespaces, "", &target.namespace).ok_or_else(|| Refusal::not_found(namespaces, &target.namespace))?;
    if namespace["metadata"]["deletionTimestamp"].is_null() {
        return Ok(());
    }
    let why = format!("unable to create new content in namespace {} because it is being terminated", target.namespace);
    Err(Refusal::forbidden(target.resource, text(object, "name"), &why))
}

/// Events leave in the spelling they were asked in.
pub(super) fn in_form(resource: &Resource, mut object: Value) -> Value {
    if resource.group == EVENTS_GROUP {
        event_forms::to_new(&mut object);
    }
    object
}
