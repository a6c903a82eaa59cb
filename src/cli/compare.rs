//! `--compare`: each of its texts stands for the whole command line with these flags at its end.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;

use clap::error::ErrorKind;
use clap::{CommandFactory, Error, FromArgMatches, Parser};

use super::clap_reason::reason;
use super::policy_file::with_file_values;
use super::words::split;
use super::{Cli, Command, ComparedFlags, PolicyFlags, WorldFlags};

/// The flag as it is written.
const COMPARE: &str = "--compare";
/// The letters that name sides without a name.
const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// The flags that may differ.
#[derive(Debug, Parser)]
#[command(no_binary_name = true, disable_help_flag = true)]
struct Varied {
    #[command(flatten)]
    _policy: PolicyFlags,
    #[command(flatten)]
    _world: WorldFlags,
}

/// Writes the flag before each of the sides that stand behind one: the first two words, whatever
/// they are, and those that follow and do not look like a flag.
pub(super) fn spread(arguments: Vec<OsString>) -> Vec<OsString> {
    let mut spread = Vec::with_capacity(arguments.len());
    let mut rest = arguments.into_iter().peekable();
    while let Some(argument) = rest.next() {
        if argument != COMPARE {
            spread.push(argument);
            continue;
        }
        let mut sides = 0;
        while let Some(side) = rest.next_if(|word| word.to_str().is_some_and(|word| is_side(word, sides))) {
            let mut with_flag = OsString::from(format!("{COMPARE}="));
            with_flag.push(side);
            spread.push(with_flag);
            sides += 1;
        }
        if sides == 0 {
            spread.push(argument);
        }
    }
    spread
}

/// Whether a word behind the flag is a side, after so many others.
fn is_side(word: &str, before: usize) -> bool {
    let is_flag_again = word == COMPARE || word.starts_with("--compare=");
    let is_text = !word.starts_with('-') || word.contains(char::is_whitespace);
    !is_flag_again && (before < 2 || is_text)
}

/// Parses the texts, each added to the arguments, the program's name first. A flag in a text wins
/// over the same flag of the arguments; one that may be repeated adds to it.
///
/// # Errors
/// clap's own, with the text that is wrong.
pub(super) fn variants(
    command: &mut clap::Command,
    arguments: &[OsString],
    texts: &[String],
) -> Result<Vec<ComparedFlags>, Error> {
    if texts.len() < 2 {
        let message = "--compare takes two texts or more; in its variable a semicolon stands between them";
        return Err(command.error(ErrorKind::WrongNumberOfValues, message));
    }
    let mut names = BTreeSet::new();
    let mut read = |(place, text): (usize, &String)| {
        let side = SideText::new(place, text);
        if !names.insert(side.name.clone()) {
            let message = format!("two sides of --compare are named {:?}; give one of them another name", side.name);
            return Err(command.error(ErrorKind::ValueValidation, message));
        }
        let found = side.words().and_then(|words| one(arguments, &words));
        let (policy, world) =
            found.map_err(|(kind, why)| command.error(kind, format!("{} of --compare ({text:?}): {why}", side.name)))?;
        Ok(ComparedFlags { name: side.name, flags: side.flags.to_owned(), policy, world })
    };
    texts.iter().enumerate().map(&mut read).collect()
}

/// The text of a side, taken apart.
struct SideText<'a> {
    name: String,
    /// The flags, or a policy file and flags.
    flags: &'a str,
}

impl<'a> SideText<'a> {
    fn new(place: usize, text: &'a str) -> Self {
        let text = text.trim();
        if let Some((name, flags)) = text.split_once(':').filter(|(name, flags)| is_name(name, flags)) {
            return Self { name: name.trim().to_owned(), flags: flags.trim() };
        }
        let file = text.strip_prefix('@').and_then(|rest| split(rest).ok()?.into_iter().next());
        let stem = file.and_then(|file| Some(Path::new(&file).file_stem()?.to_str()?.to_owned()));
        let letter = || LETTERS.get(place..=place).map_or_else(|| (place + 1).to_string(), str::to_owned);
        Self { name: stem.unwrap_or_else(letter), flags: text }
    }

