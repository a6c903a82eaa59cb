//! Keys that a mapping has twice. YAML forbids them, and kubectl takes the last.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::node::{YamlNode, YamlValue};
use super::typed::UnknownField;

/// Keeps the last entry of each key of an object, and returns the places of those that were there
/// before.
pub(super) fn keep_last(object: &mut YamlNode) -> Vec<UnknownField> {
    let mut dropped = Vec::new();
    below(object, &mut String::new(), &mut dropped);
    dropped
}

/// Does so for a value at this path.
fn below(node: &mut YamlNode, path: &mut String, dropped: &mut Vec<UnknownField>) {
    let whole = path.len();
    match &mut node.value {
        YamlValue::Map(entries) => {
            let mut is_last = last_of_each(entries).into_iter();
            entries.retain(|(key, value)| {
                let stays = is_last.next().unwrap_or(true);
                if !stays {
                    step(path, key);
                    dropped.push(UnknownField { line: value.line, path: path.clone() });
                    path.truncate(whole);
                }
                stays
            });
            for (key, value) in entries {
                step(path, key);
                below(value, path, dropped);
                path.truncate(whole);
            }
        }
        YamlValue::List(items) => {
            for (position, item) in items.iter_mut().enumerate() {
                write!(path, "[{position}]").expect("a string takes all that is written");
                below(item, path, dropped);
                path.truncate(whole);
            }
        }
        YamlValue::Null | YamlValue::Bool(_) | YamlValue::Number(_) | YamlValue::Text(_) => {}
    }
}

fn step(path: &mut String, key: &str) {
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(key);
}

/// Returns for each entry whether it is the last of its key.
fn last_of_each(entries: &[(String, YamlNode)]) -> Vec<bool> {
    let mut seen = HashSet::new();
    let mut is_last: Vec<bool> = entries.iter().rev().map(|(key, _)| seen.insert(key.as_str())).collect();
    is_last.reverse();
    is_last
}
