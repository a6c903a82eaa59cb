//! The manual for man(1): all pages, as roff, without what is left of Markdown.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use clap::CommandFactory;
use ec2_autoscale::cli::Cli;

use crate::cli::{assert_fails, run, stderr, stdout};

/// Writes all pages, and returns them by the names of their files.
fn pages(folder: &tempfile::TempDir) -> BTreeMap<String, String> {
    let directory = folder.path().join("man");
    let output = run(&["man", "--out", directory.to_str().expect("a plain path")]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let files = fs::read_dir(&directory).expect("a directory").map(|file| file.expect("a file").path());
    let pages = files.map(|file| {
        let name = file.file_name().and_then(|name| name.to_str()).expect("a plain name").to_owned();
        (name, fs::read_to_string(&file).expect("text"))
    });
    let pages: BTreeMap<String, String> = pages.collect();
    assert!(stdout(&output).starts_with(&format!("{} pages in ", pages.len())), "{}", stdout(&output));
    pages
}

#[test]
fn each_command_format_and_topic_has_its_page() {
    let folder = tempfile::tempdir().expect("a directory");
    let pages = pages(&folder);
    for command in Cli::command().get_subcommands() {
        let page = format!("ec2-autoscale-{}.1", command.get_name());
        assert!(pages.contains_key(&page), "{page}");
    }
    for page in ["ec2-autoscale.1", "ec2-autoscale-simulate-merge.1", "ec2-autoscale-gangs.7", "ec2-autoscale-suggest.7"] {
        assert!(pages.contains_key(page), "{page}");
    }
    for file in ["snapshot", "plan", "policy", "prices", "trace"] {
        assert!(pages.contains_key(&format!("ec2-autoscale-{file}.5")), "{file}");
    }
}

#[test]
fn each_page_begins_with_its_title_and_no_markdown_is_left() {
    let folder = tempfile::tempdir().expect("a directory");
    for (file, page) in pages(&folder) {
        let (name, section) = file.rsplit_once('.').expect("a section");
        let title = page.lines().find(|line| line.starts_with(".TH ")).expect("a title");
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(title, format!(".TH {} {section} \"\" \"ec2-autoscale {version}\"", name.to_uppercase()), "{file}");
        assert_eq!(page.matches("\n.TH ").count(), 1, "{file}");
        let first = page.lines().find(|line| line.starts_with(".SH ")).expect("a section");
        assert_eq!(first, ".SH NAME", "{file}");
        let mut is_example = false;
        for line in page.lines() {
            is_example = line == ".nf" || is_example && line != ".fi";
            let is_markdown = ["|---", "](", "**", "```"].iter().any(|sign| line.contains(sign)) || line.starts_with("# ");
            assert!(is_example || !is_markdown, "{file}: {line}");
        }
    }
}

/// Groff states everything that it does not understand.
#[test]
#[ignore = "needs groff: .ci/run installs it and runs this"]
fn groff_understands_every_page() {
    let folder = tempfile::tempdir().expect("a directory");
    let mut complaints = Vec::new();
    for file in pages(&folder).into_keys() {
        let output = Command::new("groff")
            .args(["-K", "utf8", "-t", "-man", "-Tutf8", "-ww", "-rLL=78n", "-z"])
            .arg(folder.path().join("man").join(&file))
            .output()
            .expect("groff is missing; install it, e.g. with: apt-get install groff");
        if !output.status.success() || !output.stderr.is_empty() {
            complaints.push(format!("{file}: {}", stderr(&output)));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn a_section_behind_a_name_chooses_among_pages() {
    let title = |name: &str| stdout(&run(&["man", name])).lines().find(|line| line.starts_with(".TH ")).map(str::to_owned);
    let begins = |name: &str, begin: &str| assert!(title(name).is_some_and(|title| title.starts_with(begin)), "{name}");
    begins("plan", ".TH EC2-AUTOSCALE-PLAN 1 ");
    begins("plan.5", ".TH EC2-AUTOSCALE-PLAN 5 ");
    begins("policy", ".TH EC2-AUTOSCALE-POLICY 5 ");
    begins("gangs.7", ".TH EC2-AUTOSCALE-GANGS 7 ");
    assert_fails(&run(&["man", "gangs.1"]), 64, &["there is no command \"gangs.1\"", "gangs"]);
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    assert_fails(&run(&["man", "--out", "/dev/null/man"]), 1, &["making the directory /dev/null/man"]);
}
