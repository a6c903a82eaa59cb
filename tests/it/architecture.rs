//! Who may use whom outside of the pure half: a stage depends on data, never on another stage's insides. The pure half's own rules
//! are in `tests/planner/architecture.rs`.

use std::path::Path;

use crate::support::rooms::{Room, violations};

const fn room(name: &'static str, may_use: &'static [&'static str]) -> Room {
    Room { name, may_use, must_not_use: &[] }
}

const ROOMS: [Room; 7] = [
    room("apply", &["duration", "gather", "plain_text", "plan", "policy", "snapshot"]),
    room("cli", &["duration", "gather", "policy"]),
    room("exit", &[]),
    room("gather", &["duration", "plain_text", "snapshot", "trace"]),
    room(
        "notify",
        &["apply", "duration", "fair_order", "fnv", "gather", "plain_text", "plan", "policy", "snapshot", "whole_file"],
    ),
    room(
        "run",
        &[
            "apply",
            "cli",
            "demo",
            "duration",
            "exit",
            "gather",
            "notify",
            "plain_text",
            "plan",
            "policy",
            "render",
            "simulate",
            "snapshot",
            "trace",
            "whole_file",
        ],
    ),
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
