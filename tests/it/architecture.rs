//! Who may use whom. A stage depends on data, never on another stage's insides; the planner knows no client, no clock and no order
//! but its own.

use std::fs;
use std::path::{Path, PathBuf};

/// A module of the crate, the modules it may use, and words that must not occur in it, with the reason.
struct Room {
    name: &'static str,
    may_use: &'static [&'static str],
    must_not_say: &'static [&'static str],
}

const CLIENTS: [&str; 4] = ["kube::", "aws_sdk_", "aws_config", "tokio::"];
const CLOCKS: [&str; 5] = ["Timestamp::now", "SystemTime", "Instant::now", "std::env", "Zoned::now"];

const ROOMS: [Room; 19] = [
    Room { name: "duration", may_use: &[], must_not_say: &["HashMap"] },
    Room { name: "fair_order", may_use: &[], must_not_say: &["HashMap"] },
    Room { name: "fnv", may_use: &[], must_not_say: &[] },
    Room { name: "plain_text", may_use: &[], must_not_say: &[] },
    Room { name: "whole_file", may_use: &[], must_not_say: &[] },
    Room { name: "snapshot", may_use: &["duration"], must_not_say: &["HashMap"] },
    Room { name: "policy", may_use: &["duration", "snapshot"], must_not_say: &["HashMap"] },
    Room { name: "scheduler", may_use: &["snapshot"], must_not_say: &["HashMap"] },
    // A HashMap iterates in an order of its own, which would show in the plan.
    Room {
        name: "plan",
        may_use: &["duration", "fnv", "policy", "scheduler", "snapshot"],
        must_not_say: &["HashMap", "tracing"],
    },
    Room { name: "trace", may_use: &["duration", "snapshot"], must_not_say: &["HashMap"] },
    Room {
        name: "simulate",
        may_use: &["duration", "plan", "policy", "scheduler", "snapshot", "trace"],
        must_not_say: &["HashMap", "tracing"],
    },
    Room {
        name: "render",
        may_use: &["duration", "fair_order", "plain_text", "plan", "simulate", "snapshot"],
        must_not_say: &["clap"],
    },
    Room { name: "demo", may_use: &["snapshot"], must_not_say: &[] },
    Room { name: "gather", may_use: &["duration", "plain_text", "snapshot", "trace"], must_not_say: &[] },
    Room { name: "apply", may_use: &["duration", "gather", "plain_text", "plan", "policy", "snapshot"], must_not_say: &[] },
    Room {
        name: "notify",
        may_use: &[
            "apply",
            "duration",
            "fair_order",
            "fnv",
            "gather",
            "plain_text",
            "plan",
            "policy",
            "snapshot",
            "whole_file",
        ],
        must_not_say: &["clap"],
    },
    Room { name: "cli", may_use: &["duration", "gather", "policy"], must_not_say: &[] },
    Room { name: "exit", may_use: &[], must_not_say: &[] },
    Room {
        name: "run",
        may_use: &[
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
        must_not_say: &[],
    },
];

/// Rooms that must be pure: no client, no clock, no environment.
const PURE: [&str; 12] = [
    "duration",
    "fair_order",
    "fnv",
    "plain_text",
    "snapshot",
    "policy",
    "scheduler",
    "plan",
    "trace",
    "simulate",
    "render",
    "demo",
];

#[test]
fn every_module_uses_only_what_it_may() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for room in ROOMS {
        let mut files = files_under(&source.join(room.name));
        files.extend([source.join(room.name).with_extension("rs")].into_iter().filter(|path| path.exists()));
        assert!(!files.is_empty(), "there is no module {}", room.name);
        for file in files {
            wrong.extend(violations(&room, &file));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn every_module_is_in_the_table() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in fs::read_dir(source).expect("the sources are there") {
        let path = entry.expect("a readable folder").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        assert!(
            ["lib", "main"].contains(&name.as_str()) || ROOMS.iter().any(|room| room.name == name),
            "{name} is in no table"
        );
    }
}

fn violations(room: &Room, file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).expect("a source file is readable");
    // What a unit test uses is its own business.
    let product = text.split("#[cfg(test)]").next().unwrap_or_default();
    let mut wrong = Vec::new();
    for (number, line) in product.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
        let at = |what: &str| format!("{}:{}: {what}", file.display(), number + 1);
        for used in line.split("crate::").skip(1).map(first_name) {
            if used != room.name && !room.may_use.contains(&used) && ROOMS.iter().any(|other| other.name == used) {
                wrong.push(at(&format!("{} must not use {used}", room.name)));
            }
        }
        let impure = PURE.contains(&room.name).then_some(CLIENTS.iter().chain(&CLOCKS)).into_iter().flatten();
        wrong.extend(
            impure
                .chain(room.must_not_say)
                .filter(|word| line.contains(**word))
                .map(|word| at(&format!("{} must not say {word}", room.name))),
        );
    }
    wrong
}

fn first_name(rest: &str) -> &str {
    rest.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next().unwrap_or_default()
}

fn files_under(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.expect("a readable folder").path());
    paths
        .flat_map(|path| if path.is_dir() { files_under(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|kind| kind == "rs"))
        .collect()
}
