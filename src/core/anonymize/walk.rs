//! Visits every text of a document whose meaning its schema leaves open.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::fields::{MapKind, TextKind, of_map, of_text, of_values};

/// The texts of a document, by its schema.
pub(super) struct SchemaWalk<'s> {
    root: &'s Value,
    /// The labels and taints that are compared as numbers.
    numbers: BTreeSet<String>,
}

/// A part of the schema, and where it belongs.
#[derive(Clone, Copy)]
struct Leaf<'s> {
    schema: &'s Value,
    /// The type that has it; blank at the top.
    of: &'s str,
    /// The field; blank where the type itself is a text.
    field: &'s str,
}

/// What is known of a text from the objects around it.
#[derive(Clone, Copy, Default)]
struct Around<'d> {
    /// The key of the map in which it is a value, or the label that is compared with it.
    key: Option<&'d str>,
}

/// What is done with a text of a kind.
type Visitor<'v> = dyn FnMut(TextKind, &mut String) + 'v;

impl<'s> SchemaWalk<'s> {
    pub(super) fn new(schema: &'s Value, numbers: BTreeSet<String>) -> Self {
        Self { root: schema, numbers }
    }

    /// Visits every text of the document, keys of maps included.
    pub(super) fn visit(&self, document: &mut Value, visitor: &mut Visitor<'_>) {
        let top = Leaf { schema: self.root, of: "", field: "" };
        self.value(&[top], Around::default(), document, visitor);
    }

    fn value(&self, at: &[Leaf<'s>], around: Around<'_>, value: &mut Value, visitor: &mut Visitor<'_>) {
        let leaves = self.leaves(at);
        match value {
            Value::String(text) if leaves.iter().all(|leaf| is_open(leaf.schema, text)) => {
                let kind = match leaves.first() {
                    _ if self.is_number(around, text) => TextKind::Kept,
                    Some(leaf) => of_text(leaf.of, leaf.field, around.key),
                    None => TextKind::Name,
                };
                visitor(kind, text);
            }
            Value::Array(list) => {
                let items: Vec<Leaf<'s>> = leaves.iter().filter_map(|leaf| leaf.at("items")).collect();
                for item in list {
                    self.value(&items, around, item, visitor);
                }
            }
            Value::Object(object) => self.object(&leaves, around, object, visitor),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn object(&self, leaves: &[Leaf<'s>], around: Around<'_>, object: &mut Map<String, Value>, visitor: &mut Visitor<'_>) {
        let compared = object.get("key").and_then(Value::as_str).map(str::to_owned);
        for (mut key, mut value) in std::mem::take(object) {
            let fields: Vec<Leaf<'s>> = leaves.iter().filter_map(|leaf| leaf.property(&key)).collect();
            if fields.is_empty() {
                let entries: Vec<Leaf<'s>> = leaves.iter().filter_map(Leaf::entry).collect();
                let inside = Around { key: Some(&key) };
                self.value(&entries, inside, &mut value, visitor);
                if let Some(MapKind(kind)) = entries.first().and_then(|leaf| of_map(leaf.of, leaf.field)) {
                    visitor(kind, &mut key);
                }
            } else {
                let is_compared = fields.iter().any(|leaf| of_values(leaf.of, leaf.field));
                let inside = if is_compared { Around { key: compared.as_deref() } } else { around };
                self.value(&fields, inside, &mut value, visitor);
            }
            object.insert(key, value);
        }
    }

    /// Whether a text is a number that is compared with others.
    fn is_number(&self, around: Around<'_>, text: &str) -> bool {
        around.key.is_some_and(|key| self.numbers.contains(key)) && text.parse::<i64>().is_ok()
    }

    /// Follows references and alternatives to the end.
    fn leaves(&self, at: &[Leaf<'s>]) -> Vec<Leaf<'s>> {
        let mut leaves = Vec::with_capacity(at.len());
        for leaf in at {
            self.add_leaves(*leaf, &mut leaves);
        }
        leaves
    }

    fn add_leaves(&self, leaf: Leaf<'s>, leaves: &mut Vec<Leaf<'s>>) {
        let alternatives = ["anyOf", "oneOf"].into_iter().filter_map(|of| leaf.schema.get(of)?.as_array()).flatten();
        let mut has_any = false;
        for schema in alternatives {
            has_any = true;
            self.add_leaves(Leaf { schema, ..leaf }, leaves);
        }
        match leaf.schema.get("$ref").and_then(Value::as_str).and_then(|of| of.strip_prefix("#/$defs/")) {
            Some(of) => self.add_leaves(Leaf { schema: &self.root["$defs"][of], of, field: "" }, leaves),
            None if !has_any => leaves.push(leaf),
            None => {}
        }
    }
}

impl Leaf<'_> {
    /// Returns what belongs to the same field.
    fn at(&self, name: &str) -> Option<Self> {
        Some(Self { schema: self.schema.get(name)?, ..*self })
    }

    /// Returns a named field.
    fn property(&self, name: &str) -> Option<Self> {
        let (field, schema) = self.schema.get("properties")?.as_object()?.get_key_value(name)?;
        Some(Self { schema, field, ..*self })
    }

    /// Returns an entry of a map.
    fn entry(&self) -> Option<Self> {
        let numbered = || self.schema.get("patternProperties")?.as_object()?.values().next();
        let schema = self.schema.get("additionalProperties").filter(|schema| schema.is_object()).or_else(numbered)?;
        Some(Self { schema, ..*self })
    }
}

/// Whether the schema leaves open which text it is.
fn is_open(schema: &Value, text: &str) -> bool {
    let is_listed = || schema.get("enum").and_then(Value::as_array).is_some_and(|list| list.iter().any(|one| one == text));
    let is_formal = || schema.get("format").or_else(|| schema.get("pattern")).is_some();
    schema.get("const").is_none_or(|one| one != text) && !is_listed() && !is_formal()
}
