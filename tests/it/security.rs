//! `.github/SECURITY.md` names a test for each threat, and each of these tests exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const PAGE: &str = include_str!("../../.github/SECURITY.md");

/// Returns what the last column of the table of threats names.
fn named() -> BTreeSet<&'static str> {
    let rows = PAGE.lines().filter(|line| line.starts_with('|'));
    let cells = rows.filter_map(|row| row.trim_end_matches('|').rsplit_once('|')).map(|(_, cell)| cell.trim());
    // The odd pieces stand between two backticks.
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect()
}

/// Finds the functions that follow an attribute which makes a test of them.
fn tests_in(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a folder of the tree") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            tests_in(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("a source file");
            let mut is_test = text.contains("proptest!");
            for line in text.lines().map(str::trim) {
                is_test |= line == "#[test]" || line.starts_with("#[tokio::test");
                let function = line.trim_start_matches("async ").strip_prefix("fn ");
                if let (true, Some((name, _))) = (is_test, function.and_then(|rest| rest.split_once('('))) {
                    found.insert(name.to_owned());
                    is_test = text.contains("proptest!");
                }
            }
        }
    }
}

#[test]
fn each_threat_names_tests_that_there_are() {
    let mut tests = BTreeSet::new();
    for folder in ["src", "tests"] {
        tests_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut tests);
    }
    let named = named();
    assert!(named.len() > 20, "the column was not found: {named:?}");
    let unknown: Vec<&str> = named.into_iter().filter(|name| !tests.contains(*name)).collect();
    assert_eq!(unknown, [""; 0], "no test is called so");
}
