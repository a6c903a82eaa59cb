//! How a person calls the program: by its name, or through kubectl, which finds a plugin by the
//! name of its file.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::path::Path;

use clap::CommandFactory;

use super::Cli;

/// How the program was called.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CalledAs {
    /// By its own name.
    #[default]
    Alone,
    /// As a plugin of kubectl: its file is named `kubectl-ec2_autoscale`, where a dash of the
    /// name is an underscore.
    KubectlPlugin,
}

/// The program's own name.
const NAME: &str = "ec2-autoscale";

impl CalledAs {
    /// Returns how the program was called, by the path that it was started with.
    #[must_use]
    pub fn from_path(path: &OsStr) -> Self {
        let name = Path::new(path).file_stem().and_then(OsStr::to_str).unwrap_or_default();
        if name.starts_with("kubectl-") { Self::KubectlPlugin } else { Self::Alone }
    }

    /// Returns what a person types before a command.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Alone => NAME,
            Self::KubectlPlugin => "kubectl ec2-autoscale",
        }
    }

    /// Returns a text whose command lines begin as a person has to type them. A command line is the
    /// program's name with a command or a flag behind it.
    #[must_use]
    pub fn in_text(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Alone => Cow::Borrowed(text),
            Self::KubectlPlugin => Cow::Owned(self.replaced(text)),
        }
    }

    fn replaced(self, text: &str) -> String {
        let cli = Cli::command();
        let is_command = |word: &str| word == "help" || cli.get_subcommands().any(|command| command.get_name() == word);
        let mut replaced = String::new();
        let mut rest = text;
        while let Some(place) = rest.find(NAME) {
            let (before, found) = rest.split_at(place);
            let after = &found[NAME.len()..];
            let word = after.strip_prefix(' ').unwrap_or_default();
            let word =
                word.split(|letter: char| letter.is_whitespace() || "`,;.:)".contains(letter)).next().unwrap_or_default();
            let is_call = is_command(word) || word.starts_with(['-', '[', '<']) || word == "NAME";
            let begins = !before.ends_with(|letter: char| letter.is_alphanumeric() || "-_/.".contains(letter));
            let is_through_kubectl = before.ends_with("kubectl ");
            replaced.push_str(before);
            replaced.push_str(if is_call && begins && !is_through_kubectl { self.name() } else { NAME });
            rest = after;
        }
        replaced.push_str(rest);
        replaced
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_is_known_by_the_name_of_its_file() {
        for (path, program) in [
            ("ec2-autoscale", CalledAs::Alone),
            ("/usr/local/bin/ec2-autoscale", CalledAs::Alone),
            ("/home/a/.krew/bin/kubectl-ec2_autoscale", CalledAs::KubectlPlugin),
            ("kubectl-ec2_autoscale.exe", CalledAs::KubectlPlugin),
        ] {
            assert_eq!(CalledAs::from_path(OsStr::new(path)), program, "{path}");
        }
    }

    #[test]
    fn only_command_lines_change() {
        let text = |text: &str| CalledAs::KubectlPlugin.in_text(text).into_owned();
        assert_eq!(
            text("`ec2-autoscale fix` mends; see ec2-autoscale help gangs"),
            "`kubectl ec2-autoscale fix` mends; see kubectl ec2-autoscale help gangs"
        );
        for same in [
            "the annotation ec2-autoscale/group",
            "the CronJob ec2-autoscale is suspended",
            "Usage: kubectl ec2-autoscale plan",
            "x-ec2-autoscale plan",
        ] {
            assert_eq!(text(same), same);
        }
        assert_eq!(CalledAs::Alone.in_text("ec2-autoscale fix"), "ec2-autoscale fix");
    }
}
