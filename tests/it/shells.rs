//! Completion in the shells themselves, and as kubectl asks a plugin for it. Not every machine has
//! all of them: `.ci/run` installs fish and zsh, and runs what is ignored here. PowerShell is in no
//! distribution, and its script is only compared (`tests/it/completions.rs`).

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::cli::{run, stdout};

/// The longest time for a shell, in seconds.
const LONGEST: &str = "120";

/// Returns a directory with the program under this name, to be the first of `PATH`.
fn folder_with_program(name: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a directory");
    symlink(env!("CARGO_BIN_EXE_ec2-autoscale"), folder.path().join(name)).expect("a link can be made");
    folder
}

/// Returns a command that finds the programs of a directory first, and nothing of this user's.
fn command(program: &str, folder: &Path) -> Command {
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
    let mut command = Command::new(program);
    command.env_clear().env("PATH", path).env("HOME", folder).env("TERM", "xterm").stdin(Stdio::null());
    command
}

/// Returns what a script prints in a shell.
fn printed(shell: &str, flags: &[&str], script: &str) -> String {
    let folder = folder_with_program("ec2-autoscale");
    let completions = stdout(&run(&["completions", shell])).to_owned();
    fs::write(folder.path().join("completions"), completions).expect("a file can be written");
    let is_there = command(shell, folder.path()).args(["-c", "true"]).output().is_ok();
    assert!(is_there, "{shell} is missing; install it, e.g. with: apt-get install {shell}");
    // A shell that is not offered what it waits for would wait for ever.
    let mut limited = command("timeout", folder.path());
    let output = limited.arg(LONGEST).arg(shell).current_dir(folder.path()).args(flags).args(["-c", script]).output();
    let output = output.expect("timeout, of coreutils, starts");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{shell}: {out}{err}");
    out.into_owned()
}

#[test]
fn bash_completes() {
    let script = r#"
        source completions
        complete_at() {
            COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}; COMPREPLY=()
            function=$(complete -p ec2-autoscale | sed 's/.*-F \([^ ]*\).*/\1/')
            "$function" ec2-autoscale "${@: -1}" "${@: -2:1}"
            printf '%s\n' "${COMPREPLY[@]}"
        }
        complete_at ec2-autoscale expl
        complete_at ec2-autoscale plan --only-g
        complete_at ec2-autoscale plan --demo --only-group p3-
    "#;
    let printed = printed("bash", &["--norc", "--noprofile"], script);
    let words: Vec<&str> = printed.split_whitespace().collect();
    assert_eq!(words, ["explain", "--only-group", "p3-west", "p3-east"]);
}

#[test]
#[ignore = "needs fish: .ci/run installs it and runs this"]
fn fish_completes() {
    let script = "source completions; complete -C 'ec2-autoscale expl'; complete -C 'ec2-autoscale plan --only-g'; \
                  complete -C 'ec2-autoscale plan --demo --only-group p3-'";
    let printed = printed("fish", &["--no-config"], script);
    let words: Vec<&str> = printed.lines().filter_map(|line| line.split('\t').next()).collect();
    assert_eq!(words, ["explain", "--only-group", "p3-west", "p3-east"]);
}

/// Types in a terminal of zsh's own making, since its completion runs nowhere else.
#[test]
#[ignore = "needs zsh: .ci/run installs it and runs this"]
fn zsh_completes() {
    let script = r#"
        zmodload zsh/zpty
        zpty z "zsh -f -i"
        zpty -w z 'PS1=; autoload -Uz compinit; compinit -u -D; source ./completions; bindkey "^I" complete-word; print rea""dy'
        zpty -r -m z seen '*ready*'
        typed() { zpty -w -n z "$1"$'\t'; zpty -r -m z seen "*$2*" && print "completed $2"; zpty -w -n z $'\x15' }
        typed 'ec2-autoscale expl' 'explain'
        typed 'ec2-autoscale plan --only-g' '--only-group'
        typed 'ec2-autoscale plan --demo --only-group p3-w' 'p3-west'
        zpty -d z
    "#;
    let printed = printed("zsh", &["-f"], script);
    assert_eq!(printed.lines().collect::<Vec<_>>(), ["completed explain", "completed --only-group", "completed p3-west"]);
}

/// Returns the program as kubectl starts it, beside its completion script.
fn plugin() -> TempDir {
    let folder = folder_with_program("kubectl-ec2_autoscale");
    let script = folder.path().join("kubectl_complete-ec2_autoscale");
    fs::write(&script, stdout(&run(&["completions", "kubectl"]))).expect("a file can be written");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("it can be made executable");
    folder
}

/// kubectl calls the script with the words behind the plugin's name, the last perhaps empty, and
/// reads a candidate a line and a directive of cobra at the end.
#[test]
fn kubectl_completes_a_plugin() {
    let folder = plugin();
    let offered = |words: &[&str]| {
        let output = command("kubectl_complete-ec2_autoscale", folder.path()).args(words).output().expect("a shell");
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        let text = stdout(&output).to_owned();
        let mut lines: Vec<String> = text.lines().map(|line| line.split('\t').next().unwrap_or_default().to_owned()).collect();
        assert_eq!(lines.pop().as_deref(), Some(":4"), "{text}");
        lines
    };
    assert_eq!(offered(&["expl"]), ["explain"]);
    assert_eq!(offered(&["plan", "--demo", "--only-group", "p3-"]), ["p3-west", "p3-east"]);
    assert!(offered(&[""]).contains(&"doctor".to_owned()));
}

#[test]
fn a_plugin_is_called_through_kubectl_in_all_that_it_prints() {
    let folder = plugin();
    let called = |arguments: &[&str]| {
        let output = command("kubectl-ec2_autoscale", folder.path()).args(arguments).output().expect("the program");
        format!("{}{}", stdout(&output), String::from_utf8_lossy(&output.stderr))
    };
    for (arguments, words) in [
        (&["--help"][..], "Usage: kubectl ec2-autoscale "),
        (&["-h"], "kubectl ec2-autoscale plan --demo"),
        (&["plan", "-h"], "kubectl ec2-autoscale plan --help"),
        (&["plan", "--help"], "\n  kubectl ec2-autoscale plan --demo\n"),
        (&["help"], "kubectl ec2-autoscale help NAME"),
        (&["help", "what-if"], "kubectl ec2-autoscale plan"),
        (&["--cluster-name", "prod"], "`kubectl ec2-autoscale plan --cluster-name …`"),
        (&["plan", "--bogus"], "Usage: kubectl ec2-autoscale plan"),
        (&["plan", "--demo", "--wait"], "`kubectl ec2-autoscale apply`"),
        (&["explain", "code", "qqqqq"], "`kubectl ec2-autoscale explain code`"),
    ] {
        let text = called(arguments);
        assert!(text.contains(words), "{arguments:?} has no {words:?}: {text}");
        let alone = text.replace("kubectl ec2-autoscale", "");
        assert!(!alone.contains("ec2-autoscale plan") && !alone.contains("kubectl-ec2"), "{arguments:?}: {text}");
    }
}
