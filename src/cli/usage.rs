//! Parses the arguments, with a hint for people who come from a daemon that had no commands.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{ColorChoice, Error, FromArgMatches, ValueEnum as _};

use super::commands::flag_of_apply;
use super::compare::{spread, variants};
use super::install::flags_of_the_run;
use super::other_command::of_another_command;
use super::policy_file::with_file_values;
use super::short_help::shortened;
use super::sweep::points;
use super::{CalledAs, Cli, ExplainedKind, Given, SimulateCommand, TriedFlags, command};
use crate::cli;

/// Parses the arguments, the program's name first.
///
/// # Errors
/// clap's own, which print themselves and also stand for `--help` and `--version`.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, Error> {
    let written: Vec<OsString> = arguments.into_iter().collect();
    let arguments = spread(with_kind_apart(written.clone()));
    let program = written.first().map_or_else(CalledAs::default, |path| CalledAs::from_path(path));
    let mut command = command(program).color(colour(&arguments));
    if let Some(message) = flags_without_command(&command, &arguments) {
        return Err(command.error(ErrorKind::MissingSubcommand, message));
    }
    let mut command = with_file_values(command, &arguments)?;
    let matches = command.try_get_matches_from_mut(&arguments).map_err(|error| explained(error, &command, &arguments))?;
    let mut cli = Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
    if let (cli::Command::Apply(apply), Some((name, matches))) = (&mut cli.command, matches.subcommand())
        && let Some(command) = command.find_subcommand(name)
    {
        apply.given = Given::from_matches(command, matches);
    }
    if let (cli::Command::Manifests(manifests), Some((name, matches))) = (&mut cli.command, matches.subcommand())
        && let Some(command) = command.find_subcommand(name)
    {
        manifests.given = flags_of_the_run(command, matches);
    }
    match &mut cli.command {
        cli::Command::Simulate(simulate) => {
            simulate.tried = tried(&mut command, &arguments, simulate)?;
            simulate.command_line = as_written(&command, &written);
        }
        cli::Command::Plan(plan) => {
            plan.output.command_line = as_written(&command, &written);
            let given = matches.subcommand().zip(command.find_subcommand("plan"));
            plan.flag_of_apply = given.and_then(|((_, matches), plan)| flag_of_apply(plan, matches)).map(str::to_owned);
        }
        cli::Command::Apply(apply) => apply.output.command_line = as_written(&command, &written),
        _ => {}
    }
    Ok(cli)
}

/// Returns an error as it is printed: `-h` is on one screen, and a flag of another command is named
/// with that command.
fn explained(error: Error, command: &clap::Command, arguments: &[OsString]) -> Error {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
            if !arguments.iter().any(|argument| argument == "--help") =>
        {
            shortened(command.clone()).try_get_matches_from(arguments).err().unwrap_or(error)
        }
        ErrorKind::UnknownArgument => of_another_command(&error, command, arguments).unwrap_or(error),
        _ => error,
    }
}

/// Separates `explain pod/NAME`, as kubectl takes it, into the kind and the name.
fn with_kind_apart(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let is_first = |words: &[OsString]| words.iter().all(|word| word.to_str().is_some_and(|word| word.starts_with('-')));
    let Some(command) = arguments.iter().skip(1).position(|word| word == "explain").map(|place| place + 1) else {
        return arguments;
    };
    if !is_first(&arguments[1..command]) {
        return arguments;
    }
    let Some(place) = arguments.get(command + 1..).and_then(|rest| rest.iter().position(|word| kind_of(word).is_some())) else {
        return arguments;
    };
    let place = command + 1 + place;
    if let Some((kind, name)) = kind_of(&arguments[place])
        && is_first(&arguments[command + 1..place])
    {
        arguments.splice(place..=place, [kind, name]);
    }
    arguments
}

fn kind_of(word: &OsString) -> Option<(OsString, OsString)> {
    let (kind, name) = word.to_str()?.split_once('/')?;
    ExplainedKind::from_str(kind, false).ok().map(|_| (kind.into(), name.into()))
}

/// Parses the sides of a comparison, or the points of a sweep.
fn tried(command: &mut clap::Command, arguments: &[OsString], simulate: &SimulateCommand) -> Result<TriedFlags, Error> {
    if let Some(grid) = &simulate.sweep {
        return points(command, arguments, grid, simulate.shard);
    }
    match simulate.compare.as_slice() {
        [] => Ok(TriedFlags::One),
        texts => Ok(TriedFlags::Compared(variants(command, arguments, texts)?)),
    }
}

/// What stands in a command line that is shown for what is not.
const HIDDEN: &str = "…";

