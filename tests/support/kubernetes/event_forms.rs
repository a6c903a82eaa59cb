//! Events have two spellings over one storage: the core one and `events.k8s.io`.

use axum::body::Bytes;
use serde_json::{Map, Value};

/// The `events.k8s.io` name of each renamed field, and its core name.
const RENAMED: &[(&str, &str)] = &[
    ("note", "message"),
    ("regarding", "involvedObject"),
    ("reportingController", "reportingComponent"),
    ("deprecatedCount", "count"),
    ("deprecatedFirstTimestamp", "firstTimestamp"),
    ("deprecatedLastTimestamp", "lastTimestamp"),
    ("deprecatedSource", "source"),
];

pub(super) fn to_core(event: &mut Value) {
    rename(event, |(new, core)| (new, core));
}

pub(super) fn to_new(event: &mut Value) {
    rename(event, |(new, core)| (core, new));
}

/// The same for one item of a list.
pub(super) fn item_in_new_form(item: &[u8]) -> Bytes {
    let mut event: Value = serde_json::from_slice(item).expect("stored events are JSON");
    to_new(&mut event);
    Bytes::from(event.to_string())
}

fn rename(event: &mut Value, direction: impl Fn((&'static str, &'static str)) -> (&'static str, &'static str)) {
    let Some(fields): Option<&mut Map<String, Value>> = event.as_object_mut() else { return };
    for pair in RENAMED {
        let (from, to) = direction(*pair);
        if let Some(value) = fields.remove(from) {
            fields.insert(to.to_owned(), value);
        }
    }
}
