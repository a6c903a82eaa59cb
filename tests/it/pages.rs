//! The README and the pages of the manual: short enough, all listed, and no link leads nowhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use crate::cli::ec2_autoscale;

/// What people read before they decide.
const LONGEST_README: usize = 14 * 1024;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the pages of the manual, without their ending.
fn pages() -> BTreeSet<String> {
    let files = fs::read_dir(root().join("src/manual")).expect("the manual");
    let name = |file: fs::DirEntry| file.file_name().to_str()?.strip_suffix(".md").map(str::to_owned);
    files.filter_map(|file| name(file.expect("a file"))).collect()
}

/// Returns the documents that link to each other, with their text.
fn documents() -> BTreeMap<PathBuf, String> {
    let pages = pages().into_iter().map(|page| format!("src/manual/{page}.md"));
    let others = ["README.md", ".github/CONTRIBUTING.md", ".github/SECURITY.md"].map(str::to_owned);
    let read = |path: String| {
        let text = fs::read_to_string(root().join(&path)).expect("a document");
        (root().join(path), text)
    };
    pages.chain(others).map(read).collect()
}

/// Returns the anchor of a heading, as the sites that host repositories make it.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| anchor(line.trim_start_matches('#').trim())).collect()
}

/// Returns where the links of a text lead, except to other sites.
fn links(text: &str) -> Vec<&str> {
    let targets = text.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0));
    targets.filter(|target| !target.contains("://") && !target.contains(char::is_whitespace)).collect()
}

#[test]
fn the_readme_is_short() {
    let length = fs::read(root().join("README.md")).expect("the README").len();
    assert!(length <= LONGEST_README, "README.md has {length} bytes; details belong into src/manual");
}

#[test]
fn each_page_is_a_topic_and_stands_in_the_readme() {
    let readme = fs::read_to_string(root().join("README.md")).expect("the README");
    let rows = pages().into_iter().filter(|page| !readme.contains(&format!("\n| [{page}](src/manual/{page}.md) | ")));
    assert_eq!(rows.collect::<Vec<_>>(), [""; 0], "pages without a row in the README");
    for page in pages() {
        let shown = ec2_autoscale(&["man", &page]).output().expect("the binary starts");
        assert!(shown.status.success(), "man {page}: {}", String::from_utf8_lossy(&shown.stderr));
    }
}

/// `help` lists the topics as the README does.
#[test]
fn help_has_the_words_of_the_readme() {
    let readme = fs::read_to_string(root().join("README.md")).expect("the README");
    let listed = ec2_autoscale(&["help"]).output().expect("the binary starts").stdout;
    let listed = String::from_utf8(listed).expect("text");
    for page in pages() {
        let row =
            readme.lines().find_map(|line| line.strip_prefix(&format!("| [{page}](src/manual/{page}.md) | "))).expect("a row");
        let about = row.trim_end_matches(" |").replace('`', "");
        let has_both = |line: &str| line.trim_start().strip_prefix(&page).is_some_and(|rest| rest.trim() == about);
        assert!(listed.lines().any(has_both), "{page}: {about}");
    }
}

#[test]
fn no_link_leads_nowhere() {
    let documents = documents();
    let mut dead = Vec::new();
    for (path, text) in &documents {
        let folder = path.parent().expect("a folder");
        for link in links(text) {
            let (file, place) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { path.clone() } else { folder.join(file) };
            let target = fs::canonicalize(&target).unwrap_or(target);
            let is_there = target.exists();
            let has_place = place.is_empty() || documents.get(&target).is_some_and(|text| anchors(text).contains(place));
            if !is_there || !has_place {
                dead.push(format!("{}: {link}", path.strip_prefix(root()).unwrap_or(path.as_path()).display()));
            }
        }
    }
    assert_eq!(dead, [""; 0]);
}

#[test]
fn anchors_are_made_as_hosts_make_them() {
    assert_eq!(anchor("Pods that can start again"), "pods-that-can-start-again");
    assert_eq!(anchor("See it work: out and back in"), "see-it-work-out-and-back-in");
}
