//! `completions`: the script that completes commands, flags and names in a shell, and the answers
//! to that script.
//!
//! The script calls the program itself, so that it can offer the names of that moment.

use std::env::args_os;
use std::ffi::{OsStr, OsString};

use clap::{Arg, CommandFactory};
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use clap_complete::env::Shells;

use super::candidates::{WantedName, candidates};
use super::{Console, Environment, RunError};
use crate::cli::{Cli, CompletionsCommand, Shell};
use crate::exit::ExitCode;

/// The program, as a person types it.
const PROGRAM: &str = "ec2-autoscale";
/// The variable with which a script calls the program; its value is the shell.
pub(super) const ASKED_BY: &str = "EC2_AUTOSCALE_COMPLETE";

/// Answers a call of a completion script, if this is one, and ends the process then. It reads the
/// arguments by itself.
pub fn complete(environment: fn() -> Environment) {
    CompleteEnv::with_factory(move || with_names(Cli::command(), environment))
        .var(ASKED_BY)
        .bin(PROGRAM)
        .completer(PROGRAM)
        .complete();
}

/// Prints the script.
pub(super) fn run(command: &CompletionsCommand, console: &Console) -> anyhow::Result<ExitCode> {
    let shell = match command.shell {
        Shell::Bash => "bash",
        Shell::Zsh => "zsh",
        Shell::Fish => "fish",
        Shell::PowerShell => "powershell",
        Shell::Kubectl => {
            console.print(&for_kubectl()).map_err(RunError::Output)?;
            return Ok(ExitCode::Done);
        }
    };
    let mut script = Vec::new();
    if let Some(completer) = Shells::builtins().completer(shell) {
        completer.write_registration(ASKED_BY, PROGRAM, PROGRAM, PROGRAM, &mut script).map_err(RunError::Output)?;
    }
    console.stream(|out| out.write_all(&script)).map_err(RunError::Output)?;
    Ok(ExitCode::Done)
}

/// Returns the script that kubectl calls for a plugin, as `kubectl_complete-ec2_autoscale`, with
/// the words behind the plugin's name. It prints a candidate a line, perhaps with a tab and a
/// description, as for fish, and at last what else the shell may do: 4 is to offer no files
/// (`pluginCompletion` of kubectl, `ShellCompDirectiveNoFileComp` of cobra).
fn for_kubectl() -> String {
    format!(
        "#!/bin/sh\n\
         # Completions of `kubectl ec2-autoscale`. kubectl 1.26 and later finds this file on PATH, beside\n\
         # kubectl-ec2_autoscale, under the name kubectl_complete-ec2_autoscale, and executable.\n\
         {ASKED_BY}=fish kubectl-ec2_autoscale -- {PROGRAM} \"$@\" && echo :4\n"
    )
}

/// Returns the command line whose regions, groups, nodes and pods are looked up when a shell calls.
fn with_names(mut cli: clap::Command, environment: fn() -> Environment) -> clap::Command {
    let commands: Vec<String> = cli.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    for command in commands {
        cli = cli.mut_subcommand(command, |command| {
            command.mut_args(|arg| match wanted(&arg) {
                Some(wanted) => arg.add(ArgValueCompleter::new(move |current: &OsStr| offered(wanted, current, environment))),
                None => arg,
            })
        });
    }
    cli
}

/// Returns the kind of name that an argument takes.
fn wanted(arg: &Arg) -> Option<WantedName> {
    match arg.get_id().as_str() {
        "regions" => Some(WantedName::Region),
        "group" | "only-group" => Some(WantedName::Group),
        "name" => Some(WantedName::Explained),
        _ => None,
    }
}

/// Returns the names to offer. The script passes the line after `--`.
fn offered(wanted: WantedName, current: &OsStr, environment: fn() -> Environment) -> Vec<CompletionCandidate> {
    let words: Vec<OsString> = args_os().skip_while(|word| word != "--").skip(1).collect();
    let begins = current.to_string_lossy();
    let mut names = candidates(wanted, &words, &environment());
    names.retain(|name| name.get_value().to_string_lossy().starts_with(&*begins));
    names
}
