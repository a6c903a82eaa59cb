//! `help`: the list of commands and topics, the flags of a command, or a topic; and the help that
//! clap prints.

use std::io::{self, Write as _};

use clap::error::ErrorKind;

use super::manual::{FILE_FORMATS, FileFormat, TOPICS, TerminalPage, Topic};
use super::{Console, RunError, schema};
use crate::cli::{self, CalledAs, HelpCommand};
use crate::did_you_mean::{did_you_mean, near};
use crate::exit::ExitCode;
use crate::plan::codes::codes;

pub(super) fn run(command: &HelpCommand, console: &Console) -> anyhow::Result<ExitCode> {
    let names: Vec<&str> = command.name.iter().map(String::as_str).collect();
    let text = match names.as_slice() {
        [] => overview(),
        names => page(names, console)?,
    };
    console.page(&console.program.in_text(&text)).map_err(RunError::Output)?;
    Ok(ExitCode::Done)
}

/// Prints the help or the error that clap made of the arguments.
#[must_use]
pub fn print_clap(error: &clap::Error, console: &Console) -> ExitCode {
    let is_error = error.use_stderr();
    let text = error.render();
    let colour = if is_error { console.log_colour } else { console.colour };
    let text = if colour { text.ansi().to_string() } else { text.to_string() };
    let text = console.program.in_text(&text);
    // A reader that went away does not need it any more.
    let _ = match error.kind() {
        ErrorKind::DisplayHelp => console.page(&text),
        _ if is_error => write!(io::stderr(), "{text}"),
        _ => console.print(&text),
    };
    if is_error { ExitCode::Usage } else { ExitCode::Done }
}

/// Returns all flags of a command, a topic, or both where they have one name.
fn page(names: &[&str], console: &Console) -> Result<String, RunError> {
    let form = TerminalPage::new(console.width, console.colour);
    let command = flags_of(names, console);
    let topic = match names {
        [name] => topic_page(name, form),
        _ => None,
    };
    match (command, topic) {
        (Some(command), Some(topic)) => Ok(format!("{command}\n{topic}")),
        (Some(text), None) | (None, Some(text)) => Ok(text),
        (None, None) => Err(nothing_of_that_name(names)),
    }
}

fn topic_page(name: &str, form: TerminalPage) -> Option<String> {
    if let Some(topic) = Topic::find(name) {
        return Some(form.render(&topic.page()));
    }
    let format = FileFormat::find(name)?;
    Some(form.render(&format.page(schema::of_format(format.name).as_deref())))
}

/// Returns the help of a command, or of one below it.
fn flags_of(names: &[&str], console: &Console) -> Option<String> {
    let mut command = cli::command(console.program);
    command.build();
    let mut found = &mut command;
    for name in names {
        found = found.find_subcommand_mut(name)?;
    }
    let text = found.render_long_help();
    Some(if console.colour { text.ansi().to_string() } else { text.to_string() })
}

/// Returns the lists of commands and topics, for any program name.
fn overview() -> String {
    let cli = cli::command(CalledAs::Alone);
    let commands = cli.get_subcommands().filter(|command| !command.is_hide_set());
    let commands: Vec<(String, String)> =
        commands.map(|command| (command.get_name().to_owned(), command.get_about().unwrap_or_default().to_string())).collect();
    let topics = TOPICS.map(|topic| (topic.name.to_owned(), topic.about.to_owned()));
    let files = FILE_FORMATS.map(|format| (format!("{}.5", format.name), format.about.to_owned()));
    let parts = [("Commands", commands), ("Topics", topics.to_vec()), ("Files", files.to_vec())];
    let widest = parts.iter().flat_map(|(_, names)| names).map(|(name, _)| name.len()).max().unwrap_or_default();
    let part = |(heading, names): (&str, Vec<(String, String)>)| {
        let names: Vec<String> = names.iter().map(|(name, about)| format!("  {name:<widest$}  {about}")).collect();
        format!("\n{heading}:\n{}\n", names.join("\n"))
    };
    let parts: String = parts.into_iter().map(part).collect();
    format!("ec2-autoscale help NAME shows one of these:\n{parts}")
}

fn nothing_of_that_name(names: &[&str]) -> RunError {
    let name = names.join(" ");
    let message = format!("there is no command and no topic {name:?}");
    let cli = cli::command(CalledAs::Alone);
    let of_commands = cli.get_subcommands().map(|command| command.get_name().to_owned());
    let of_files = FILE_FORMATS.map(|format| format!("{}.5", format.name));
    let known = of_commands.chain(TOPICS.map(|topic| topic.name.to_owned())).chain(of_files);
    let flag = name.trim_start_matches('-');
    let hint = if let Some(question) = did_you_mean(&near(&name, known)) {
        question
    } else if codes().iter().any(|code| code.code == name) {
        format!("it is a code: `ec2-autoscale explain code {name}`")
    } else if cli.get_subcommands().flat_map(clap::Command::get_arguments).any(|arg| arg.get_long() == Some(flag)) {
        "it is a flag: `ec2-autoscale help flags` has all of them".to_owned()
    } else {
        "`ec2-autoscale help` lists commands and topics".to_owned()
    };
    RunError::usage(message, hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::user_facing::UserFacing;

    #[test]
    fn commands_stand_before_topics_and_lines_fit_a_terminal() {
        let text = overview();
        let place = |text: &str, part: &str| text.find(part).unwrap_or_else(|| panic!("{part} is not in {text}"));
        assert!(
            place(&text, "\n  plan ") < place(&text, "\nTopics:\n") && place(&text, "\n  gangs ") < place(&text, "\n  plan.5 ")
        );
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_what_is_near() {
        for (name, hint) in [
            ("gangz", "did you mean gangs?"),
            ("explian", "did you mean explain?"),
            ("asg-desired-above-max", "`ec2-autoscale help` lists commands and topics"),
            ("at-policy-max", "it is a code: `ec2-autoscale explain code at-policy-max`"),
            ("idle-threshold", "it is a flag: `ec2-autoscale help flags` has all of them"),
        ] {
            assert_eq!(nothing_of_that_name(&[name]).hint().as_deref(), Some(hint), "{name}");
        }
    }
}
