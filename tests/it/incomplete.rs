//! Runs that leave something undone, and the message of one that could not even begin.

use std::fs;

use ec2_autoscale::demo;
use ec2_autoscale::snapshot::{Gap, MissingFact};

use crate::cli::{assert_fails, assert_one_line, directory, ec2_autoscale, run, stderr, stdout, write};

/// No tags are to blame when nothing was read.
#[test]
fn without_any_region_the_errors_of_the_regions_are_told() {
    let directory = directory();
    let mut snapshot = demo::snapshot();
    snapshot.groups.clear();
    snapshot.regions.iter_mut().for_each(|region| region.unreadable = Some("autoscaling answers 500".into()));
    let path = write(directory.path(), "s.json", &serde_json::to_vec(&snapshot).expect("JSON"));
    for command in [&["plan"][..], &["explain", "group", "p3-west"], &["simulate", "--trace", "t.jsonl"]] {
        let trace = directory.path().join("t.jsonl");
        let line =
            r#"{"class":"c","spec":{"containers":[{"name":"a"}]}}"#.to_owned() + "\n" + r#"{"at":"1m","name":"w","class":"c"}"#;
        fs::write(&trace, line).expect("a file can be written");
        let output = ec2_autoscale(&[command, &["--snapshot", &path]].concat()).current_dir(&directory).output();
        let output = output.expect("the binary starts");
        assert_fails(&output, 1, &["none of the regions could be read", "us-west-2: autoscaling answers 500"]);
        assert_one_line(&output);
        let said = stderr(&output);
        assert!(!said.contains("is managed") && !said.contains("tag "), "{said}");
    }
}

/// Exit code 3 is for what a run has left undone. A group that somebody has to fix is a finding.
#[test]
fn a_group_that_is_not_understood_is_a_finding_and_a_deaf_api_is_incomplete() {
    let directory = directory();
    let mut snapshot = demo::snapshot();
    let (group, region) = (snapshot.groups[0].id.clone(), snapshot.groups[0].id.region.clone());
    let mut code = |fact: MissingFact| {
        snapshot.gaps = vec![Gap { fact, error: "the words of AWS".into() }];
        let path = write(directory.path(), "s.json", &serde_json::to_vec(&snapshot).expect("JSON"));
        let output = run(&["plan", "--snapshot", &path]);
        assert!(stdout(&output).contains("the words of AWS"), "{}", stdout(&output));
        output.status.code()
    };
    assert_eq!(code(MissingFact::LaunchOptions { group: group.clone() }), Some(0));
    assert_eq!(code(MissingFact::MachineTypes { region: region.clone() }), Some(0));
    assert_eq!(code(MissingFact::Launches { region }), Some(3));
    assert_eq!(code(MissingFact::Activities { group }), Some(3));
    assert_eq!(code(MissingFact::GrowthNotes), Some(3));
}

#[test]
fn planning_ends_with_the_time_allowed() {
    for command in [&["plan", "--demo"][..], &["explain", "group", "p3-west", "--demo"]] {
        let output = run(&[command, &["--timeout", "0"]].concat());
        assert_fails(&output, 1, &["timed out after 0s while planning", "raise --timeout"]);
        assert_one_line(&output);
    }
}