    /// Returns the flags as words; a policy file becomes its flag.
    fn words(&self) -> Result<Vec<String>, (ErrorKind, String)> {
        let (is_file, text) = self.flags.strip_prefix('@').map_or((false, self.flags), |text| (true, text));
        let mut words = split(text).map_err(|error| (ErrorKind::ValueValidation, error.to_string()))?;
        if is_file {
            if words.is_empty() {
                return Err((ErrorKind::ValueValidation, "write the policy file behind the @".to_owned()));
            }
            words.insert(0, "--policy".to_owned());
        }
        Ok(words)
    }
}

/// Whether what stands before a colon names a side: plain words before flags or a file.
fn is_name(name: &str, flags: &str) -> bool {
    let is_plain = |letter: char| letter.is_alphanumeric() || " ._-+".contains(letter);
    let begins = name.starts_with(char::is_alphanumeric) && name.chars().all(is_plain);
    begins && (flags.is_empty() || flags.starts_with([' ', '-', '@']))
}

/// Parses the arguments with these flags at their end, or returns what is wrong with them.
pub(super) fn one(arguments: &[OsString], words: &[String]) -> Result<(PolicyFlags, WorldFlags), (ErrorKind, String)> {
    Varied::try_parse_from(words).map_err(|error| (error.kind(), reason(&error)))?;
    variant(arguments, words).map_err(|error| (error.kind(), reason(&error)))
}

fn variant(arguments: &[OsString], words: &[String]) -> Result<(PolicyFlags, WorldFlags), Error> {
    let line = arguments.iter().cloned().chain(words.iter().map(OsString::from));
    let line: Vec<OsString> = line.collect();
    let command = Cli::command().mut_subcommand("simulate", |simulate| simulate.args_override_self(true));
    let cli = Cli::from_arg_matches(&with_file_values(command, &line)?.try_get_matches_from(line)?)?;
    match cli.command {
        Command::Simulate(command) => Ok((command.policy, command.world)),
        _ => Err(Cli::command().error(ErrorKind::InvalidSubcommand, "--compare and --sweep are for simulate")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread_words(words: &[&str]) -> Vec<String> {
        let spread = spread(words.iter().map(OsString::from).collect());
        spread.into_iter().map(|word| word.into_string().expect("plain text")).collect()
    }

    #[test]
    fn sides_are_the_first_two_words_and_further_texts() {
        assert_eq!(
            spread_words(&["--compare", "--consolidate", "", "-o", "json"]),
            ["--compare=--consolidate", "--compare=", "-o", "json"]
        );
        assert_eq!(
            spread_words(&["--compare", "", "a: --consolidate", "@b.yaml", "--seed 7", "--html", "x"]),
            ["--compare=", "--compare=a: --consolidate", "--compare=@b.yaml", "--compare=--seed 7", "--html", "x"]
        );
        assert_eq!(spread_words(&["--compare", "a", "--compare", "b"]), ["--compare=a", "--compare=b"]);
        assert_eq!(spread_words(&["--compare=a", "--compare"]), ["--compare=a", "--compare"]);
    }

    #[test]
    fn a_side_is_named_by_its_text_its_file_or_a_letter() {
        for (text, name, flags) in [
            ("", "A", ""),
            ("--idle-threshold 5m", "A", "--idle-threshold 5m"),
            ("cheap: --expander price", "cheap", "--expander price"),
            ("as it is:", "as it is", ""),
            ("@dir/night.yaml --seed 7", "night", "@dir/night.yaml --seed 7"),
            ("x: @night.yaml", "x", "@night.yaml"),
            ("--boot-time gpu:x", "A", "--boot-time gpu:x"),
        ] {
            let side = SideText::new(0, text);
            assert_eq!((side.name.as_str(), side.flags), (name, flags), "{text}");
        }
        assert_eq!(SideText::new(26, "").name, "27");
        assert_eq!(
            SideText::new(0, "x: @night.yaml --seed 7").words(),
            Ok(["--policy", "night.yaml", "--seed", "7"].map(str::to_owned).into())
        );
    }
}
