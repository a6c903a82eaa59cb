//! Help as a user meets it: `-h` on one screen, `--help` whole, topics, and all of it in a pager.

use std::process::{Command, Output, Stdio};

use clap::CommandFactory;
use ec2_autoscale::cli::Cli;

use crate::cli::{assert_fails, assert_one_line, ec2_autoscale, run, stderr, stdout};

/// The lines of a terminal that nobody has made larger.
const SCREEN: usize = 24;

/// Returns the names of all commands, those below others behind them.
fn commands() -> Vec<Vec<String>> {
    let cli = Cli::command();
    let mut commands = Vec::new();
    for command in cli.get_subcommands() {
        let name = command.get_name().to_owned();
        commands.extend(command.get_subcommands().map(|below| vec![name.clone(), below.get_name().to_owned()]));
        commands.push(vec![name]);
    }
    commands
}

fn of_80_columns(arguments: &[&str]) -> String {
    let output = ec2_autoscale(arguments).env("COLUMNS", "80").output().expect("the binary starts");
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
    stdout(&output).to_owned()
}

#[test]
fn short_help_fits_a_screen_and_leads_to_the_long_one() {
    let mut tall = Vec::new();
    for command in [vec![]].into_iter().chain(commands()) {
        let words: Vec<&str> = command.iter().map(String::as_str).chain(["-h"]).collect();
        let text = of_80_columns(&words);
        let widest = text.lines().map(|line| line.chars().count()).max().unwrap_or_default();
        if text.lines().count() > SCREEN || widest > 80 {
            tall.push(format!("{words:?}: {} lines of at most {widest} columns\n{text}", text.lines().count()));
        }
        let line = text.lines().last().expect("a line");
        assert!(line.contains("--help"), "{words:?} ends with {line:?}");
    }
    assert!(tall.is_empty(), "{}", tall.join("\n"));
}

#[test]
fn long_help_has_every_flag_and_names_variables_once() {
    for command in Cli::command().get_subcommands() {
        let text = of_80_columns(&[command.get_name(), "--help"]);
        for flag in command.get_arguments().filter(|flag| !flag.is_hide_set()).filter_map(clap::Arg::get_long) {
            assert!(text.contains(&format!("--{flag}")), "--{flag} is not in the help of {}", command.get_name());
        }
        assert!(!text.contains("[env:"), "{text}");
        let has_variables = command.get_arguments().any(|flag| flag.get_env().is_some());
        assert_eq!(text.matches("Each flag has a variable").count(), usize::from(has_variables), "{text}");
        assert_eq!(of_80_columns(&["help", command.get_name()]).lines().next(), text.lines().next());
    }
}

