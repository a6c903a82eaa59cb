//! Rules on which parts of a crate may use which.

use std::collections::BTreeMap;
use std::path::Path;

use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;

use super::imports::{Source, sources};

/// A module at the root of a crate, the modules beside it that it may use, and names that it must
/// not use.
pub(crate) struct Room {
    pub(crate) name: &'static str,
    pub(crate) may_use: &'static [&'static str],
    /// Such as `HashMap` or `Timestamp::now`.
    pub(crate) must_not_use: &'static [&'static str],
}

/// Returns what is wrong with the rooms of the crate whose `lib.rs` lies in a folder. A module
/// without a room is wrong as well.
pub(crate) fn violations(root: &Path, rooms: &[Room]) -> Vec<String> {
    let sources = sources(root);
    let mut wrong: Vec<String> = rooms
        .iter()
        .filter(|room| sources.iter().all(|source| source.module.first().is_none_or(|first| first != room.name)))
        .map(|room| format!("there is no module {}", room.name))
        .collect();
    for source in &sources {
        let Some(name) = source.module.first() else { continue };
        match rooms.iter().find(|room| room.name == name) {
            Some(room) => wrong.extend(violations_in(room, source)),
            None => wrong.push(format!("{name} is in no table")),
        }
    }
    wrong
}

fn violations_in(room: &Room, source: &Source) -> Vec<String> {
    let mut wrong = Vec::new();
    for name in &source.uses {
        let parts: Vec<&str> = name.iter().map(String::as_str).collect();
        if let ["crate", used, ..] = parts[..]
            && used != room.name
            && !room.may_use.contains(&used)
        {
            wrong.push(format!("{}: {} must not use {}", source.path.display(), room.name, parts.join("::")));
        }
        for banned in room.must_not_use {
            let banned: Vec<&str> = banned.split("::").collect();
            if parts.windows(banned.len()).any(|window| window == banned) {
                wrong.push(format!("{}: {} must not use {}", source.path.display(), room.name, parts.join("::")));
            }
        }
    }
    wrong
}

/// Returns the circles of files in which one uses the next: those that cross folders, and those of
/// more than two files.
///
/// A file may use what the `mod.rs` of its own folder, or of one above it, defines: that is what
/// such a file is for.
pub(crate) fn circles(root: &Path) -> Vec<String> {
    let sources = sources(root);
    let by_module: BTreeMap<&[String], &Source> = sources.iter().map(|source| (&source.module[..], source)).collect();
    let mut graph = DiGraphMap::<&[String], ()>::new();
    for source in &sources {
        for used in source.files(&by_module) {
            if !source.module.starts_with(&used.module) {
                graph.add_edge(&source.module, &used.module, ());
            }
        }
    }
    tarjan_scc(&graph).into_iter().filter(|circle| is_wrong(circle)).map(described).collect()
}

fn is_wrong(circle: &[&[String]]) -> bool {
    let folder = |module: &[String]| module[..module.len().saturating_sub(1)].to_vec();
    let crosses_folders = circle.iter().any(|module| folder(module) != folder(circle[0]));
    circle.len() > 2 || (circle.len() == 2 && crosses_folders)
}

fn described(mut circle: Vec<&[String]>) -> String {
    circle.sort_unstable();
    circle.iter().map(|module| module.join("/")).collect::<Vec<_>>().join(" ")
}
