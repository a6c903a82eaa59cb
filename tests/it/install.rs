//! `manifests`, `iam-policy` and `iam-role`, by the real binary.

use std::fs;
use std::process::Output;

use serde_json::{Value, json};

use crate::cli::ec2_autoscale;

fn run(arguments: &[&str]) -> Output {
    ec2_autoscale(arguments).output().expect("the binary starts")
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).expect("text")
}

/// Returns what `manifests` prints for these flags.
fn objects(flags: &[&str]) -> Vec<Value> {
    let output = run(&[&["manifests", "--image", "registry.example.com/own:1"], flags].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    serde_saphyr::from_multiple(std::str::from_utf8(&output.stdout).expect("text")).expect("YAML")
}

fn container(objects: &[Value]) -> &Value {
    let job = objects.iter().find(|object| object["kind"] == "CronJob").expect("a CronJob");
    &job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]
}

#[test]
fn the_flags_given_are_those_of_the_cron_job_and_it_takes_them() {
    let objects = objects(&[
        "--cluster-name",
        "prod",
        "--regions",
        "us-west-2,us-east-1",
        "--idle-threshold=5m",
        "--only-group",
        "a",
        "--only-group",
        "b",
        "--consolidate",
        "--role-arn",
        "arn:aws:iam::123456789012:role/own",
    ]);
    let arguments: Vec<&str> =
        container(&objects)["args"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    assert_eq!(arguments[..2], ["apply", "--until-needed=50s"]);
    for flag in ["--cluster-name=prod", "--regions=us-west-2,us-east-1", "--idle-threshold=5m", "--consolidate"] {
        assert!(arguments.contains(&flag), "{flag}: {arguments:?}");
    }
    assert!(!arguments.iter().any(|argument| argument.contains("role-arn") || argument.contains("image")), "{arguments:?}");
    assert!(!arguments.iter().any(|argument| argument.starts_with("--max-scale-up")), "defaults are not spelled out");
    let words = std::iter::once("ec2-autoscale").chain(arguments.iter().copied()).map(std::ffi::OsString::from);
    let parsed = ec2_autoscale::cli::parse(words).expect("flags of apply");
    let ec2_autoscale::cli::Command::Apply(apply) = parsed.command else { panic!("apply") };
    let policy = serde_json::to_value(&apply.policy.0.base).expect("JSON");
    assert_eq!((&policy["idle_threshold"], &policy["only_groups"]), (&json!(300), &json!(["a", "b"])));
}

#[test]
fn a_policy_file_goes_along() {
    let folder = tempfile::tempdir().expect("a directory");
    let path = folder.path().join("policy.yaml").to_str().expect("plain").to_owned();
    fs::write(&path, "flags:\n  idle-threshold: 5m\n").expect("a file");
    let objects = objects(&["--cluster-name=prod", "--regions=us-west-2", "--policy", &path, "--look-only"]);
    assert_eq!(
        (&objects[0]["kind"], &objects[0]["data"]["policy.yaml"]),
        (&json!("ConfigMap"), &json!("flags:\n  idle-threshold: 5m\n"))
    );
    let container = container(&objects);
    assert_eq!(container["args"][0], "plan");
    assert!(
        container["args"].as_array().expect("a list").contains(&json!("--policy=/files/policy.yaml")),
        "{}",
        container["args"]
    );
    assert!(!container["args"].to_string().contains("idle-threshold"), "what the file says stays there");
}

#[test]
fn what_a_run_in_the_cluster_could_not_use_is_refused() {
    let own = ["--image", "own:1", "--cluster-name=prod", "--regions=us-west-2"];
    for (flags, words) in [
        (vec!["--image", "own:1", "--regions=us-west-2"], "--cluster-name"),
        (vec!["--image", "own:1", "--cluster-name=prod"], "--regions"),
        ([&own[..], &["--slack-hook", "https://hooks.slack.com/services/x"]].concat(), "--slack-hook is a secret"),
        ([&own[..], &["--context", "mine"]].concat(), "--context is of this machine"),
        ([&own[..], &["--prices", "missing.csv"]].concat(), "--prices missing.csv can't be read"),
    ] {
        let output = run(&[&["manifests"][..], &flags].concat());
        assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(64), true), "{flags:?}: {output:?}");
        assert!(stderr(&output).contains(words) && stderr(&output).contains("hint: "), "{flags:?}: {}", stderr(&output));
        assert!(!stderr(&output).contains("hooks.slack.com"), "{}", stderr(&output));
    }
}

/// Returns the JSON documents of a page of the manual.
fn documents(page: &str) -> Vec<Value> {
    let parts = page.split("```json\n").skip(1).filter_map(|rest| rest.split("```").next());
    parts.map(|text| serde_json::from_str(text).expect("JSON")).collect()
}

#[test]
fn the_policies_of_the_manual_are_those_that_are_printed() {
    let printed = |arguments: &[&str]| -> Value { serde_json::from_slice(&run(arguments).stdout).expect("JSON") };
    let [apply, fix] = &documents(include_str!("../../src/manual/security.md"))[..] else { panic!("two policies") };
    assert_eq!(printed(&["iam-policy", "--cluster-name", "CLUSTER"]), *apply);
    assert_eq!(printed(&["iam-policy", "fix", "--cluster-name", "CLUSTER"])["Statement"][1], fix["Statement"][0]);
}

#[test]
fn a_policy_that_changes_is_limited_and_a_role_has_an_account() {
    for (arguments, words) in [
        (vec!["iam-policy"], "limited to the groups"),
        (vec!["iam-role", "--oidc-issuer", "https://x", "--account", "12"], "twelve digits"),
        (vec!["iam-role", "--oidc-issuer", "ftp://x y", "--account", "123456789012"], "no address of an issuer"),
    ] {
        let output = run(&arguments);
        assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(64), true), "{arguments:?}: {output:?}");
        assert!(stderr(&output).contains(words) && stderr(&output).contains("hint: "), "{}", stderr(&output));
    }
}
