//! A snapshot under other names has the same plan up to names, and shows none of the old ones.

use std::collections::{BTreeMap, BTreeSet};

use ec2_autoscale_core::anonymize::{Anonymized, anonymized};
use ec2_autoscale_core::demo;
use ec2_autoscale_core::plan::plan;
use ec2_autoscale_core::policy::Policy;
use ec2_autoscale_core::render;
use ec2_autoscale_core::snapshot::Snapshot;
use proptest::prelude::*;
use schemars::schema_for;
use serde_json::{Map, Value, json};

use crate::situations;
use crate::support::clusters::cluster;
use crate::support::scenario::situation;

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn the_plan_is_the_same_up_to_names(script in cluster()) {
        // It draws by names.
        prop_assume!(!script.contains("random"));
        let (world, policy) = situation(&script);
        let [expected, found] = both_plans(&world.snapshot, &policy);
        same("it", &expected, &found).map_err(TestCaseError::fail)?;
    }
}

#[test]
fn the_plans_of_the_examples_are_the_same_up_to_names() {
    for (name, snapshot) in [("demo", demo::snapshot()), ("day", demo::day()), ("week", demo::week())] {
        let [expected, found] = both_plans(&snapshot, &Policy::default());
        assert_eq!(same(name, &expected, &found), Ok(()));
    }
}

#[test]
fn the_plans_of_situations_are_the_same_up_to_names() {
    let differences: Vec<String> = situations::all()
        .into_iter()
        .filter_map(|(name, snapshot, policy)| {
            let [expected, found] = both_plans(&snapshot, &policy);
            same(&name, &expected, &found).err()
        })
        .collect();
    assert!(differences.is_empty(), "{differences:#?}");
}

/// Every text of the document that its schema leaves open is an unusual name here, also those of
/// fields that come in future.
#[test]
fn no_name_is_left() {
    let schema = schema_for!(Snapshot).to_value();
    let mut left: BTreeSet<String> = BTreeSet::new();
    for turn in 0..MOST_ALTERNATIVES {
        let mut made_up = MadeUp { schema: &schema, turn, paths: Vec::new() };
        let document = made_up.value(&schema, "Snapshot");
        let snapshot: Snapshot = serde_json::from_value(document).unwrap_or_else(|error| panic!("turn {turn}: {error}"));
        let Anonymized { snapshot, .. } = anonymized(&snapshot).expect("a snapshot again");
        let text = serde_json::to_string(&snapshot).expect("a snapshot is JSON");
        let is_left = |number: usize| text.contains(&format!("falcon-{number:05}"));
        left.extend(made_up.paths.iter().enumerate().filter(|(number, _)| is_left(*number)).map(|(_, path)| path.clone()));
    }
    assert_eq!(left.iter().map(String::as_str).collect::<Vec<_>>(), KEPT);
}

/// The texts that stay, though the schema leaves them open: nobody gives these names.
const KEPT: [&str; 18] = [
    "BufferCondition.status",
    "BufferCondition.type",
    "BufferObject.resource_version",
    "BufferObject.version",
    "DeviceAttribute.version",
    "DeviceNeeds.not_modelled",
    "DeviceTaint.effect",
    "DeviceToleration.effect",
    "HostPort.protocol",
    "LookedAt.cloud",
    "MachineDetails.placements",
    "MissingFact.resource",
    "ProvisioningRequest.api_version",
    "ProvisioningRequest.resource_version",
    "ScalingPolicy.kind",
    "ScheduledChange.recurrence",
    "ScheduledChange.time_zone",
    "WarmPool.keeps",
];
/// So many alternatives has the enum that has most of them.
const MOST_ALTERNATIVES: usize = 20;

/// A document with everything that its schema allows.
struct MadeUp<'s> {
    schema: &'s Value,
    /// Which of several alternatives is taken.
    turn: usize,
    /// Where each name stands.
    paths: Vec<String>,
}

impl<'s> MadeUp<'s> {
    fn value(&mut self, schema: &'s Value, path: &str) -> Value {
        if let Some(of) = schema["$ref"].as_str().and_then(|of| of.strip_prefix("#/$defs/")) {
            return self.of_type(of, path);
        }
        if let Some(alternatives) = schema["anyOf"].as_array().or(schema["oneOf"].as_array()) {
            let alternatives: Vec<&Value> = alternatives.iter().filter(|one| one["type"] != "null").collect();
            return self.value(alternatives[self.turn % alternatives.len()], path);
        }
        if let Some(one) = schema.get("const") {
            return one.clone();
        }
        if let Some(list) = schema["enum"].as_array() {
            return list[self.turn % list.len()].clone();
        }
        match schema["type"].as_str().or_else(|| schema["type"][0].as_str()) {
            Some("string") => self.text(schema, path),
            Some("integer") => json!(0),
            Some("boolean") => json!(true),
            Some("array") => json!([self.value(&schema["items"], path)]),
            Some("object") => self.object(schema, path),
            other => panic!("{path}: {other:?}"),
        }
    }