/// Returns a command line that a shell would read so. Secrets are left out.
fn as_written(command: &clap::Command, arguments: &[OsString]) -> String {
    let flags = command.get_subcommands().flat_map(clap::Command::get_arguments);
    let secrets: Vec<String> = flags
        .filter(|flag| flag.is_hide_env_values_set())
        .flat_map(|flag| flag.get_long().into_iter().chain(flag.get_all_aliases().into_iter().flatten()))
        .map(|name| format!("--{name}"))
        .collect();
    let (mut line, mut is_secret) = (command.get_bin_name().unwrap_or("ec2-autoscale").to_owned(), false);
    for word in arguments.iter().skip(1).map(|word| word.to_string_lossy()) {
        let quoted = shlex::try_quote(&word).map_or_else(|_| HIDDEN.to_owned(), std::borrow::Cow::into_owned);
        let shown = match word.split_once('=').filter(|(flag, _)| secrets.iter().any(|secret| secret == flag)) {
            _ if is_secret => HIDDEN.to_owned(),
            Some((flag, _)) => format!("{flag}={HIDDEN}"),
            None => quoted,
        };
        is_secret = secrets.iter().any(|secret| *secret == word);
        line.push(' ');
        line.push_str(&shown);
    }
    line
}

/// Returns whether clap colours its output. clap reads `NO_COLOR` itself; the flag is searched for
/// here, as help and errors are printed before it is parsed.
fn colour(arguments: &[OsString]) -> ColorChoice {
    match arguments.iter().any(|argument| argument == "--no-color") {
        true => ColorChoice::Never,
        false => ColorChoice::Auto,
    }
}

/// Returns the arguments of the daemon, if there are such: it was started as
/// `kubernetes-ec2-autoscaler --cluster-name prod`, with a flag of `plan` where a command belongs.
fn flags_without_command(command: &clap::Command, arguments: &[OsString]) -> Option<String> {
    let verbose = |argument: &str| argument.starts_with("-v") || ["--verbose", "--no-color"].contains(&argument);
    let first = arguments.iter().skip(1).filter_map(|argument| argument.to_str()).find(|argument| !verbose(argument))?;
    let name = first.strip_prefix("--")?.split('=').next()?;
    let plan = command.find_subcommand("plan")?;
    let known = plan.get_arguments().any(|argument| {
        argument.get_long() == Some(name) || argument.get_all_aliases().is_some_and(|aliases| aliases.contains(&name))
    });
    known.then(|| {
        format!(
            "--{name} needs a command before it: `ec2-autoscale plan --{name} …` shows what would be done, \
             `ec2-autoscale apply --{name} …` does it, once; a CronJob or a timer repeats it"
        )
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn kind(arguments: &[&str]) -> Option<ErrorKind> {
        parse(std::iter::once("ec2-autoscale").chain(arguments.iter().copied()).map(OsString::from))
            .err()
            .map(|error| error.kind())
    }

    #[test]
    fn the_definitions_hold_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_daemon_s_command_line_is_pointed_to_plan_and_apply() {
        for flag in ["--cluster-name", "--aws-regions=us-west-2", "--no-maintenance", "--sleep"] {
            let error = parse(["ec2-autoscale", flag, "x"].map(OsString::from)).expect_err(flag);
            let text = error.to_string();
            assert!(text.contains("ec2-autoscale plan --") && text.contains("ec2-autoscale apply --"), "{text}");
        }
    }

    #[test]
    fn kind_and_name_may_be_one_word() {
        let explained = |arguments: &[&str]| {
            let words = ["ec2-autoscale"].iter().chain(arguments).map(OsString::from);
            match parse(words).expect("flags that exist").command {
                cli::Command::Explain(command) => (command.kind, command.name),
                other => panic!("{other:?}"),
            }
        };
        let name = |name: &str| Some(name.to_owned());
        assert_eq!(explained(&["explain", "pod/web-0", "-n", "web", "--demo"]), (ExplainedKind::Pod, name("web-0")));
        assert_eq!(explained(&["explain", "--demo", "no/ip-10"]), (ExplainedKind::Node, name("ip-10")));
        assert_eq!(explained(&["-v", "explain", "po/web/web-0"]), (ExplainedKind::Pod, name("web/web-0")));
        assert_eq!(explained(&["explain", "pod", "pod/web-0"]), (ExplainedKind::Pod, name("pod/web-0")), "a namespace");
    }

    #[test]
    fn a_command_line_is_shown_without_its_secrets() {
        let words = ["x", "simulate", "--aws-secret-key", "s1", "--aws-access-key=s2", "--compare", "", "a b", "--seed=1"];
        let shown = as_written(&Cli::command(), &words.map(OsString::from));
        assert_eq!(shown, "ec2-autoscale simulate --aws-secret-key … --aws-access-key=… --compare '' 'a b' '--seed=1'");
    }

    #[test]
    fn other_mistakes_are_clap_s() {
        assert_eq!(kind(&["--bogus"]), Some(ErrorKind::UnknownArgument));
        assert_eq!(kind(&["pln"]), Some(ErrorKind::InvalidSubcommand));
        assert_eq!(kind(&["--version"]), Some(ErrorKind::DisplayVersion));
        assert_eq!(kind(&["plan", "--demo", "--snapshot", "x"]), Some(ErrorKind::ArgumentConflict));
        assert_eq!(kind(&["plan", "--demo"]), None);
    }
}
