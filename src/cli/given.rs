//! The flags that a person gave: a default is nobody's wish.

use std::collections::BTreeMap;

use clap::parser::ValueSource;
use clap::{ArgMatches, Command};

use super::policy_file::{POLICY, ReadPolicy};

/// Where a flag's value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GivenBy {
    /// The command line.
    CommandLine,
    /// Its variable.
    Variable,
    /// The file of `--policy`.
    PolicyFile,
}

/// The flags that were given, by name without dashes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Given(BTreeMap<String, GivenBy>);

impl Given {
    /// Returns the flags of a command that were given.
    pub(super) fn from_matches(command: &Command, matches: &ArgMatches) -> Self {
        let flags = command.get_arguments().filter_map(|flag| Some((flag.get_long()?, flag.get_id().as_str())));
        let file = matches.try_get_one::<ReadPolicy>(POLICY).ok().flatten();
        let is_in_file = |name: &str| file.is_some_and(|read| read.file.flags.contains_key(name));
        let known = flags.filter(|(_, id)| matches.try_contains_id(id).is_ok());
        let given = known.filter_map(|(name, id)| {
            let by = match matches.value_source(id)? {
                ValueSource::CommandLine => GivenBy::CommandLine,
                ValueSource::EnvVariable => GivenBy::Variable,
                ValueSource::DefaultValue if is_in_file(name) => GivenBy::PolicyFile,
                _ => return None,
            };
            Some((name.to_owned(), by))
        });
        Self(given.collect())
    }

    /// Returns how a flag was given, if it was.
    #[must_use]
    pub fn by(&self, flag: &str) -> Option<GivenBy> {
        self.0.get(flag).copied()
    }
}
