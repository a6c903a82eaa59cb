//! The texts behind `-f`: files, the manifests directly in a directory, standard input.

use std::fs;
use std::path::{Path, PathBuf};

use serde_saphyr::DuplicateKeyPolicy;

use super::error::{ManifestError, SourcePlace};
use super::node::{YamlNode, YamlValue};
use super::twice;
use super::typed::UnknownField;
use crate::gather::document::{ByteSize, InputDocument, read_document};

/// More than any list of manifests has; a longer file is something else.
const LARGEST: ByteSize = ByteSize(256 << 20);

/// The endings of the files that kubectl reads from a directory.
const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];

/// One object and its place.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) place: SourcePlace,
    pub(super) node: YamlNode,
    /// The keys that it has twice.
    pub(super) twice: Vec<UnknownField>,
}

/// Reads every object of these files, in the order in which they are given; lists are taken apart.
pub(super) fn read_all(paths: &[PathBuf]) -> Result<Vec<Found>, ManifestError> {
    if paths.iter().filter(|path| path.as_path() == Path::new("-")).count() > 1 {
        return Err(ManifestError::InputTwice);
    }
    let mut found = Vec::new();
    for path in paths {
        for file in files_of(path)? {
            let InputDocument { file, bytes } = read_document(&file, LARGEST)?;
            found.extend(objects_in(&file, &utf8(&file, bytes)?)?);
        }
    }
    Ok(found)
}

/// Returns the manifests directly in a directory, in kubectl's order, or the path itself where it
/// is no directory.
fn files_of(path: &Path) -> Result<Vec<PathBuf>, ManifestError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let directory = || path.display().to_string();
    let unreadable = |error| ManifestError::UnreadableDirectory { directory: directory(), error };
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path();
        let is_manifest = file.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known));
        if is_manifest && !file.is_dir() {
            files.push(file);
        }
    }
    files.sort();
    if files.is_empty() { Err(ManifestError::EmptyDirectory { directory: directory() }) } else { Ok(files) }
}

fn utf8(file: &str, bytes: Vec<u8>) -> Result<String, ManifestError> {
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = good.split(|byte| *byte == b'\n').count() as u64;
        ManifestError::NotUtf8 { file: file.to_owned(), line }
    })
}

/// Reads every object of a text.
pub(super) fn objects_in(file: &str, text: &str) -> Result<Vec<Found>, ManifestError> {
    let documents = documents(text).map_err(|error| ManifestError::Malformed {
        file: file.to_owned(),
        line: error.location().map(|location| location.line()),
        problem: first_line(&error.without_snippet().to_string()),
    })?;
    let mut found = Vec::new();
    for node in documents {
        take_apart(file, node, None, &mut found)?;
    }
    if found.is_empty() { Err(ManifestError::Empty { file: file.to_owned() }) } else { Ok(found) }
}

/// Reads every object of a value in another document.
pub(super) fn objects_in_node(file: &str, node: YamlNode) -> Result<Vec<Found>, ManifestError> {
    let mut found = Vec::new();
    take_apart(file, node, None, &mut found)?;
    Ok(found)
}

/// Parses YAML documents. The default limits are those for a stranger's configuration, and too
/// narrow for a cluster's pods. A number that begins with 0 is octal, as for kubectl, whose YAML is
/// version 1.1: people write modes of files so. A key may be there twice, as for kubectl.
fn documents(text: &str) -> Result<Vec<YamlNode>, serde_saphyr::Error> {
    let budget = serde_saphyr::budget! {
        max_events: 100_000_000,
        max_nodes: 50_000_000,
        max_documents: 1_000_000,
        max_total_scalar_bytes: 1 << 30,
    };
    let options = serde_saphyr::options! {
        budget: budget,
        emit_comments: false,
        legacy_octal_numbers: true,
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
    };
    serde_saphyr::from_multiple_with_options(text.trim_start_matches('\u{feff}'), options)
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

/// Adds the items of a `List`, or of a `PodList` whose items need not state their kind; adds any
/// other object unchanged.
fn take_apart(
    file: &str,
    node: YamlNode,
    inherited: Option<(&str, &str)>,
    found: &mut Vec<Found>,
) -> Result<(), ManifestError> {
    let place = SourcePlace { file: file.to_owned(), line: node.line };
    let not_an_object = |problem| Err(ManifestError::NotAnObject { place: place.clone(), problem });
    let YamlValue::Map(_) = &node.value else {
        return not_an_object("not an object of Kubernetes; write a mapping with apiVersion, kind and metadata");
    };
    let node = inherit(node, inherited);
    let Some(kind) = node.get("kind").and_then(YamlNode::text).filter(|kind| !kind.is_empty()) else {
        return not_an_object("an object without a kind; write kind and apiVersion, such as Job and batch/v1");
    };
    let Some(version) = node.get("apiVersion").and_then(YamlNode::text).filter(|version| !version.is_empty()) else {
        return not_an_object("an object without an apiVersion; write it, such as batch/v1 for a Job");
    };
    let (kind, version) = (kind.to_owned(), version.to_owned());
    let is_list = matches!(node.get("items"), Some(YamlNode { value: YamlValue::List(_) | YamlValue::Null, .. }));
    if let Some(of) = kind.strip_suffix("List").filter(|_| is_list) {
        let inherited = (!of.is_empty()).then_some((version.as_str(), of));
        for item in items(node) {
            take_apart(file, item, inherited, found)?;
        }
    } else {
        let mut node = node;
        let twice = twice::keep_last(&mut node);
        found.push(Found { place, node, twice });
    }
    Ok(())
}

fn items(node: YamlNode) -> Vec<YamlNode> {
    let YamlValue::Map(entries) = node.value else { return Vec::new() };
    let items = entries.into_iter().find(|(key, _)| key == "items").map(|(_, items)| items.value);
    match items {
        Some(YamlValue::List(items)) => items,
        _ => Vec::new(),
    }
}

/// Adds kind and version to the item of a typed list, which leaves them out.
fn inherit(mut node: YamlNode, inherited: Option<(&str, &str)>) -> YamlNode {
    let (line, Some((version, kind))) = (node.line, inherited) else { return node };
    if let YamlValue::Map(entries) = &mut node.value {
        for (key, text) in [("apiVersion", version), ("kind", kind)] {
            if !entries.iter().any(|(found, _)| found == key) {
                entries.push((key.to_owned(), YamlNode { line, value: YamlValue::Text(text.to_owned()) }));
            }
        }
    }
    node
}
