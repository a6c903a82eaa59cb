//! From a [`YamlNode`] to one of Kubernetes' own types. A mistake is reported with its line and
//! field, and an unknown field becomes a note: a misspelt `request` would otherwise request
//! nothing.

use std::cell::RefCell;
use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::node::{YamlNode, YamlValue};
use crate::snapshot::Quantity;

/// Why a value is not what its field wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Misread {
    /// The line.
    pub(crate) line: u64,
    /// What is wrong, with the field.
    pub(crate) text: String,
    placed: bool,
}

/// A field that is in no version of Kubernetes known here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UnknownField {
    /// The line.
    pub(crate) line: u64,
    /// The field, from the object down.
    pub(crate) path: String,
}

/// Reads an object, with its unknown fields.
pub(crate) fn read<T: DeserializeOwned>(node: &YamlNode) -> Result<(T, Vec<UnknownField>), Misread> {
    let unknown = RefCell::new(Vec::new());
    let whole = Path { parent: None, step: PathStep::Whole };
    let read = T::deserialize(TypedReader { node, path: &whole, unknown: &unknown }).map_err(|error| error.at(node, &whole))?;
    Ok((read, unknown.into_inner()))
}

/// The path to the current value.
struct Path<'p> {
    parent: Option<&'p Path<'p>>,
    step: PathStep<'p>,
}

enum PathStep<'p> {
    Whole,
    Field(&'p str),
    Item(usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(parent) = self.parent else { return Ok(()) };
        parent.fmt(f)?;
        match (&self.step, &parent.step) {
            (PathStep::Whole, _) => Ok(()),
            (PathStep::Item(position), _) => write!(f, "[{position}]"),
            (PathStep::Field(name), PathStep::Whole) => f.write_str(name),
            (PathStep::Field(name), _) => write!(f, ".{name}"),
        }
    }
}

impl Misread {
    /// Makes an error that was found elsewhere.
    pub(crate) fn new(line: u64, text: String) -> Self {
        Self { line, text, placed: true }
    }

    /// Names the field that the value is in.
    pub(crate) fn below(mut self, path: &str) -> Self {
        self.text = format!("{path}.{}", self.text);
        self
    }

    /// Adds the place, unless a deeper one was added already.
    fn at(mut self, node: &YamlNode, path: &Path<'_>) -> Self {
        if !self.placed {
            self.placed = true;
            self.line = node.line;
            if path.parent.is_some() {
                self.text = format!("{path} {}", self.text);
            }
        }
        self
    }
}

impl fmt::Display for Misread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Misread {}

impl de::Error for Misread {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Self { line: 0, text: format!("is not understood: {text}"), placed: false }
    }
}

struct TypedReader<'a> {
    node: &'a YamlNode,
    path: &'a Path<'a>,
    unknown: &'a RefCell<Vec<UnknownField>>,
}

impl TypedReader<'_> {
    fn wrong(&self, wanted: &str) -> Misread {
        let found = self.node.value.described();
        let quoted = match (&self.node.value, wanted) {
            (YamlValue::Bool(_) | YamlValue::Number(_), "a text") => format!("; write \"{found}\""),
            _ => String::new(),
        };
        Misread { line: 0, text: format!("is {found} where {wanted} belongs{quoted}"), placed: false }
    }

    fn number<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misread> {
        match &self.node.value {
            // As in Go, null means the zero value.
            YamlValue::Null => visitor.visit_i64(0),
            YamlValue::Number(_) => self.deserialize_any(visitor),
            _ => Err(self.wrong("a number")),
        }
    }

    fn text<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misread> {
        match &self.node.value {
            YamlValue::Null => visitor.visit_str(""),
            YamlValue::Text(text) => visitor.visit_str(text),
            _ => Err(self.wrong("a text")),
        }
    }

    fn mapping<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misread> {
        match &self.node.value {
            YamlValue::Null => visitor.visit_map(MapEntries { reading: self, rest: &[], value: None }),
            YamlValue::Map(entries) => visitor.visit_map(MapEntries { rest: entries, reading: self, value: None }),
            _ => Err(self.wrong("a mapping")),
        }
    }

    /// Checks a quantity. It may be a number or a text, and must be one of Kubernetes.
    fn check_quantity(&self) -> Result<(), Misread> {
        let text = match &self.node.value {
            YamlValue::Text(text) => text.clone(),
            YamlValue::Number(number) => number.to_string(),
            _ => return Err(self.wrong("a quantity")),
        };
        let wrong = |text: String| Misread { line: 0, text, placed: false };
        match Quantity::parse(&text) {
            Err(error) => Err(wrong(format!("is no amount: {error}"))),
            Ok(amount) if amount.milli_value() < 0 => Err(wrong(format!("is {text}, and no amount is below 0"))),
            Ok(_) => Ok(()),
        }
    }
}

