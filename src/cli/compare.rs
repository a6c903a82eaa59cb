//! `--compare`: each of its two texts stands for the whole command line with these flags at its
//! end.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{CommandFactory, Error, FromArgMatches, Parser};

use super::clap_reason::reason;
use super::policy_file::with_file_values;
use super::words::split;
use super::{Cli, Command, ComparedFlags, PolicyFlags, WorldFlags};

/// The flags that may differ.
#[derive(Debug, Parser)]
#[command(no_binary_name = true, disable_help_flag = true)]
struct Varied {
    #[command(flatten)]
    _policy: PolicyFlags,
    #[command(flatten)]
    _world: WorldFlags,
}

/// Parses the two texts, each added to the arguments, the program's name first. A flag in a text
/// wins over the same flag of the arguments; one that may be repeated adds to it.
///
/// # Errors
/// clap's own, with the text that is wrong.
pub(super) fn variants(
    command: &mut clap::Command,
    arguments: &[OsString],
    texts: &[String],
) -> Result<[ComparedFlags; 2], Error> {
    let [a, b] = texts else {
        let message = "--compare takes two texts; in its variable a semicolon stands between them";
        return Err(command.error(ErrorKind::WrongNumberOfValues, message));
    };
    let mut read = |name: &str, text: &str| {
        one(arguments, text).map_err(|(kind, why)| command.error(kind, format!("{name} of --compare ({text:?}): {why}")))
    };
    Ok([read("A", a)?, read("B", b)?])
}

/// Parses one of them, or returns what is wrong with it.
fn one(arguments: &[OsString], text: &str) -> Result<ComparedFlags, (ErrorKind, String)> {
    let words = split(text).map_err(|error| (ErrorKind::ValueValidation, error.to_string()))?;
    Varied::try_parse_from(&words).map_err(|error| (error.kind(), reason(&error)))?;
    variant(arguments, text, &words).map_err(|error| (error.kind(), reason(&error)))
}

fn variant(arguments: &[OsString], text: &str, words: &[String]) -> Result<ComparedFlags, Error> {
    let line = arguments.iter().cloned().chain(words.iter().map(OsString::from));
    let line: Vec<OsString> = line.collect();
    let command = Cli::command().mut_subcommand("simulate", |simulate| simulate.args_override_self(true));
    let cli = Cli::from_arg_matches(&with_file_values(command, &line)?.try_get_matches_from(line)?)?;
    match cli.command {
        Command::Simulate(command) => {
            Ok(ComparedFlags { flags: text.to_owned(), policy: command.policy, world: command.world })
        }
        _ => Err(Cli::command().error(ErrorKind::InvalidSubcommand, "--compare is for simulate")),
    }
}