    fn of_type(&mut self, of: &'s str, path: &str) -> Value {
        match of {
            "Quantity" => json!("1"),
            "GangWish" => json!("all"),
            "Resources" => json!({self.name(&format!("{of} key")): "1"}),
            // A template of pods holds a pod, and so on.
            _ if path.matches(of).count() > 1 => panic!("{path} holds itself"),
            _ => self.value(&self.schema["$defs"][of], of),
        }
    }

    fn object(&mut self, schema: &'s Value, path: &str) -> Value {
        let mut object = Map::new();
        for (field, of_field) in schema["properties"].as_object().into_iter().flatten() {
            object.insert(field.clone(), self.value(of_field, &format!("{path}.{field}")));
        }
        if let Some(numbered) = schema["patternProperties"].as_object().and_then(|of| of.values().next()) {
            object.insert("0".to_owned(), self.value(numbered, path));
        } else if schema["additionalProperties"].is_object() {
            let key = self.name(&format!("{path} key"));
            object.insert(key, self.value(&schema["additionalProperties"], path));
        }
        Value::Object(object)
    }

    fn text(&mut self, schema: &Value, path: &str) -> Value {
        match (schema["format"].as_str(), schema["pattern"].as_str()) {
            (Some("date-time"), _) => json!("2026-08-21T12:00:00Z"),
            (_, Some(_)) => json!("0.5"),
            (Some(_) | None, None) => json!(self.name(path)),
        }
    }

    fn name(&mut self, path: &str) -> String {
        self.paths.push(path.to_owned());
        format!("falcon-{:05}", self.paths.len() - 1)
    }
}

/// Returns the plan of a snapshot under other names, and the plan of the renamed snapshot.
fn both_plans(snapshot: &Snapshot, policy: &Policy) -> [Value; 2] {
    let Anonymized { snapshot: renamed, names } = anonymized(snapshot).expect("a snapshot again");
    let document = |snapshot: &Snapshot| -> Value {
        serde_json::from_str(&render::json(&plan(snapshot, policy))).expect("a plan is JSON")
    };
    let names = Names::of(&names);
    // A word of our sentences may be a name as well; then it is replaced in both.
    [snapshot, &renamed].map(|snapshot| {
        let mut plan = document(snapshot);
        rename(&mut plan, &names);
        plan
    })
}

/// What replaces each text.
struct Names<'n> {
    whole: &'n BTreeMap<String, String>,
    /// Those that are no single word, the longest first.
    long: Vec<(&'n str, &'n str)>,
}

impl<'n> Names<'n> {
    fn of(whole: &'n BTreeMap<String, String>) -> Self {
        let is_long = |text: &&str| !text.chars().all(belongs_to_a_word);
        let texts = whole.iter().map(|(old, new)| (old.as_str(), new.as_str()));
        // Plans leave out the full stop of a cloud's sentence.
        let without_stop = texts.clone().filter_map(|(old, new)| Some((old.strip_suffix('.')?, new.strip_suffix('.')?)));
        let mut long: Vec<_> = texts.chain(without_stop).filter(|(old, _)| is_long(old)).collect();
        long.sort_by_key(|(old, _)| std::cmp::Reverse(old.len()));
        Self { whole, long }
    }

    fn renamed(&self, text: &str) -> String {
        if let Some(new) = self.whole.get(text) {
            return new.clone();
        }
        // A mark stands for a text that is already renamed.
        let mut marked = text.to_owned();
        for (place, (old, _)) in self.long.iter().enumerate() {
            marked = marked.replace(old, &format!("\u{1}{place}\u{2}"));
        }
        let mut written = String::new();
        let mut rest = marked.as_str();
        while let Some(first) = rest.chars().next() {
            if first == '\u{1}' {
                let (place, behind) = rest[1..].split_once('\u{2}').expect("the end of a mark");
                written.push_str(self.long[place.parse::<usize>().expect("a number")].1);
                rest = behind;
            } else if belongs_to_a_word(first) {
                let end = rest.find(|letter| !belongs_to_a_word(letter)).unwrap_or(rest.len());
                let word = rest[..end].trim_end_matches('.');
                let word = if word.is_empty() { &rest[..end] } else { word };
                written.push_str(self.whole.get(word).map_or(word, String::as_str));
                rest = &rest[word.len()..];
            } else {
                written.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
        written
    }
}

fn belongs_to_a_word(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.')
}

fn rename(value: &mut Value, names: &Names<'_>) {
    match value {
        Value::String(text) => *text = names.renamed(text),
        Value::Array(list) => list.iter_mut().for_each(|one| rename(one, names)),
        Value::Object(object) => {
            let renamed = std::mem::take(object).into_iter().map(|(key, mut value)| {
                rename(&mut value, names);
                (names.whole.get(&key).cloned().unwrap_or(key), value)
            });
            *object = renamed.collect();
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Returns the first line in which two documents differ.
fn same(name: &str, expected: &Value, found: &Value) -> Result<(), String> {
    let (expected, found) = (format!("{expected:#}"), format!("{found:#}"));
    let difference = expected.lines().zip(found.lines()).find(|(expected, found)| expected != found);
    if expected == found { Ok(()) } else { Err(format!("{name}: {difference:#?}")) }
}
