//! Specifications of pods that a kind writes in words of its own, put into those of Kubernetes.

use std::borrow::Cow;

use super::found::{FoundTemplate, TemplateShape};
use crate::gather::manifests::node::{YamlNode, YamlValue};

/// The fields that say where pods go, which other kinds write as Kubernetes does.
const PLACEMENT: [&str; 5] = ["nodeSelector", "tolerations", "affinity", "priorityClassName", "schedulerName"];

/// Returns a template with these fields of its specification. Where pods go is stated by the first
/// of the holders that states it.
pub(super) fn template<'a>(
    (name, path): (&str, String),
    pods: i64,
    line: u64,
    fields: Vec<(&str, YamlNode)>,
    holders: &[&YamlNode],
) -> FoundTemplate<'a> {
    let placement = PLACEMENT.into_iter().filter_map(|key| {
        let stated = holders.iter().find_map(|holder| holder.get(key))?;
        Some((key, stated.clone()))
    });
    let mut all = vec![("restartPolicy", text(line, "Never"))];
    all.extend(fields);
    all.extend(placement);
    FoundTemplate {
        name: name.to_owned(),
        path,
        template: Cow::Owned(map(line, all)),
        shape: TemplateShape::Spec,
        pods: Some(pods),
    }
}

pub(super) fn map(line: u64, entries: Vec<(&str, YamlNode)>) -> YamlNode {
    let entries = entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    YamlNode { line, value: YamlValue::Map(entries) }
}

pub(super) fn list(line: u64, items: Vec<YamlNode>) -> YamlNode {
    YamlNode { line, value: YamlValue::List(items) }
}

pub(super) fn text(line: u64, text: &str) -> YamlNode {
    YamlNode { line, value: YamlValue::Text(text.to_owned()) }
}
