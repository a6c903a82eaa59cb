//! `man`: prints a manual page, or writes all of them into a directory.

use std::fs;
use std::path::Path;

use anyhow::Context;

use super::manual::{FILE_FORMATS, FileFormat, TOPICS, Topic, command_page, described_page};
use super::{Console, RunError, out_file, schema};
use crate::cli::{self, CalledAs, ManCommand};
use crate::exit::ExitCode;
use crate::plan::count;

pub(super) fn run(command: &ManCommand, console: &Console) -> anyhow::Result<ExitCode> {
    if let Some(directory) = &command.out {
        let written = write_all(directory)?;
        let pages = count(written as u64, "page");
        console.print(&format!("{pages} in {}\n", directory.display())).map_err(RunError::Output)?;
        return Ok(ExitCode::Done);
    }
    let text = pages_named(command.command.as_deref())?;
    console.print(&text).map_err(RunError::Output)?;
    Ok(ExitCode::Done)
}

/// A page of the manual.
struct ManPage {
    /// The name of its file, as `ec2-autoscale-plan.1`.
    file: String,
    /// What man(1) reads.
    text: String,
}

/// Returns what stands under a name: a command, a topic, a format of files, or a command and a
/// topic of one name.
fn pages_named(name: Option<&str>) -> anyhow::Result<String> {
    let Some(name) = name else { return Ok(of_command(&cli_built())?.text) };
    let bare = ["1", "5", "7"].into_iter().find_map(|section| Some((name.strip_suffix(section)?.strip_suffix('.')?, section)));
    let (bare, section) = bare.map_or((name, None), |(bare, section)| (bare, Some(section)));
    let mut found = Vec::new();
    for page in all()? {
        let own = page.file.strip_prefix("ec2-autoscale-").and_then(|file| file.rsplit_once('.'));
        let Some((of_page, its_section)) = own else { continue };
        // A file is shown where its section is named: else the command of that name is meant.
        let is_meant = match section {
            Some(section) => section == its_section,
            None => its_section != "5" || Topic::find(of_page).is_some(),
        };
        if of_page == bare && is_meant {
            found.push(page.text);
        }
    }
    if found.is_empty() { Err(no_such_page(name).into()) } else { Ok(found.concat()) }
}

fn write_all(directory: &Path) -> anyhow::Result<usize> {
    fs::create_dir_all(directory).with_context(|| format!("making the directory {}", directory.display()))?;
    let pages = all()?;
    for page in &pages {
        out_file::write(&directory.join(&page.file), |out| out.write_all(page.text.as_bytes()))?;
    }
    Ok(pages.len())
}

fn all() -> anyhow::Result<Vec<ManPage>> {
    let cli = cli_built();
    let mut pages = vec![of_command(&cli)?];
    for command in cli.get_subcommands() {
        pages.push(of_command(command)?);
        for below in command.get_subcommands() {
            pages.push(of_command(below)?);
        }
    }
    pages.extend(FILE_FORMATS.map(of_format));
    pages.extend(TOPICS.map(of_topic));
    Ok(pages)
}

fn cli_built() -> clap::Command {
    let mut cli = cli::command(CalledAs::Alone);
    cli.build();
    cli
}

fn of_command(command: &clap::Command) -> anyhow::Result<ManPage> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    Ok(ManPage { file: format!("{name}.1"), text: command_page(command).context("rendering a page")? })
}

fn of_topic(topic: Topic) -> ManPage {
    let (name, section) = (format!("ec2-autoscale-{}", topic.name), topic.section());
    ManPage { text: described_page(&name, section, topic.about, &topic.page()), file: format!("{name}.{section}") }
}

fn of_format(format: FileFormat) -> ManPage {
    let name = format!("ec2-autoscale-{}", format.name);
    let page = format.page(schema::of_format(format.name).as_deref());
    ManPage { text: described_page(&name, 5, format.about, &page), file: format!("{name}.5") }
}

fn no_such_page(name: &str) -> RunError {
    let cli = cli_built();
    let commands: Vec<&str> = cli.get_subcommands().map(clap::Command::get_name).collect();
    let topics = TOPICS.map(|topic| topic.name).join(" and ");
    let files = FILE_FORMATS.map(|format| format!("{}.5", format.name)).join(" and ");
    let hint = format!("the commands are {}, the topics are {topics}, and the files are {files}", commands.join(", "));
    RunError::usage(format!("there is no command {name:?}"), hint)
}
