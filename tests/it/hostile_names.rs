//! Texts of tenants stay data: whatever their names, annotations and claims hold, no page, no JSON
//! and no report has a control character that is not ours.

use ec2_autoscale::apply::{ApplyReport, ReportedStep, StepOutcome};
use ec2_autoscale::plan::{Plan, explain, plan};
use ec2_autoscale::policy::Policy;
use ec2_autoscale::render::{self, TableStyle};
use ec2_autoscale::snapshot::Snapshot;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

use crate::cli::ec2_autoscale;
use crate::support::clusters::cluster;
use crate::support::scenario::situation;

/// The characters that terminals and people stumble over.
const NASTY: [&str; 12] = [
    "\u{1b}[2J\u{1b}[H",
    "\u{1b}]52;c;cm0gLXJmIC8=\u{7}",
    "\n  nothing to change",
    "\r\u{1b}[2K",
    "\t",
    "\u{8}\u{8}",
    "\u{7f}",
    "\u{9b}31m",
    "\u{85}",
    "\u{202e}gnp.exe\u{202c}",
    "\u{2066}x\u{2069}",
    "\u{200b}\u{feff}\u{2028}",
];

/// Fields that others write: objects of which each value is theirs, and plain strings.
const THEIR_MAPS: [&str; 3] = ["labels", "drain_annotations", "owner"];
const THEIR_FIELDS: [&str; 6] = ["name", "namespace", "scheduler_name", "claim", "message", "error"];

/// Returns the snapshot with something nasty in what others write, at one place in so many.
fn with_nasty(snapshot: &Snapshot, nasty: &[&str], one_in: usize) -> Snapshot {
    let mut json = serde_json::to_value(snapshot).expect("plain data");
    let mut places = 0;
    for list in ["pods", "pod_specs", "nodes", "groups", "claims", "gaps"] {
        let Some(list) = json.get_mut(list) else { continue };
        write_into(list, &mut |text| {
            places += 1;
            if places % one_in == 0 {
                text.push_str(nasty[places / one_in % nasty.len()]);
            }
        });
    }
    Snapshot::from_json(json.to_string().as_bytes()).expect("names are not looked at")
}

fn write_into(value: &mut Value, write: &mut impl FnMut(&mut String)) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| write_into(item, write)),
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                match field {
                    Value::String(text) if THEIR_FIELDS.contains(&name.as_str()) => write(text),
                    Value::Object(map) if THEIR_MAPS.contains(&name.as_str()) => {
                        map.values_mut().for_each(|value| {
                            if let Value::String(text) = value {
                                write(text);
                            }
                        });
                    }
                    other => write_into(other, write),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Whether a letter is ours to escape, written apart from the rule that it checks.
fn is_ours_to_escape(letter: char) -> bool {
    letter.is_control()
        || ('\u{200b}'..='\u{200f}').contains(&letter)
        || ('\u{2028}'..='\u{202e}').contains(&letter)
        || ('\u{2060}'..='\u{206f}').contains(&letter)
        || letter == '\u{feff}'
}

/// Removes the colours that `comfy-table` and the first line set.
fn without_colours(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        let end = after.find(|letter: char| !letter.is_ascii_digit() && letter != ';').unwrap_or(0);
        plain.push_str(before);
        // Anything but a colour stays, and is found.
        plain.push_str(if after[end..].starts_with('m') { "" } else { "\u{1b}" });
        rest = if after[end..].starts_with('m') { &after[end + 1..] } else { after };
    }
    plain + rest
}

/// Returns what is hidden in a page, except for its line breaks.
fn hidden(page: &str) -> String {
    page.chars().filter(|letter| *letter != '\n' && is_ours_to_escape(*letter)).collect()
}

/// Returns every page about a snapshot.
fn pages(snapshot: &Snapshot, policy: &Policy, colour: bool) -> Vec<String> {
    let plan = plan(snapshot, policy);
    let table = |width| render::table(&plan, TableStyle { width, colour, all: true, each_pod: true });
    let mut pages = vec![table(Some(80)), table(None), render::json(&plan)];
    pages.push(everything_failed(&plan).render());
    for pod in snapshot.pods.iter().take(4) {
        let explained = explain::pod(snapshot, policy, &pod.id()).expect("it is in the snapshot");
        pages.extend([render::explain_pod(&explained, Some(80), colour), render::json(&explained)]);
    }
    for node in snapshot.nodes.iter().take(4) {
        let explained = explain::node(snapshot, policy, &node.name).expect("it is in the snapshot");
        pages.extend([render::explain_node(&explained, None, colour), render::json(&explained)]);
    }
    for group in snapshot.groups.iter().take(2) {
        if let Ok(explained) = explain::group(snapshot, policy, &group.id.name) {
            pages.extend([render::explain_group(&explained, None, colour), render::json(&explained)]);
        }
    }
    pages
}

fn everything_failed(plan: &Plan) -> ApplyReport {
    let failed = |action: &_| ReportedStep {
        action: Clone::clone(action),
        outcome: StepOutcome::Failed { error: NASTY.concat() },
        message: NASTY.concat(),
        came: Vec::new(),
    };
    ApplyReport { steps: plan.actions.iter().map(failed).collect(), ..ApplyReport::default() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn no_page_has_a_control_character_of_others(
        script in cluster(), nasty in prop::collection::vec(select(&NASTY[..]), 1..4), one_in in 1..5_usize,
    ) {
        let (world, policy) = situation(&script);
        let snapshot = with_nasty(&world.snapshot, &nasty, one_in);
        for page in pages(&snapshot, &policy, false) {
            prop_assert_eq!(hidden(&page), "", "{:?}", page);
        }
        for page in pages(&snapshot, &policy, true) {
            prop_assert_eq!(hidden(&without_colours(&page)), "", "{:?}", page);
        }
    }
}

/// Returns what the binary prints, on both streams, and the page that it writes.
fn printed(snapshot: &Snapshot, arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().expect("a directory can be made");
    let path = |name: &str| folder.path().join(name).to_str().expect("a plain path").to_owned();
    std::fs::write(path("s.json"), serde_json::to_vec(snapshot).expect("plain data")).expect("it can be written");
    let (from, html) = (path("s.json"), path("report.html"));
    let mut command = ec2_autoscale(arguments);
    command.args(["--snapshot", &from]);
    if arguments.contains(&"simulate") {
        command.args(["--html", &html]);
    }
    let output = command.output().expect("the binary starts");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    format!("{}{}{}", text(output.stdout), text(output.stderr), std::fs::read_to_string(html).unwrap_or_default())
}

#[test]
fn no_command_prints_a_control_character_of_others() {
    let snapshot = with_nasty(&ec2_autoscale::demo::snapshot(), &NASTY, 1);
    let pod = snapshot.pods.iter().find(|pod| pod.node.is_none()).expect("one waits").id().to_string();
    let (node, group) = (&snapshot.nodes[0].name, &snapshot.groups[0].id.name);
    for arguments in [
        &["plan"][..],
        &["plan", "-o", "json"],
        &["apply", "--dry-run", "-vv"],
        &["snapshot"],
        &["explain", "pod", &pod],
        &["explain", "node", node],
        &["explain", "group", group, "-o", "json"],
        &["explain", "pod", "sweep"],
        &["explain", "node", "ip-10"],
        &["--log-format=json", "explain", "group", "p3"],
        &["simulate", "--longest=1h"],
    ] {
        let printed = printed(&snapshot, arguments);
        assert!(printed.len() > 20, "{arguments:?}: {printed}");
        assert_eq!(hidden(&printed), "", "{arguments:?}: {printed:?}");
    }
}