#[test]
fn flags_of_apply_stand_in_apply_only() {
    let (plan, apply) = (of_80_columns(&["plan", "--help"]), of_80_columns(&["apply", "--help"]));
    let has = |text: &str, flag: &str| text.lines().any(|line| line.trim_start().trim_start_matches("-y, ").starts_with(flag));
    for flag in ["--yes", "--wait", "--beside-cluster-autoscaler", "--slack-hook", "--metrics-file", "--no-events"] {
        assert!(!has(&plan, flag) && has(&apply, flag), "{flag}");
    }
    for flag in ["--wait", "--no-events", "--yes"] {
        let output = run(&["plan", "--demo", flag]);
        assert_fails(&output, 64, &[flag, "apply"]);
        assert_one_line(&output);
    }
    assert_fails(&run(&["plan", "--until-needed", "50s"]), 64, &["--until-needed is no flag of plan, but of apply"]);
    // What a variable sets may be meant for another command.
    let output = ec2_autoscale(&["plan", "--demo"]).env("EC2_AUTOSCALE_WAIT", "true").output().expect("the binary starts");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[test]
fn topics_are_shown_without_the_signs_of_markdown() {
    let text = of_80_columns(&["help", "exit-codes"]);
    assert!(text.starts_with("EXIT CODES\n\n") && !text.contains("|---"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(of_80_columns(&["help", "policy"]).contains("\n  flags:  "), "examples stay as they are");
    assert!(of_80_columns(&["help", "plan.5"]).contains("- `groups` (list of GroupReport)"), "fields of a file");
    let both = of_80_columns(&["help", "suggest"]);
    assert!(both.contains("--purchase") && both.contains("WHICH GROUP TO ADD"), "the flags, and the topic");
}

#[test]
fn help_lists_commands_then_topics() {
    let text = of_80_columns(&["help"]);
    let place = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part:?} is not in {text}"));
    assert!(place("\n  plan ") < place("\nTopics:\n") && place("\nTopics:\n") < place("\n  gangs "));
    for topic in ["gangs", "policy", "simulation"] {
        assert_eq!(text.lines().filter(|line| line.trim_start().starts_with(&format!("{topic} "))).count(), 1, "{topic}");
    }
}

#[test]
fn an_unknown_topic_names_near_ones() {
    for (name, hint) in
        [("gnags", "did you mean gangs"), ("qqqqq", "`ec2-autoscale help` lists"), ("--all", "--all is no flag of help")]
    {
        let output = run(&["help", name]);
        assert_fails(&output, 64, &[hint]);
    }
    assert_one_line(&run(&["help", "gnags"]));
}

/// Runs the program at a terminal of so many lines, without a person at it.
const TERMINAL: &str = r#"
import fcntl, os, pty, struct, sys, termios
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", int(sys.argv[1]), 80, 0, 0))
    os.execv(sys.argv[2], sys.argv[2:])
seen = b""
while True:
    try:
        more = os.read(terminal, 65536)
    except OSError:
        break
    if not more:
        break
    seen += more
sys.stdout.buffer.write(seen)
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"#;

/// Runs the program at a terminal of so many lines, with these variables.
fn at_terminal(lines: u16, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new("python3");
    command.args(["-c", TERMINAL, &lines.to_string(), env!("CARGO_BIN_EXE_ec2-autoscale")]).args(arguments);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("TERM", "xterm");
    command.envs(variables.iter().copied()).stdin(Stdio::null());
    command.output().expect("python3 starts")
}

#[test]
fn a_terminal_has_the_pager_that_is_asked_for() {
    const MARK: (&str, &str) = ("EC2_AUTOSCALE_PAGER", "sed s/^/paged:/");
    let paged = |arguments: &[&str], variables: &[(&str, &str)]| {
        let output = at_terminal(24, arguments, variables);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {output:?}");
        stdout(&output).contains("paged:")
    };
    let plan = tempfile::tempdir().expect("a directory");
    let plan = plan.path().join("plan.json").to_str().expect("a plain path").to_owned();
    run(&["plan", "--demo", "--out", &plan]);
    for arguments in [
        &["help", "gangs"][..],
        &["help", "plan"],
        &["plan", "--help"],
        &["plan", "--demo"],
        &["explain", "group", "p3-west", "--demo"],
        &["show", &plan],
        &["diff", &plan, &plan],
    ] {
        assert!(paged(arguments, &[MARK]), "{arguments:?}");
    }
    assert!(paged(&["plan", "--demo"], &[("PAGER", MARK.1)]), "the usual variable");
    for (arguments, variables) in [
        (&["apply", "--dry-run", "--demo"][..], &[MARK][..]),
        (&["plan", "--demo", "--no-pager"], &[MARK]),
        (&["--no-pager", "help", "gangs"], &[MARK]),
        (&["plan", "--help", "--no-pager"], &[MARK]),
        (&["plan", "--demo"], &[MARK, ("EC2_AUTOSCALE_NO_PAGER", "true")]),
        (&["plan", "--demo"], &[("EC2_AUTOSCALE_PAGER", ""), ("PAGER", MARK.1)]),
        (&["plan", "--demo"], &[("EC2_AUTOSCALE_PAGER", "cat"), ("PAGER", MARK.1)]),
        (&["plan", "-h"], &[("EC2_AUTOSCALE_PAGER", "cat")]),
    ] {
        assert!(!paged(arguments, variables), "{arguments:?} {variables:?}");
    }
    let piped = ec2_autoscale(&["plan", "--demo"]).env(MARK.0, MARK.1).output().expect("the binary starts");
    assert!(!stdout(&piped).contains("paged:"), "a pipe has none");
}

#[test]
fn how_a_pager_ends_changes_no_exit_code() {
    for pager in ["true", "false", "head -1", "no-such-pager"] {
        let variables = [("EC2_AUTOSCALE_PAGER", pager)];
        let output = at_terminal(24, &["plan", "--demo", "--detailed-exitcode"], &variables);
        assert_eq!(output.status.code(), Some(2), "{pager}: {output:?}");
        assert!(!stdout(&output).contains("error"), "{pager}: {output:?}");
    }
    let unpaged = at_terminal(24, &["help", "exit-codes"], &[("EC2_AUTOSCALE_PAGER", "no-such-pager")]);
    assert!(stdout(&unpaged).contains("EXIT CODES"), "{unpaged:?}");
}

#[test]
fn less_ends_at_once_where_a_text_fits() {
    let output = at_terminal(200, &["help", "exit-codes"], &[("PAGER", "less")]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(stdout(&output).contains("EXIT CODES"), "{output:?}");
}

#[test]
fn a_person_is_shown_the_next_step_and_a_script_is_not() {
    let folder = tempfile::tempdir().expect("a directory");
    let plan = folder.path().join("p.json").to_str().expect("a plain path").to_owned();
    let html = folder.path().join("p.html").to_str().expect("a plain path").to_owned();
    let arguments = ["plan", "--demo", "--out", &plan, "--html", &html];
    let text = at_terminal(200, &arguments, &[("PAGER", "cat")]);
    for step in [format!("`ec2-autoscale show {plan}`"), format!("drawn in {html}"), "ec2-autoscale explain code".to_owned()] {
        assert!(stdout(&text).contains(&step), "{step}: {}", stdout(&text));
    }
    assert!(!stdout(&text).contains("ec2-autoscale apply"), "the demo cannot be applied");
    assert_eq!(stderr(&run(&arguments)), "");
}
