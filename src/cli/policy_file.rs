//! `--policy FILE`: what flags are where neither the command line nor a variable gives them.

use std::ffi::OsString;
use std::path::Path;

use clap::error::ErrorKind;
use clap::{Arg, ArgAction, Command, Error};

use super::clap_reason::reason;
use crate::did_you_mean::{did_you_mean, near};
use crate::gather::document::{ByteSize, InputDocument, read_document};
use crate::policy::{FlagValue, PolicyFile};

/// The name of the flag.
pub(super) const POLICY: &str = "policy";

/// More than anybody writes by hand.
const LARGEST: ByteSize = ByteSize(1 << 20);

/// A policy file that was read.
#[derive(Debug, Clone)]
pub(super) struct ReadPolicy {
    /// Its name, for messages.
    name: String,
    pub(super) file: PolicyFile,
}

/// Reads a policy file; the error follows the flag and the path.
pub(super) fn read(path: &str) -> Result<ReadPolicy, String> {
    let InputDocument { file: name, bytes } = read_document(Path::new(path), LARGEST).map_err(|error| error.to_string())?;
    let text = String::from_utf8(bytes).map_err(|_| "is no text in UTF-8".to_owned())?;
    let file: PolicyFile = serde_saphyr::from_str(&text).map_err(|error| with_suggestion(&error.to_string()))?;
    file.schedules().map_err(|error| error.to_string())?;
    Ok(ReadPolicy { name, file })
}

/// Adds to the message on a field that does not exist the one that may be meant. Behind the unknown
/// one, in backquotes, the message lists those that exist.
fn with_suggestion(message: &str) -> String {
    let question = || {
        let (_, rest) = message.lines().next()?.split_once("unknown field `")?;
        let (unknown, rest) = rest.split_once('`')?;
        let (_, known) = rest.split_once("expected ")?;
        let known = known.trim_start_matches("one of ").split([',', ' ', '`']).filter(|name| !name.is_empty() && *name != "or");
        did_you_mean(&near(unknown, known.map(str::to_owned)))
    };
    question().map_or_else(|| message.to_owned(), |question| format!("{question} {message}"))
}

/// Makes the values of a command line's policy file the defaults of its flags.
///
/// # Errors
/// When the file names what is no flag, one that counts on the command line only, or a value that
/// the flag does not take. What else is wrong is left to the parsing that follows.
pub(super) fn with_file_values(command: Command, arguments: &[OsString]) -> Result<Command, Error> {
    let early = command.clone().ignore_errors(true).try_get_matches_from(arguments).ok();
    let found = early.as_ref().and_then(clap::ArgMatches::subcommand);
    let policy = found.and_then(|(name, matches)| Some((name, matches.try_get_one::<ReadPolicy>(POLICY).ok()??)));
    match policy {
        Some((name, policy)) => FileValues { name, policy, command: &command }.as_defaults(),
        None => Ok(command),
    }
}

/// The flags of a policy file, for one command.
struct FileValues<'a> {
    /// The command's name.
    name: &'a str,
    policy: &'a ReadPolicy,
    /// The program's whole command line.
    command: &'a Command,
}

impl FileValues<'_> {
    fn as_defaults(&self) -> Result<Command, Error> {
        let mut command = self.command.clone();
        for (flag, value) in &self.policy.file.flags {
            let known = self.known(flag)?;
            let own = self.command.find_subcommand(self.name).into_iter().flat_map(Command::get_arguments);
            let Some(own) = own.into_iter().find(|own| is_called(own, flag)) else { continue };
            let values = values(known, value);
            self.check(flag, own, &values)?;
            let id = own.get_id().clone();
            command = command.mut_subcommand(self.name, |sub| sub.mut_arg(id, |arg| arg.default_values(values)));
        }
        Ok(command)
    }

    /// Returns the flag of any command, if a file may name it: one that a variable can give.
    fn known(&self, flag: &str) -> Result<&Arg, Error> {
        let named = || {
            let commands = self.command.get_subcommands().chain([self.command]);
            commands.flat_map(Command::get_arguments).filter(|arg| is_called(arg, flag))
        };
        let allowed = named().find(|arg| arg.get_env().is_some() && !arg.is_hide_env_values_set() && flag != POLICY);
        allowed.ok_or_else(|| {
            let why = match named().next() {
                Some(arg) if arg.is_hide_env_values_set() => "is a secret: leave it to AWS's own settings".to_owned(),
                Some(_) => "counts on the command line only".to_owned(),
                None => {
                    let question = did_you_mean(&near(flag, self.possible().map(str::to_owned)));
                    let hint = question.unwrap_or_else(|| "--help of a command lists them".to_owned());
                    format!("is no flag of any command; {hint}")
                }
            };
            self.error(&format!("flags: {flag:?} {why}"))
        })
    }

    /// Returns the flags that a file may name.
    fn possible(&self) -> impl Iterator<Item = &str> {
        let flags = self.command.get_subcommands().flat_map(Command::get_arguments);
        let allowed = flags.filter(|arg| arg.get_env().is_some() && !arg.is_hide_env_values_set());
        allowed.filter_map(Arg::get_long).filter(|flag| *flag != POLICY)
    }

    /// Tries the values as if they stood on the command line.
    fn check(&self, flag: &str, arg: &Arg, values: &[String]) -> Result<(), Error> {
        let words = values.iter().filter_map(|value| match arg.get_action() {
            ArgAction::SetTrue => (value == "true").then(|| format!("--{flag}")),
            _ => Some(format!("--{flag}={value}")),
        });
        if matches!(arg.get_action(), ArgAction::SetTrue) && values.iter().any(|value| value != "true" && value != "false") {
            return Err(self.error(&format!("flags: {flag}: write true or false")));
        }
        let Some(command) = self.command.find_subcommand(self.name) else { return Ok(()) };
        let tried = command.clone().ignore_errors(false).args_override_self(true);
        let line = std::iter::once(self.name.to_owned()).chain(words);
        match tried.try_get_matches_from(line) {
            Err(error) if matches!(error.kind(), ErrorKind::InvalidValue | ErrorKind::ValueValidation) => {
                Err(self.error(&format!("flags: {}", reason(&error))))
            }
            _ => Ok(()),
        }
    }

    fn error(&self, why: &str) -> Error {
        self.command.clone().error(ErrorKind::ValueValidation, format!("--policy {}: {why}", self.policy.name))
    }
}

/// Whether a flag has this name or alias.
pub(super) fn is_called(arg: &Arg, flag: &str) -> bool {
    arg.get_long() == Some(flag) || arg.get_all_aliases().is_some_and(|aliases| aliases.contains(&flag))
}

/// Returns the values as the command line would have them, each for itself.
fn values(arg: &Arg, value: &FlagValue) -> Vec<String> {
    let text = value.to_string();
    if let FlagValue::List(values) = value {
        return values.iter().map(ToString::to_string).collect();
    }
    match arg.get_value_delimiter() {
        Some(delimiter) => text.split(delimiter).map(|one| one.trim().to_owned()).collect(),
        None => vec![text],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_answered_with_the_nearest() {
        let message =
            "line 1 column 1: unknown field `limts`, expected one of flags, groups, limits, quotas, schedules\n --> x";
        assert_eq!(with_suggestion(message), format!("did you mean limits? {message}"));
        let quoted = "unknown field `nmae`, expected one of `name`, `most`";
        assert_eq!(with_suggestion(quoted), format!("did you mean name? {quoted}"));
        let far = "unknown field `x`, expected `name` or `most`";
        assert_eq!(with_suggestion(far), far);
    }
}
