//! YAML with the line of every value, so that a message can name the place of a mistake.

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Number;
use serde_saphyr::Spanned;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct YamlNode {
    /// The line, from 1; 0 when it is not known.
    pub(crate) line: u64,
    /// The value.
    pub(crate) value: YamlValue,
}

/// The values of YAML and JSON.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum YamlValue {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<YamlNode>),
    /// The entries in the order in which they were written.
    Map(Vec<(String, YamlNode)>),
}

impl YamlNode {
    /// Returns the entry of a map.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        let YamlValue::Map(entries) = &self.value else { return None };
        entries.iter().find(|(found, _)| found == key).map(|(_, value)| value)
    }

    /// Returns the entry under these keys, one after the other.
    pub(crate) fn at(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// Returns the text, if it is one.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            YamlValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Converts a JSON value, all of which stands in one line.
    pub(crate) fn from_json(value: serde_json::Value, line: u64) -> Self {
        let value = match value {
            serde_json::Value::Null => YamlValue::Null,
            serde_json::Value::Bool(truth) => YamlValue::Bool(truth),
            serde_json::Value::Number(number) => YamlValue::Number(number),
            serde_json::Value::String(text) => YamlValue::Text(text),
            serde_json::Value::Array(items) => {
                YamlValue::List(items.into_iter().map(|item| Self::from_json(item, line)).collect())
            }
            serde_json::Value::Object(entries) => {
                YamlValue::Map(entries.into_iter().map(|(key, value)| (key, Self::from_json(value, line))).collect())
            }
        };
        Self { line, value }
    }
}

impl YamlValue {
    /// Describes the kind of value, for a sentence.
    pub(crate) fn described(&self) -> String {
        match self {
            Self::Null => "empty".to_owned(),
            Self::Bool(truth) => truth.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => format!("{text:?}"),
            Self::List(_) => "a list".to_owned(),
            Self::Map(_) => "a mapping".to_owned(),
        }
    }
}

impl<'de> Deserialize<'de> for YamlNode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<YamlValue>::deserialize(deserializer)?;
        Ok(Self { line: spanned.referenced.line(), value: spanned.value })
    }
}

impl<'de> Deserialize<'de> for YamlValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = YamlValue;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<YamlValue, E> {
        Ok(YamlValue::Null)
    }

    fn visit_none<E: Error>(self) -> Result<YamlValue, E> {
        Ok(YamlValue::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<YamlValue, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<YamlValue, E> {
        Ok(YamlValue::Bool(truth))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<YamlValue, E> {
        Ok(YamlValue::Number(number.into()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<YamlValue, E> {
        Ok(YamlValue::Number(number.into()))
    }

    fn visit_i128<E: Error>(self, number: i128) -> Result<YamlValue, E> {
        Number::from_i128(number)
            .map(YamlValue::Number)
            .ok_or_else(|| E::custom(format_args!("{number} is too large a number")))
    }

    fn visit_u128<E: Error>(self, number: u128) -> Result<YamlValue, E> {
        Number::from_u128(number)
            .map(YamlValue::Number)
            .ok_or_else(|| E::custom(format_args!("{number} is too large a number")))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<YamlValue, E> {
        Number::from_f64(number).map(YamlValue::Number).ok_or_else(|| E::custom(format_args!("{number} is no number of JSON")))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<YamlValue, E> {
        Ok(YamlValue::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<YamlValue, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(YamlValue::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<YamlValue, A::Error> {
        let mut map = Vec::new();
        while let Some((key, value)) = entries.next_entry::<YamlValue, YamlNode>()? {
            // Keys of JSON are texts; kubectl turns others into texts.
            let key = match key {
                YamlValue::Text(text) => text,
                other => other.described(),
            };
            map.push((key, value));
        }
        Ok(YamlValue::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<YamlNode> {
        serde_saphyr::from_multiple(text).expect("YAML")
    }

    #[test]
    fn every_value_knows_its_line() {
        let documents = read("# first\na: 1\nb:\n  - x\n  - {c: true}\n---\nd:\n  e: 0.5\n");
        assert_eq!(documents.len(), 2);
        let line = |document: usize, keys: &[&str]| documents[document].at(keys).map(|node| node.line);
        assert_eq!((documents[0].line, documents[1].line), (2, 7));
        assert_eq!((line(0, &["a"]), line(1, &["d", "e"]), line(0, &["x"])), (Some(2), Some(8), None));
        let Some(YamlValue::List(items)) = documents[0].get("b").map(|node| &node.value) else { panic!("no list") };
        assert_eq!((items[0].line, items[1].line, items[0].text()), (4, 5, Some("x")));
    }

    #[test]
    fn json_is_yaml_even_with_tabs() {
        let documents = read("{\n\t\"a\": {\n\t\t\"b\": [1, 2.5, null, \"x\"]\n\t}\n}\n");
        let list = documents[0].at(&["a", "b"]).expect("a list");
        assert_eq!(list.line, 3);
        let json = serde_json::json!({ "a": { "b": [1, 2.5, null, "x"] } });
        let Some(YamlValue::List(read)) = Some(&list.value) else { panic!("no list") };
        let from_json = YamlNode::from_json(json, 7);
        let Some(YamlValue::List(other)) = from_json.at(&["a", "b"]).map(|node| &node.value) else { panic!("no list") };
        assert!(read.iter().zip(other).all(|(a, b)| a.value == b.value));
    }
}
