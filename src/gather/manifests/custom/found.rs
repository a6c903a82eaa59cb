//! A template of pods that was found in an object, and small readings of its fields.

use std::borrow::Cow;

use crate::gather::manifests::node::{YamlNode, YamlValue};

/// A template of pods.
#[derive(Debug, PartialEq)]
pub(super) struct FoundTemplate<'a> {
    /// What its pods are called within the object; empty where it has one template.
    pub(super) name: String,
    /// Where the template is, from the object down.
    pub(super) path: String,
    pub(super) template: Cow<'a, YamlNode>,
    pub(super) shape: TemplateShape,
    /// How many pods it has, where the object states it.
    pub(super) pods: Option<i64>,
}

/// How a template is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TemplateShape {
    /// As metadata and a specification.
    Template,
    /// As the specification alone.
    Spec,
}

pub(super) fn integer(node: &YamlNode, key: &str) -> Option<i64> {
    match &node.get(key)?.value {
        YamlValue::Number(number) => number.as_i64(),
        _ => None,
    }
}

pub(super) fn entries(node: &YamlNode) -> impl Iterator<Item = (&str, &YamlNode)> {
    let entries = if let YamlValue::Map(entries) = &node.value { entries.as_slice() } else { &[] };
    entries.iter().map(|(key, value)| (key.as_str(), value))
}

pub(super) fn items(node: Option<&YamlNode>) -> impl Iterator<Item = &YamlNode> {
    let items = if let Some(YamlNode { value: YamlValue::List(items), .. }) = node { items.as_slice() } else { &[] };
    items.iter()
}
