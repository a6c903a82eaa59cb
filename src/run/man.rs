//! `man`: prints the manual page of the program, of one command, or of a topic.

use std::io;

use clap::CommandFactory;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use super::{Console, RunError};
use crate::cli::{Cli, ManCommand};
use crate::exit::ExitCode;

/// The pages about more than a command, which the README lists.
const TOPICS: [(&str, &str); 29] = [
    ("calls", include_str!("../manual/calls.md")),
    ("codes", include_str!("../manual/codes.md")),
    ("consolidation", include_str!("../manual/consolidation.md")),
    ("deciding", include_str!("../manual/deciding.md")),
    ("devices", include_str!("../manual/devices.md")),
    ("exit-codes", include_str!("../manual/exit-codes.md")),
    ("explaining", include_str!("../manual/explaining.md")),
    ("flags", include_str!("../manual/flags.md")),
    ("gangs", include_str!("../manual/gangs.md")),
    ("groups", include_str!("../manual/groups.md")),
    ("install", include_str!("../manual/install.md")),
    ("launching", include_str!("../manual/launching.md")),
    ("magnum", include_str!("../manual/magnum.md")),
    ("migrating", include_str!("../manual/migrating.md")),
    ("money", include_str!("../manual/money.md")),
    ("policy", include_str!("../manual/policy.md")),
    ("preparing", include_str!("../manual/preparing.md")),
    ("requests", include_str!("../manual/requests.md")),
    ("reservations", include_str!("../manual/reservations.md")),
    ("room", include_str!("../manual/room.md")),
    ("safety", include_str!("../manual/safety.md")),
    ("saved-plans", include_str!("../manual/saved-plans.md")),
    ("security", include_str!("../manual/security.md")),
    ("simulation", include_str!("../manual/simulation.md")),
    ("snapshots", include_str!("../manual/snapshots.md")),
    ("suggest", include_str!("../manual/suggest.md")),
    ("troubleshooting", include_str!("../manual/troubleshooting.md")),
    ("watching", include_str!("../manual/watching.md")),
    ("what-if", include_str!("../manual/what-if.md")),
];

pub(super) fn run(command: &ManCommand, console: &Console) -> anyhow::Result<ExitCode> {
    let name = command.command.as_deref();
    if let Some((name, text)) = TOPICS.into_iter().find(|(topic, _)| name == Some(topic)) {
        // The page of a command that is a topic as well begins with its flags.
        let command = page(Some(name)).ok();
        let print = |out: &mut dyn io::Write| {
            command.iter().try_for_each(|command| render(command, out))?;
            render_topic(name, text, out)
        };
        console.stream(print).map_err(RunError::Output)?;
        return Ok(ExitCode::Done);
    }
    let page = page(name)?;
    console.stream(|out| render(&page, out)).map_err(RunError::Output)?;
    Ok(ExitCode::Done)
}

/// Returns what the page is about: everything, or one command, whose page has a name of its own
/// (`ec2-autoscale-plan`).
fn page(name: Option<&str>) -> Result<clap::Command, RunError> {
    let mut cli = Cli::command().disable_help_subcommand(true);
    cli.build();
    let Some(name) = name else { return Ok(cli) };
    let topics = TOPICS.iter().map(|(topic, _)| *topic).collect::<Vec<_>>().join(" and ");
    let topics = format!("and the topics are {topics}");
    let known: Vec<String> = cli.get_subcommands().map(|command| command.get_name().to_owned()).chain([topics]).collect();
    match cli.find_subcommand(name) {
        Some(command) => Ok(command.clone()),
        None => Err(RunError::usage(format!("there is no command {name:?}"), format!("the commands are {}", known.join(", ")))),
    }
}

fn render(page: &clap::Command, out: &mut dyn io::Write) -> io::Result<()> {
    // The page is made in memory, since its functions need a sized writer.
    let mut text = Vec::new();
    let man = Man::new(page.clone());
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    if page.has_subcommands() {
        man.render_subcommands_section(&mut text)?;
    }
    if let Some(notes) = page.get_after_help() {
        render_notes(&notes.to_string(), &mut text)?;
    }
    // Commands have no version.
    if page.get_version().is_some() {
        man.render_version_section(&mut text)?;
    }
    out.write_all(&text)
}

/// Renders the text of a topic line by line: its tables and examples would otherwise run into each
/// other.
fn render_topic(name: &str, text: &str, out: &mut dyn io::Write) -> io::Result<()> {
    let mut page = Roff::new();
    page.control("TH", [format!("ec2-autoscale-{name}").as_str(), "7"]).control("nf", []);
    for line in text.lines() {
        page.text([roman(line)]);
    }
    page.control("fi", []);
    let mut made = Vec::new();
    page.to_writer(&mut made)?;
    out.write_all(&made)
}

/// Renders the text below the flags line by line: its examples would otherwise run into each other.
fn render_notes(notes: &str, text: &mut Vec<u8>) -> io::Result<()> {
    let mut section = Roff::new();
    section.control("SH", ["NOTES"]).control("nf", []);
    for line in notes.lines() {
        section.text([roman(line)]);
    }
    section.control("fi", []);
    section.to_writer(text)
}
