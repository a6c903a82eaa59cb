//! The rules of who may use whom in the pure half, which knows no clock and no order but its own.
//! Cargo makes sure that it knows no client.

use std::path::Path;

use crate::support::rooms::{Room, circles, violations};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Things that differ between two runs on the same input. The order of a `HashMap` would show in
/// the plan.
const NOT_PURE: &[&str] =
    &["HashMap", "HashSet", "Timestamp::now", "Zoned::now", "SystemTime", "Instant", "std::env", "std::fs"];

const fn room(name: &'static str, may_use: &'static [&'static str]) -> Room {
    Room { name, may_use, must_not_use: NOT_PURE }
}

const ROOMS: [Room; 19] = [
    room("anonymize", &["duration", "json_document", "policy", "snapshot", "well_known"]),
    room("calendar", &[]),
    room("demo", &["snapshot"]),
    room("did_you_mean", &[]),
    room("duration", &[]),
    room("fair_order", &[]),
    room("fnv", &[]),
    room("index_vec", &[]),
    room("json_document", &[]),
    room("plain_text", &[]),
    room(
        "plan",
        &[
            "calendar",
            "duration",
            "fnv",
            "index_vec",
            "json_document",
            "plain_text",
            "policy",
            "scheduler",
            "snapshot",
            "well_known",
        ],
    ),
    room("policy", &["calendar", "did_you_mean", "duration", "snapshot", "well_known"]),
    room(
        "render",
        &["duration", "fair_order", "plain_text", "plan", "policy", "simulate", "snapshot", "suggest", "well_known"],
    ),
    room("scheduler", &["index_vec", "policy", "snapshot", "well_known"]),
    room("simulate", &["duration", "index_vec", "plan", "policy", "scheduler", "snapshot", "trace", "well_known"]),
    room("snapshot", &["duration", "fnv", "json_document", "plain_text", "well_known"]),
    room("suggest", &["plan", "policy", "scheduler", "snapshot", "well_known"]),
    room("trace", &["duration", "snapshot"]),
    room("well_known", &[]),
];

#[test]
fn every_module_uses_only_what_it_may() {
    assert_eq!(violations(Path::new(ROOT), &ROOMS), [""; 0]);
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    assert_eq!(circles(Path::new(ROOT)), [""; 0]);
}
