//! The rules of who may use whom outside of the pure half: a stage depends on data, never on
//! another stage's insides. The pure half's own rules are in `tests/planner/architecture.rs`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::imports::{Source, sources};
use crate::support::rooms::{Room, circles, violations};

/// Returns a room that may use other modules.
const fn room(name: &'static str, may_use: &'static [&'static str]) -> Room {
    Room { name, may_use, must_not_use: &[] }
}

const ROOMS: [Room; 16] = [
    room("apply", &["cloud", "duration", "kubernetes", "plain_text", "plan", "policy", "progress", "snapshot", "well_known"]),
    room("cli", &["did_you_mean", "duration", "gather", "policy", "simulate", "snapshot"]),
    room("cloud", &["duration", "progress", "server_clock", "snapshot", "telemetry", "well_known"]),
    room("exit", &[]),
    room("doctor", &["duration", "install", "kubernetes", "plain_text", "plan", "snapshot"]),
    room("fix", &["apply", "cloud", "kubernetes", "plain_text", "plan", "policy", "snapshot", "well_known"]),
    room(
        "gather",
        &[
            "cloud",
            "duration",
            "kubernetes",
            "plain_text",
            "policy",
            "progress",
            "server_clock",
            "snapshot",
            "trace",
            "well_known",
        ],
    ),
    room("install", &["snapshot"]),
    room("kubernetes", &["duration", "server_clock", "snapshot", "telemetry", "well_known"]),
    room(
        "notify",
        &[
            "apply",
            "duration",
            "fair_order",
            "fnv",
            "kubernetes",
            "plain_text",
            "plan",
            "policy",
            "snapshot",
            "telemetry",
            "well_known",
            "whole_file",
        ],
    ),
    room("progress", &[]),
    room(
        "run",
        &[
            "anonymize",
            "apply",
            "cli",
            "cloud",
            "demo",
            "did_you_mean",
            "doctor",
            "duration",
            "exit",
            "fix",
            "gather",
            "install",
            "kubernetes",
            "notify",
            "plain_text",
            "plan",
            "policy",
            "progress",
            "render",
            "simulate",
            "snapshot",
            "snippet",
            "suggest",
            "telemetry",
            "trace",
            "well_known",
            "whole_file",
        ],
    ),
    room("server_clock", &["snapshot"]),
    room("snippet", &["snapshot", "suggest", "well_known"]),
    room("telemetry", &[]),
    room("whole_file", &[]),
];

/// Returns the folder of `lib.rs`.
fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))
}

#[test]
fn every_module_uses_only_what_it_may() {
    assert_eq!(violations(root(), &ROOMS), [""; 0]);
}

/// Returns the files that use a name of a kind.
fn users(is_meant: impl Fn(&[String]) -> bool) -> Vec<Source> {
    sources(root()).into_iter().filter(|source| source.uses.iter().any(|name| is_meant(name))).collect()
}

/// Every crate of the AWS SDK has a name that begins so.
#[test]
fn an_sdk_stays_in_the_folder_of_its_cloud() {
    let users = users(|name| name.first().is_some_and(|first| first.starts_with("aws_")));
    assert!(!users.is_empty(), "nobody reads AWS");
    for source in users {
        assert!(source.path.starts_with("cloud/aws"), "{} uses the AWS SDK", source.path.display());
    }
}

/// Others know a cloud only by what `cloud` declares for all clouds.
#[test]
fn a_cloud_stays_in_its_folder() {
    let clouds = fs::read_dir(root().join("cloud")).expect("a folder").map(|entry| entry.expect("an entry").path());
    let clouds: Vec<PathBuf> = clouds.filter(|path| path.is_dir()).collect();
    assert!(!clouds.is_empty(), "there is no cloud");
    for cloud in clouds {
        let name = cloud.file_name().and_then(|name| name.to_str()).expect("a name");
        let users = users(|path| path.windows(2).any(|parts| parts == ["cloud", name]));
        let outside: Vec<PathBuf> =
            users.into_iter().map(|source| source.path).filter(|path| !path.starts_with("cloud")).collect();
        assert_eq!(outside, Vec::<PathBuf>::new(), "{name}");
    }
}

/// The call that ends a machine takes a `Removal`. Outside of the clouds one file makes it, from a
/// proof that it takes by value.
#[test]
fn a_machine_ends_only_on_a_proof() {
    let makers = users(|name| name.iter().any(|part| part == "Removal"));
    let outside = makers.iter().map(|source| source.path.as_path()).filter(|path| !path.starts_with("cloud"));
    assert_eq!(outside.collect::<Vec<_>>(), [Path::new("apply/removal.rs")]);
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    assert_eq!(circles(root()), [""; 0]);
}
