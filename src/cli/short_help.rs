//! What `-h` shows: the flags that most people need, on one screen. `--help` shows all.

use clap::builder::Resettable;
use clap::{Arg, Command};

use super::help;

/// So many words describe something.
const FEWEST_WORDS: usize = 3;

/// The flags of `-h`, by command. Commands that are not listed show all that are
/// theirs alone.
const SHOWN: [(&str, &[&str]); 10] = [
    ("plan", &["demo", "snapshot", "filename", "cluster-name", "regions", "policy", "only-group", "output", "out", "all"]),
    ("apply", &["cluster-name", "regions", "policy", "only-group", "yes", "wait", "dry-run", "output"]),
    ("snapshot", &["demo", "cluster-name", "regions", "kubeconfig", "context", "prices", "with-finished", "out"]),
    ("simulate", &["demo", "snapshot", "trace", "prices", "compare", "html"]),
    ("explain", &["namespace", "demo", "snapshot", "filename", "cluster-name", "regions", "output"]),
    ("fix", &["demo", "snapshot", "cluster-name", "regions", "only-group", "output", "apply", "yes"]),
    ("doctor", &["cron-job", "demo", "cluster-name", "regions", "kubeconfig", "context", "output"]),
    ("suggest", &["demo", "snapshot", "filename", "cluster-name", "regions", "to", "as", "output"]),
    ("manifests", &["image", "role-arn", "look-only", "until-needed", "cluster-name", "regions", "policy"]),
    ("iam-role", &["oidc-issuer", "account", "pod-identity", "namespace", "service-account"]),
];

/// The commands that `-h` of the program lists; it names the others in a line.
const LISTED: [&str; 10] = ["plan", "apply", "show", "diff", "snapshot", "simulate", "explain", "fix", "doctor", "help"];

/// Returns a command line whose help fits one screen.
pub(super) fn shortened(command: Command) -> Command {
    let others: Vec<String> = command
        .get_subcommands()
        .map(|sub| sub.get_name().to_owned())
        .filter(|name| !LISTED.contains(&name.as_str()))
        .collect();
    let end = format!("{}\nMore: {}.\n{}", help::FIRST_STEP, others.join(", "), help::WHOLE);
    command
        .mut_args(|flag| flag.hide(true))
        .mut_subcommands(|sub| {
            let is_listed = LISTED.contains(&sub.get_name());
            let name = sub.get_name().to_owned();
            of_a_command(sub, &name).hide(!is_listed)
        })
        .after_help(end)
}

/// Shortens a command, which is typed with these words.
fn of_a_command(command: Command, words: &str) -> Command {
    let shown = SHOWN.into_iter().find(|(command, _)| *command == words).map(|(_, flags)| flags);
    let below = |sub: Command| {
        let words = format!("{words} {}", sub.get_name());
        of_a_command(sub, &words)
    };
    command.mut_args(|flag| of_a_flag(flag, shown)).mut_subcommands(below).after_help(help::whole_of(words))
}

fn of_a_flag(flag: Arg, shown: Option<&[&str]>) -> Arg {
    let of_all = ["verbose", "no-color", "no-pager", "help"];
    let is_shown = |name: &str| shown.map_or(!of_all.contains(&name), |shown| shown.contains(&name));
    let is_hidden = flag.is_hide_set() || flag.get_long().is_some_and(|name| !is_shown(name));
    let help = flag.get_help().map(|help| first_part(&help.to_string()));
    let flag = flag.help_heading(Resettable::Reset).hide_default_value(true).hide(is_hidden);
    match help {
        Some(help) => flag.help(help),
        None => flag,
    }
}

/// Returns a description up to its first semicolon or colon, unless little stands before that: the
/// rest narrows it down.
fn first_part(help: &str) -> String {
    let ends = [": ", "; "].into_iter().flat_map(|sign| help.match_indices(sign)).map(|(place, _)| place);
    let end = ends.filter(|end| help[..*end].split(' ').count() >= FEWEST_WORDS).min();
    help[..end.unwrap_or(help.len())].to_owned()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::super::Cli;
    use super::*;

    #[test]
    fn what_is_shown_exists() {
        let cli = Cli::command();
        for name in LISTED {
            assert!(cli.find_subcommand(name).is_some(), "{name}");
        }
        for (name, flags) in SHOWN {
            let command = cli.find_subcommand(name).expect(name);
            for flag in flags {
                let found = command.get_arguments().find(|arg| arg.get_long() == Some(flag));
                assert!(found.is_some_and(|flag| !flag.is_hide_set()), "{name} --{flag}");
            }
        }
    }

    #[test]
    fn a_description_loses_what_narrows_it_down() {
        assert_eq!(first_part("Touch this group only; repeatable; all without it"), "Touch this group only");
        assert_eq!(first_part("Use the example: no cluster is needed"), "Use the example");
        assert_eq!(first_part("What for: help or save; one of them"), "What for: help or save");
        assert_eq!(first_part("Do it"), "Do it");
    }
}
