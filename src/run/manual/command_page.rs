//! The page of a command, for `man`.

use std::io;

use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::roff::{add, example, finished, title};
use super::topics::Topic;
use crate::cli::{EXAMPLES, VARIABLES};

/// Returns the page of a command that is built.
///
/// # Errors
/// None but those of writing to memory.
pub(in crate::run) fn command_page(command: &clap::Command) -> io::Result<String> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
    let man = Man::new(command.clone());
    let mut made = Vec::new();
    title(&name, 1).to_writer(&mut made)?;
    man.render_name_section(&mut made)?;
    man.render_synopsis_section(&mut made)?;
    man.render_description_section(&mut made)?;
    man.render_options_section(&mut made)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut made)?;
    }
    last_sections(command).to_writer(&mut made)?;
    Ok(finished(&once(&String::from_utf8_lossy(&made))))
}

/// Returns the sections below the flags.
fn last_sections(command: &clap::Command) -> Roff {
    let mut page = Roff::new();
    let notes = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let (notes, examples) = notes.split_once(EXAMPLES).unwrap_or((&notes, ""));
    let notes: Vec<&str> = notes.lines().filter(|line| !line.is_empty() && *line != VARIABLES).collect();
    if !notes.is_empty() {
        page.control("SH", ["NOTES"]);
        for note in notes {
            page.text([roman(note)]);
        }
    }
    if command.get_arguments().any(|flag| flag.get_env().is_some()) {
        page.control("SH", ["ENVIRONMENT"]).text([roman(VARIABLES)]);
    }
    if let Some(codes) = Topic::find("exit-codes") {
        page.control("SH", ["EXIT STATUS"]);
        add(&mut page, &codes.page());
    }
    if !examples.is_empty() {
        page.control("SH", ["EXAMPLES"]);
        let lines: Vec<&str> = examples.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        example(&mut page, &lines.join("\n"));
    }
    page.control("SH", ["SEE ALSO"]);
    let pages = [("ec2-autoscale", "(1), "), ("ec2-autoscale-flags", "(7), "), ("ec2-autoscale-policy", "(5)")];
    page.text(pages.iter().flat_map(|(page, section)| [bold(*page), roman(*section)]).collect::<Vec<_>>());
    page
}

/// Leaves out all but the first of the lines that each section begins with.
fn once(page: &str) -> String {
    let begin = Roff::new().render();
    match page.strip_prefix(&begin) {
        Some(rest) => format!("{begin}{}", rest.replace(&begin, "")),
        None => page.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use clap::Arg;

    use super::*;

    #[test]
    fn a_page_has_its_sections_once() {
        let command = clap::Command::new("x-y").about("Do it").arg(Arg::new("all").long("all").env("X").help("Do all of it"));
        let mut command = command.after_help(format!("A note.\n\n{EXAMPLES}\n  x y\n  x z"));
        command.build();
        let page = command_page(&command).expect("it is in memory");
        let sections: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix(".SH ")).collect();
        assert_eq!(
            sections,
            [
                "NAME",
                "SYNOPSIS",
                "DESCRIPTION",
                "OPTIONS",
                "NOTES",
                "ENVIRONMENT",
                "\"EXIT STATUS\"",
                "EXAMPLES",
                "\"SEE ALSO\""
            ]
        );
        assert_eq!(page.matches(".ds Aq").count(), Roff::new().render().matches(".ds Aq").count(), "{page}");
        assert!(page.contains("\n.nf\nx y\nx z\n.fi\n"), "{page}");
    }
}
