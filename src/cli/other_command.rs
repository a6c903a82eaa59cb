//! Flags that another command has.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, Error};

use super::policy_file::is_called;

/// At most this many commands are named.
const NAMED: usize = 3;

/// Returns the error on a flag that only other commands have, if it is such a one.
pub(super) fn of_another_command(error: &Error, command: &Command, arguments: &[OsString]) -> Option<Error> {
    let Some(ContextValue::String(unknown)) = error.get(ContextKind::InvalidArg) else { return None };
    let flag = unknown.split('=').next().and_then(|flag| flag.strip_prefix("--"))?;
    let mut written = arguments.iter().skip(1).filter_map(|word| word.to_str());
    let here = written.find_map(|word| command.find_subcommand(word))?.get_name();
    let has = |command: &&Command| command.get_arguments().any(|arg| !arg.is_hide_set() && is_called(arg, flag));
    let others: Vec<&str> = command.get_subcommands().filter(has).map(Command::get_name).filter(|name| *name != here).collect();
    let (named, more) = others.split_at(others.len().min(NAMED));
    if named.is_empty() {
        return None;
    }
    let more = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
    let message = format!(
        "--{flag} is no flag of {here}, but of {}{more}: leave it out, or see `ec2-autoscale {here} --help`",
        named.join(", ")
    );
    Some(command.clone().error(ErrorKind::UnknownArgument, message))
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    fn message(arguments: &[&str]) -> String {
        let words = ["ec2-autoscale"].iter().chain(arguments).map(OsString::from);
        parse(words).expect_err("a flag that is not there").to_string()
    }

    #[test]
    fn a_flag_of_another_command_is_named_with_it() {
        let text = message(&["plan", "--until-needed", "50s"]);
        assert!(text.contains("--until-needed is no flag of plan, but of apply, manifests: leave it out"), "{text}");
        let text = message(&["diff", "a", "b", "--cluster-name=prod"]);
        assert!(text.contains("but of plan, apply, snapshot and "), "{text}");
    }

    #[test]
    fn a_flag_of_no_command_is_left_to_clap() {
        let text = message(&["plan", "--idle-treshold", "5m"]);
        assert!(text.contains("'--idle-threshold'"), "{text}");
    }
}
