//! What the API server demands of a new event. Its namespace is the trap: what concerns a node goes
//! to `default`.

use serde_json::Value;

use super::answer::{Outcome, Refusal};
use super::resources::{EVENTS_GROUP, Resource};
use super::store::text;

/// The longest message an event with a time of its own may have.
const NOTE_LIMIT: usize = 1024;

/// Checks an event in the core spelling, by the rules of the API it came through.
pub(super) fn check(resource: &Resource, event: &Value) -> Outcome<()> {
    let name = text(event, "name");
    let refuse = |reason: &str, field: &str, why: &str| Err(Refusal::invalid(resource, name, reason, field, why));
    let given = |field: &str| event[field].as_str().is_some_and(|value| !value.is_empty());

    let has_time = given("eventTime");
    let namespace = text(event, "namespace");
    let about = event["involvedObject"]["namespace"].as_str().unwrap_or_default();
    let agrees = match about {
        "" => namespace == "default" || (has_time && namespace == "kube-system"),
        about => about == namespace || has_time,
    };
    if !agrees {
        let why = format!("Invalid value: {about:?}: does not match event.namespace");
        return refuse("FieldValueInvalid", "involvedObject.namespace", &why);
    }
    if has_time {
        for field in ["reportingComponent", "reportingInstance", "action", "reason"] {
            if !given(field) {
                return refuse("FieldValueRequired", field, "Required value");
            }
        }
        if event["message"].as_str().is_some_and(|note| note.len() > NOTE_LIMIT) {
            return refuse("FieldValueInvalid", "message", "Invalid value: \"\": can have at most 1024 characters");
        }
    }
    if resource.group == EVENTS_GROUP {
        if !has_time {
            return refuse("FieldValueRequired", "eventTime", "Required value");
        }
        if event["type"] != "Normal" && event["type"] != "Warning" {
            return refuse("FieldValueInvalid", "type", "Invalid value: \"\": has invalid value");
        }
    }
    Ok(())
}
