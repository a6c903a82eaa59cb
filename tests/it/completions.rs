//! The scripts in `completions/` are what the binary prints, and the binary answers them.
//!
//! After a change of the scripts: `UPDATE_COMPLETIONS=1 cargo test --test it completions`.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

use clap::CommandFactory;
use ec2_autoscale::cli::Cli;

use crate::cli::ec2_autoscale;

/// Each shell and the file name under which it looks for the script.
const SCRIPTS: [(&str, &str); 5] = [
    ("bash", "ec2-autoscale.bash"),
    ("zsh", "_ec2-autoscale"),
    ("fish", "ec2-autoscale.fish"),
    ("powershell", "_ec2-autoscale.ps1"),
    ("kubectl", "kubectl_complete-ec2_autoscale"),
];

#[test]
fn completions_are_current() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions");
    for (shell, file) in SCRIPTS {
        let printed = ec2_autoscale(&["completions", shell]).assert().success().get_output().stdout.clone();
        let path = directory.join(file);
        if env::var_os("UPDATE_COMPLETIONS").is_some() {
            fs::create_dir_all(&directory).expect("the directory can be made");
            fs::write(&path, &printed).expect("the script can be written");
        }
        let kept = fs::read(&path).unwrap_or_default();
        assert!(
            kept == printed,
            "completions/{file} is stale; run UPDATE_COMPLETIONS=1 cargo test --test it completions, and commit it"
        );
    }
}

/// Returns what a shell offers for the last of these words when the program runs with these
/// variables.
fn offered(words: &[&str], variables: &[(&str, &str)]) -> Vec<String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ec2-autoscale"));
    command.env_clear().envs(variables.iter().copied());
    answered(command, words)
}

/// Returns the answer of the binary, called in this way, to a request of Bash's script.
pub(crate) fn answered(mut command: Command, words: &[&str]) -> Vec<String> {
    command.env("EC2_AUTOSCALE_COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", words.len().to_string());
    command.args(["--", "ec2-autoscale"]).args(words);
    let output = command.output().expect("the binary starts");
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let said = String::from_utf8(output.stdout).expect("text");
    said.split(['\n', '\u{b}']).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[test]
fn commands_and_flags_are_offered() {
    assert_eq!(offered(&["expl"], &[]), ["explain"]);
    let flags = offered(&["plan", "--"], &[]);
    let plan = Cli::command().find_subcommand("plan").expect("a command").clone();
    for flag in plan.get_arguments().filter(|flag| !flag.is_hide_set()).filter_map(clap::Arg::get_long) {
        assert!(flags.contains(&format!("--{flag}")), "{flag} is not offered");
    }
    assert_eq!(offered(&["plan", "--output", "j"], &[]), ["json"]);
}

#[test]
fn names_are_those_of_the_snapshot_on_the_line() {
    assert_eq!(offered(&["plan", "--demo", "--only-group", "cpu"], &[]), ["cpu-west", "cpu-west-spot"]);
    assert_eq!(offered(&["explain", "--demo", "group", "p3-e"], &[]), ["p3-east"]);
    assert_eq!(offered(&["explain", "--demo", "pod", "research/llm-16"], &[]), ["research/llm-16gpu-0"]);
    assert_eq!(offered(&["plan", "--demo", "--regions", "us-w"], &[]), ["us-west-2"]);
}

#[test]
fn names_are_those_of_the_snapshot_in_the_environment() {
    let folder = tempfile::tempdir().expect("a directory can be made");
    let file = folder.path().join("last.json.gz").to_str().expect("a plain path").to_owned();
    ec2_autoscale(&["snapshot", "--demo", "--out", &file]).assert().success();
    let snapshot = [("EC2_AUTOSCALE_SNAPSHOT", file.as_str())];
    assert_eq!(offered(&["explain", "group", "p3"], &snapshot), ["p3-west", "p3-east"]);
}

#[test]
fn without_a_cluster_no_name_is_offered_and_nothing_is_said() {
    assert_eq!(offered(&["explain", "pod", "research/"], &[]), [""; 0]);
    assert_eq!(offered(&["plan", "--snapshot", "/nowhere.json", "--only-group", "c"], &[]), [""; 0]);
}

#[test]
fn the_manual_has_a_page_of_each_command_with_each_flag() {
    let printed = |arguments: &[&str]| {
        let page = ec2_autoscale(arguments).assert().success().get_output().stdout.clone();
        // A minus sign that is typed is escaped.
        String::from_utf8(page).expect("text").replace("\\-", "-")
    };
    let whole = printed(&["man"]);
    for command in Cli::command().get_subcommands() {
        assert!(whole.contains(&format!("ec2-autoscale-{}(1)", command.get_name())), "{whole}");
        let page = printed(&["man", command.get_name()]);
        assert!(page.contains(&format!(".TH EC2-AUTOSCALE-{} 1 ", command.get_name().to_uppercase())), "{page}");
        for flag in command.get_arguments().filter(|flag| !flag.is_hide_set()).filter_map(clap::Arg::get_long) {
            assert!(page.contains(&format!("--{flag}")), "{flag} is not in the page of {}", command.get_name());
        }
    }
    assert!(printed(&["man", "plan"]).contains("\nec2-autoscale plan --demo\n"), "each example has its line");
}

#[test]
fn a_manual_page_of_nothing_is_wrong_usage() {
    let refused = ec2_autoscale(&["man", "reboot"]).assert().code(64).get_output().stderr.clone();
    let said = String::from_utf8(refused).expect("text");
    assert!(said.contains("there is no command \"reboot\"") && said.contains("plan, apply"), "{said}");
}