impl<'de> Deserializer<'de> for TypedReader<'_> {
    type Error = Misread;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misread> {
        match &self.node.value {
            YamlValue::Null => visitor.visit_unit(),
            YamlValue::Bool(truth) => visitor.visit_bool(*truth),
            YamlValue::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(number), ..) => visitor.visit_u64(number),
                (None, Some(number), _) => visitor.visit_i64(number),
                (None, None, number) => visitor.visit_f64(number.unwrap_or(f64::MAX)),
            },
            YamlValue::Text(text) => visitor.visit_str(text),
            YamlValue::List(_) => self.deserialize_seq(visitor),
            YamlValue::Map(_) => self.mapping(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misread> {
        match self.node.value {
            YamlValue::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Misread> {
        if name == "Quantity" {
            self.check_quantity()?;
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misread> {
        self.unknown.borrow_mut().push(UnknownField { line: self.node.line, path: self.path.to_string() });
        visitor.visit_unit()
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misread> {
        match self.node.value {
            YamlValue::Null => visitor.visit_bool(false),
            YamlValue::Bool(truth) => visitor.visit_bool(truth),
            _ => Err(self.wrong("true or false")),
        }
    }

    fn deserialize_i32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misread> {
        self.number(visitor)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misread> {
        self.number(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misread> {
        self.text(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misread> {
        self.text(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misread> {
        match &self.node.value {
            YamlValue::Null => visitor.visit_seq(Items { reading: self, rest: [].iter().enumerate() }),
            YamlValue::List(items) => visitor.visit_seq(Items { rest: items.iter().enumerate(), reading: self }),
            _ => Err(self.wrong("a list")),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misread> {
        self.mapping(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misread> {
        self.mapping(visitor)
    }

    forward_to_deserialize_any! {
        i8 i16 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct enum identifier
    }
}

struct MapEntries<'a> {
    reading: TypedReader<'a>,
    rest: &'a [(String, YamlNode)],
    value: Option<(&'a str, &'a YamlNode)>,
}

impl<'de> MapAccess<'de> for MapEntries<'_> {
    type Error = Misread;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Misread> {
        let Some(((key, value), rest)) = self.rest.split_first() else { return Ok(None) };
        self.rest = rest;
        self.value = Some((key, value));
        let key: StrDeserializer<'_, Misread> = key.as_str().into_deserializer();
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Misread> {
        let (key, node) = self.value.take().expect("serde asks for a key first");
        let path = Path { parent: Some(self.reading.path), step: PathStep::Field(key) };
        let reading = TypedReader { node, path: &path, unknown: self.reading.unknown };
        seed.deserialize(reading).map_err(|error| error.at(node, &path))
    }
}

struct Items<'a> {
    reading: TypedReader<'a>,
    rest: std::iter::Enumerate<std::slice::Iter<'a, YamlNode>>,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Misread;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Misread> {
        let Some((position, node)) = self.rest.next() else { return Ok(None) };
        let path = Path { parent: Some(self.reading.path), step: PathStep::Item(position) };
        let reading = TypedReader { node, path: &path, unknown: self.reading.unknown };
        seed.deserialize(reading).map(Some).map_err(|error| error.at(node, &path))
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::batch::v1::Job;
    use k8s_openapi::api::core::v1::Pod;

    use super::*;

    fn read_yaml<T: DeserializeOwned>(text: &str) -> Result<(T, Vec<UnknownField>), Misread> {
        let documents: Vec<YamlNode> = serde_saphyr::from_multiple(text).expect("YAML");
        read(&documents[0])
    }

    #[test]
    fn numbers_may_be_quantities_but_not_texts() {
        let text = "metadata:\n  name: a\nspec:\n  containers:\n  - name: c\n    resources:\n      requests: {cpu: 0.5, memory: 1Gi, gpu: 8}\n";
        let (pod, unknown): (Pod, _) = read_yaml(text).expect("a pod");
        let spec = pod.spec.expect("a specification");
        let requests = spec.containers[0].resources.as_ref().and_then(|all| all.requests.clone()).expect("requests");
        let amounts: Vec<&str> = requests.values().map(|quantity| quantity.0.as_str()).collect();
        assert_eq!((amounts, unknown), (vec!["0.5", "8", "1Gi"], vec![]));
    }

    #[test]
    fn a_mistake_has_its_line_and_field() {
        for (text, line, message) in [
            ("spec:\n  parallelism: \"12\"\n", 2, "spec.parallelism is \"12\" where a number belongs"),
            (
                "metadata:\n  labels:\n    a: b\n    version: 1.5\n",
                4,
                "metadata.labels.version is 1.5 where a text belongs; write \"1.5\"",
            ),
            ("spec:\n  suspend: maybe\n", 2, "spec.suspend is \"maybe\" where true or false belongs"),
            ("spec: [1]\n", 1, "spec is a list where a mapping belongs"),
            (
                "spec:\n  template:\n    spec:\n      containers:\n      - name: c\n        resources:\n          requests:\n            memory: 4 GiB\n",
                8,
                "spec.template.spec.containers[0].resources.requests.memory is no amount: \"4 GiB\" is not a Kubernetes quantity (such as 500m, 2, 4Gi)",
            ),
        ] {
            let error = read_yaml::<Job>(text).expect_err("a mistake");
            assert_eq!((error.line, error.text.as_str()), (line, message));
        }
        let negative = read_yaml::<Job>("spec: {template: {spec: {overhead: {cpu: -1}}}}").expect_err("below 0");
        assert_eq!(negative.text, "spec.template.spec.overhead.cpu is -1, and no amount is below 0");
    }

    #[test]
    fn fields_that_nobody_knows_are_noted() {
        let text = "spec:\n  parallelism:\n  template:\n    spec:\n      containers:\n      - name: c\n        resources:\n          request: {cpu: 1}\n";
        let (job, unknown): (Job, _) = read_yaml(text).expect("a Job");
        assert_eq!(job.spec.and_then(|spec| spec.parallelism), None);
        let path = "spec.template.spec.containers[0].resources.request".to_owned();
        assert_eq!(unknown, [UnknownField { line: 8, path }]);
    }
}
