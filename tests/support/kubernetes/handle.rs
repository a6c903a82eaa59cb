//! From an understood request to the part of the server that answers it.

use serde_json::Value;

use super::answer::{Answer, Outcome, Refusal};
use super::request::{Request, Target};
use super::store::Store;
use super::writing::{current, in_form};
use super::{binding, discovery, eviction, listing, patching, removal, watching, writing};

pub(super) fn handle(store: &mut Store, request: &Request) -> Outcome {
    let Some(target) = &request.target else { return discovery::answer(store, request) };
    if !target.resource.is_defined(store) {
        return Err(Refusal::no_such_path());
    }
    check_dry_run(request, target)?;
    match (target.verb, target.subresource.as_str()) {
        ("list", "") => listing::list(store, request, target),
        ("watch", "") => watching::watch(store, request, target),
        ("get", "") => get(store, target),
        ("create", "") if target.name.is_empty() => writing::create(store, request, target),
        ("update", "") => writing::update(store, request, target),
        ("patch", "") => patching::patch(store, request, target),
        ("delete", "") => removal::delete(store, request, target),
        ("get", "status") if target.resource.has_status => get(store, target),
        ("update", "status") if target.resource.has_status => writing::update(store, request, target),
        ("patch", "status") if target.resource.has_status => patching::patch(store, request, target),
        ("create", "eviction") if target.resource.plural == "pods" => eviction::evict(store, request, target),
        ("create", "binding") if target.resource.plural == "pods" => binding::bind(store, request, target),
        (_, "" | "status" | "eviction" | "binding") => Err(Refusal::method_not_allowed()),
        _ => Err(Refusal::no_such_path()),
    }
}

/// A mode nobody knows must not be taken for none.
fn check_dry_run(request: &Request, target: &Target) -> Outcome<()> {
    let mode = request.param("dryRun");
    if matches!(mode, "" | "All") {
        return Ok(());
    }
    let options = match target.verb {
        "create" => "CreateOptions",
        "update" => "UpdateOptions",
        "patch" => "PatchOptions",
        _ => "DeleteOptions",
    };
    let why = format!("Unsupported value: [{mode:?}]: supported values: \"All\"");
    let message = format!("{options}.meta.k8s.io \"\" is invalid: dryRun: {why}");
    Err(Refusal::new(422, "Invalid", message).cause("FieldValueNotSupported", &why, "dryRun"))
}

fn get(store: &Store, target: &Target) -> Outcome {
    let object: Value = current(store, target)?;
    Ok(Answer::json(200, &in_form(target.resource, object)))
}
