//! Who may use whom outside of the pure half: a stage depends on data, never on another stage's insides. The pure half's own rules
//! are in `tests/planner/architecture.rs`.

use std::path::Path;

use crate::support::rooms::{Room, violations};

const fn room(name: &'static str, may_use: &'static [&'static str]) -> Room {
    Room { name, may_use, must_not_use: &[] }
}

const ROOMS: [Room; 10] = [
    room("apply", &["duration", "gather", "kubernetes", "plain_text", "plan", "policy", "progress", "snapshot"]),
    room("cli", &["duration", "gather", "policy"]),
    room("exit", &[]),
    room("gather", &["duration", "kubernetes", "plain_text", "progress", "server_clock", "snapshot", "trace"]),
    room("kubernetes", &["server_clock", "snapshot"]),
    room(
        "notify",
        &["apply", "duration", "fair_order", "fnv", "kubernetes", "plain_text", "plan", "policy", "snapshot", "whole_file"],
    ),
    room("progress", &[]),
    room(
        "run",
        &[
            "apply",
            "cli",
            "demo",
            "duration",
            "exit",
            "gather",
            "kubernetes",
            "notify",
            "plain_text",
            "plan",
            "policy",
            "progress",
            "render",
            "simulate",
            "snapshot",
            "trace",
            "whole_file",
        ],
    ),
    room("server_clock", &["snapshot"]),
    room("whole_file", &[]),
];

/// The folder of `lib.rs`.
fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))
}

#[test]
fn every_module_uses_only_what_it_may() {
    assert_eq!(violations(root(), &ROOMS), [""; 0]);
}
