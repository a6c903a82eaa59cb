//! Deleting: preconditions, grace and finalizers.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::answer::{Answer, Outcome, Refusal};
use super::defaults;
use super::request::{Request, Target};
use super::resources::Resource;
use super::store::{Store, text};
use super::writing::{current, in_form};

/// What a client says about a delete, in the body or the query.
#[derive(Debug, Default, Clone)]
pub(super) struct DeleteOptions {
    pub(super) grace: Option<i64>,
    pub(super) uid: Option<String>,
    pub(super) resource_version: Option<String>,
    pub(super) dry_run: bool,
}

impl DeleteOptions {
    pub(super) fn from_json(options: &Value) -> Self {
        let precondition = |field: &str| options["preconditions"][field].as_str().map(str::to_owned);
        Self {
            grace: options["gracePeriodSeconds"].as_i64(),
            uid: precondition("uid"),
            resource_version: precondition("resourceVersion"),
            dry_run: options["dryRun"].as_array().is_some_and(|modes| modes.iter().any(|mode| mode == "All")),
        }
    }

    fn read(request: &Request) -> Outcome<Self> {
        let mut options = if request.body.is_empty() { Self::default() } else { Self::from_json(&request.json()?) };
        options.dry_run |= request.dry_run();
        options.grace = options.grace.or_else(|| request.param("gracePeriodSeconds").parse().ok());
        Ok(options)
    }
}

/// `DELETE` of one object.
pub(super) fn delete(store: &mut Store, request: &Request, target: &Target) -> Outcome {
    let options = DeleteOptions::read(request)?;
    let resource = target.resource;
    let object = current(store, target)?;
    let (left, gone) = remove(store, resource, object, &options)?;
    if !gone || resource.returns_deleted {
        return Ok(Answer::json(200, &in_form(resource, left)));
    }
    let mut details = json!({"name": target.name, "kind": resource.plural, "uid": left["metadata"]["uid"]});
    if !resource.group.is_empty() {
        details["group"] = json!(resource.group);
    }
    let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details});
    Ok(Answer::json(200, &status))
}

/// Deletes an object or begins to; returns it and whether it is gone.
pub(super) fn remove(store: &mut Store, resource: &Resource, object: Value, options: &DeleteOptions) -> Outcome<(Value, bool)> {
    check_preconditions(resource, &object, options)?;
    let mut object = object;
    let waits_for_finalizers = !object["metadata"]["finalizers"].is_null();
    let grace = if resource.plural == "pods" { pod_grace(store, &object, options) } else { 0 };
    if grace == 0 && !waits_for_finalizers && resource.plural != "namespaces" {
        if !options.dry_run {
            let (namespace, name) = (text(&object, "namespace"), text(&object, "name"));
            object = store.remove(resource, namespace, name).unwrap_or(object);
        }
        return Ok((object, true));
    }
    let already = object["metadata"]["deletionGracePeriodSeconds"].as_i64();
    if !object["metadata"]["deletionTimestamp"].is_null() && already.is_none_or(|already| already <= grace) {
        return Ok((object, false));
    }
    object["metadata"]["deletionTimestamp"] = json!(defaults::time(Timestamp::now() + SignedDuration::from_secs(grace)));
    object["metadata"]["deletionGracePeriodSeconds"] = json!(grace);
    if let Some(generation) = object["metadata"]["generation"].as_u64() {
        object["metadata"]["generation"] = json!(generation + 1);
    }
    if resource.plural == "namespaces" {
        object["status"]["phase"] = json!("Terminating");
    }
    let object = if options.dry_run { object } else { store.put(resource, object) };
    Ok((object, false))
}

/// Only a pod on a node has somebody to stop it gracefully.
fn pod_grace(store: &Store, pod: &Value, options: &DeleteOptions) -> i64 {
    let on_a_node = pod["spec"]["nodeName"].as_str().is_some_and(|node| !node.is_empty());
    let finished = matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed"));
    if !on_a_node || finished || store.pods_vanish {
        return 0;
    }
    options.grace.or_else(|| pod["spec"]["terminationGracePeriodSeconds"].as_i64()).unwrap_or(30).max(0)
}

fn check_preconditions(resource: &Resource, object: &Value, options: &DeleteOptions) -> Outcome<()> {
    let mismatch = |what: &str, wanted: &str, found: &str, what_then: &str| {
        let why =
            format!("the {what} in the precondition ({wanted}) does not match the {what} in record ({found}). {what_then}");
        Err(Refusal::precondition(resource, text(object, "name"), &why))
    };
    match (&options.uid, &options.resource_version) {
        (Some(uid), _) if uid != text(object, "uid") => {
            mismatch("UID", uid, text(object, "uid"), "The object might have been deleted and then recreated")
        }
        (_, Some(version)) if version != text(object, "resourceVersion") => {
            let found = text(object, "resourceVersion");
            mismatch("ResourceVersion", version, found, "The object might have been modified")
        }
        _ => Ok(()),
    }
}
