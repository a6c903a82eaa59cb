//! `show`, `diff` and `-o markdown`, by the real binary: saved plans, without a cluster.

use std::fs;
use std::process::Output;

use serde_json::Value;
use tempfile::TempDir;

use crate::cli::ec2_autoscale;

fn run(arguments: &[&str]) -> Output {
    ec2_autoscale(arguments).output().expect("the binary starts")
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).expect("text")
}

/// Saves the plan of the demo with these flags, and returns the file's path.
fn saved(folder: &TempDir, name: &str, flags: &[&str]) -> String {
    let path = folder.path().join(name).to_str().expect("a plain path").to_owned();
    let output = run(&[&["plan", "--demo", "--out", &path], flags].concat());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    path
}

/// A plan does not hold who owns its pods, so that a saved one names each of them.
#[test]
fn a_saved_plan_is_shown_as_it_was() {
    let folder = tempfile::tempdir().expect("a directory");
    for name in ["plan.json", "plan.json.gz"] {
        let path = saved(&folder, name, &["--max-scale-up", "2"]);
        for form in ["table", "json", "markdown"] {
            let made = run(&["plan", "--demo", "--max-scale-up", "2", "--all", "-o", form]);
            let shown = run(&["show", &path, "--all", "-o", form]);
            assert_eq!((shown.status.code(), stdout(&shown)), (Some(0), stdout(&made)), "{form}: {shown:?}");
        }
    }
}

#[test]
fn the_difference_of_two_plans_is_shown_and_counted_by_its_exit_code() {
    let folder = tempfile::tempdir().expect("a directory");
    let (usual, small) = (saved(&folder, "a.json", &[]), saved(&folder, "b.json", &["--max-scale-up", "2"]));
    let between = |a: &str, b: &str| run(&["diff", a, b, "--detailed-exitcode"]);
    let output = between(&usual, &small);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    for line in ["! --max-scale-up  100 in A, 2 in B", "− scale up p3-east (us-east-1): desired 0 → 6"] {
        assert!(stdout(&output).lines().any(|found| found == line), "{line}: {}", stdout(&output));
    }
    let same = between(&usual, &usual);
    assert_eq!(same.status.code(), Some(0), "{same:?}");
    assert!(stdout(&same).ends_with("\nboth do the same\n"), "{}", stdout(&same));
    let json = run(&["diff", &usual, &small, "-o", "json"]);
    let json: Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert_eq!((&json["flags"][0]["flag"], &json["pods"][0]["b"]), (&"max-scale-up".into(), &"unhelped".into()), "{json}");
}

#[test]
fn what_is_no_plan_is_named_with_the_way_out() {
    let folder = tempfile::tempdir().expect("a directory");
    let path = folder.path().join("notes.json").to_str().expect("a plain path").to_owned();
    fs::write(&path, "{}").expect("a file");
    let plan = saved(&folder, "plan.json", &[]);
    for (arguments, words) in [
        (vec!["show", path.as_str()], "notes.json"),
        (vec!["show", "missing.json"], "missing.json"),
        (vec!["diff", &plan, &path], "notes.json"),
        (vec!["diff", "-", "-"], "standard input, which is one"),
        (vec!["apply", "--demo", "-o", "markdown"], "-o markdown is for plans"),
        (vec!["plan", "--apply", "-o", "markdown"], "-o markdown is for plans"),
    ] {
        let output = run(&arguments);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() != Some(0) && output.stdout.is_empty(), "{arguments:?}: {output:?}");
        assert!(stderr.contains(words) && stderr.contains("hint: "), "{arguments:?}: {stderr}");
    }
}
