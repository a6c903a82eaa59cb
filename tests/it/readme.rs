//! `README.md` and the manual match the program: where they quote it, the words are compared.

use std::collections::BTreeSet;

use clap::CommandFactory;
use ec2_autoscale::cli::Cli;
use ec2_autoscale::demo;
use ec2_autoscale::plan::codes::{CodeOf, codes};
use ec2_autoscale::plan::{explain, plan};
use ec2_autoscale::policy::{Expander, Policy, Setting, Takes};
use ec2_autoscale::render::{self, TableStyle};
use ec2_autoscale::snapshot::ObjectName;
use serde_json::Value;

use crate::manifest::World;

const README: &str = include_str!("../../README.md");
const EXPLAINING: &str = include_str!("../../src/manual/explaining.md");
const DECIDING: &str = include_str!("../../src/manual/deciding.md");
const FLAGS: &str = include_str!("../../src/manual/flags.md");
const SECURITY: &str = include_str!("../../src/manual/security.md");

/// Returns the rows of the table of flags, as cells.
fn flag_rows() -> Vec<Vec<&'static str>> {
    let table = FLAGS.lines().skip_while(|line| *line != "| flag | default | tag | meaning |").skip(2);
    table.take_while(|line| line.starts_with('|')).map(|line| line.split('|').map(str::trim).collect()).collect()
}

#[test]
fn the_demo_is_what_a_newcomer_sees() {
    let table =
        render::table(&plan(&demo::snapshot(), &Policy::default()), TableStyle { width: Some(80), ..TableStyle::default() });
    assert!(EXPLAINING.contains(&format!("$ ec2-autoscale plan --demo\n{table}```\n")), "paste this:\n{table}");
}

#[test]
fn the_explained_pod_is_that_of_the_demo() {
    let pod = ObjectName { namespace: "research".into(), name: "llm-16gpu-0".into() };
    let explained = explain::pod(&demo::snapshot(), &Policy::default(), &pod).expect("it is in the demo");
    let text = render::explain_pod(&explained, Some(80), false);
    let shown = format!("$ ec2-autoscale explain pod {pod} --demo\n{text}```\n");
    assert!(README.contains(&shown) && EXPLAINING.contains(&shown), "paste this:\n{text}");
}

#[test]
fn each_flag_has_a_row_with_its_default() {
    let rows = flag_rows();
    let mut root = Cli::command();
    root.build();
    let mut known = BTreeSet::new();
    for command in ["plan", "apply"] {
        let command = root.find_subcommand(command).expect("a command").clone();
        for flag in command.get_arguments().filter(|flag| !flag.is_hide_set()) {
            let Some(name) = flag.get_long().filter(|name| *name != "help") else { continue };
            known.extend(flag.get_long_and_visible_aliases().into_iter().flatten().map(|name| format!("--{name}")));
            let quoted = format!("`--{name}`");
            let row = rows.iter().find(|row| row[1].contains(&quoted)).unwrap_or_else(|| panic!("no row for {quoted}"));
            let defaults: Vec<_> = flag.get_default_values().iter().filter_map(|value| value.to_str()).collect();
            if flag.get_action().takes_values() && !defaults.is_empty() {
                assert_eq!(row[2], format!("`{}`", defaults.join(",")), "{quoted}");
            }
        }
    }
    let written = rows.iter().flat_map(|row| row[1].split('`')).filter(|word| word.starts_with("--"));
    let unknown: Vec<&str> = written.filter(|flag| !known.contains(*flag)).collect();
    assert_eq!(unknown, Vec::<&str>::new(), "no such flags");
}

#[test]
fn every_expander_has_a_row_and_stands_in_the_help_of_its_flag() {
    let rows = flag_rows();
    let flag = rows.iter().find(|row| row[1] == "`--expander`").expect("a row");
    let is_missing = |name: &&&str| !DECIDING.contains(&format!("\n| `{name}` | ")) || !flag[4].contains(**name);
    assert_eq!(Expander::NAMES.iter().filter(is_missing).collect::<Vec<_>>(), [&""; 0]);
}

#[test]
fn every_state_of_nodes_stands_in_its_paragraph() {
    let paragraph = DECIDING.split("\n\n").find(|text| text.starts_with("*Node states*")).expect("a paragraph");
    let states = codes().into_iter().filter(|code| code.of == CodeOf::NodeState).map(|code| code.code);
    let missing: Vec<String> = states.filter(|state| !paragraph.contains(&format!("`{state}`"))).collect();
    assert_eq!(missing, [""; 0]);
}

/// Returns the row of a setting as it has to be.
fn row(setting: &Setting) -> String {
    let default = match (setting.takes, setting.written(&Policy::default())) {
        (Takes::Nothing, _) => "off".to_owned(),
        (_, None) => "none".to_owned(),
        (_, Some(default)) => format!("`{default}`"),
    };
    let alias = setting.alias().map(|alias| format!(" (`--{alias}`)")).unwrap_or_default();
    let tick = if setting.has_tag { " ✓ " } else { " " };
    let meaning = setting.meaning();
    let (first, rest) = meaning.split_at(1);
    let details = match setting.details() {
        none if none.is_empty() => none,
        details => format!(". {}", details.trim_end_matches('.')),
    };
    format!("| `--{}`{alias} | {default} |{tick}| {}{rest}{details} |\n", setting.flag(), first.to_lowercase())
}

#[test]
fn the_planner_s_settings_have_the_rows_of_their_table() {
    let rows: String = Policy::SETTINGS.iter().map(row).collect();
    assert!(FLAGS.contains(&rows), "paste this:\n{rows}");
}

#[test]
fn the_flags_with_a_tick_are_those_a_tag_can_set() {
    let mut group = demo::snapshot().groups.remove(0);
    for row in flag_rows() {
        let flag = row[1].trim_matches('`').trim_start_matches("--");
        // 1 is a duration, a count and a fraction, and auto a name; what is still not understood is
        // no setting of a group.
        let is_understood = ["1", "auto"].into_iter().any(|value| {
            group.tags.settings = [(flag.to_owned(), value.to_owned())].into();
            let (_, refused) = Policy::default().for_group(&group);
            refused.is_empty()
        });
        assert_eq!(row[3] == "✓", is_understood, "{}", row[1]);
    }
}

/// Returns the actions of the IAM policy, without the service before the colon.
fn iam_actions() -> BTreeSet<String> {
    let policy = SECURITY.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).expect("the IAM policy");
    let policy: Value = serde_json::from_str(policy).expect("JSON");
    let statements = policy["Statement"].as_array().expect("statements");
    assert!(statements.last().is_some_and(|changing| changing["Condition"].is_object()), "changes are limited to the cluster");
    let actions = statements.iter().flat_map(|statement| statement["Action"].as_array().expect("actions"));
    actions.filter_map(|action| Some(action.as_str()?.split_once(':')?.1.to_owned())).collect()
}

#[test]
fn the_iam_policy_allows_what_a_run_asks_for_and_nothing_else() {
    let world = World::busy();
    world.run("apply");
    let mut asked: BTreeSet<String> = world.aws.calls().into_iter().map(|call| call.action).collect();
    assert!(asked.remove("GetCallerIdentity"), "which needs no permission");
    assert_eq!(asked, iam_actions());
}
