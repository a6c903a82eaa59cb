//! Who owns which field: `metadata.managedFields`, as far as conflicts of server-side apply need
//! it.
//!
//! Seeded objects carry none, as objects from before server-side apply do; the first apply then
//! treats what it finds as owned by `before-first-apply`.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::merge_keys::{ListRule, apply as list_rule, is_atomic_object, same_item};

/// Segments in the spelling of `FieldsV1`: `f:spec`, `k:{"type":"Ready"}`, `v:"x"`.
pub(super) type Path = Vec<String>;

/// Metadata that belongs to the server, and so to nobody.
const SERVERS_OWN: &[&str] = &[
    "name",
    "namespace",
    "generateName",
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "generation",
    "managedFields",
    "selfLink",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
];

/// One entry of `managedFields`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Owner {
    pub(super) manager: String,
    pub(super) operation: String,
    pub(super) api_version: String,
    pub(super) subresource: String,
    pub(super) time: Value,
    pub(super) paths: BTreeSet<Path>,
}

impl Owner {
    pub(super) fn is(&self, manager: &str, operation: &str, subresource: &str) -> bool {
        self.manager == manager && self.operation == operation && self.subresource == subresource
    }

    fn from_entry(entry: &Value) -> Self {
        let text = |field: &str| entry[field].as_str().unwrap_or_default().to_owned();
        let mut paths = BTreeSet::new();
        decode(&entry["fieldsV1"], &mut Path::new(), &mut paths);
        Self {
            manager: text("manager"),
            operation: text("operation"),
            api_version: text("apiVersion"),
            subresource: text("subresource"),
            time: entry["time"].clone(),
            paths,
        }
    }

    fn to_entry(&self) -> Value {
        let mut fields = Map::new();
        for path in &self.paths {
            let mut at = &mut fields;
            for segment in path {
                let next = at.entry(segment.clone()).or_insert_with(|| Value::Object(Map::new()));
                at = next.as_object_mut().expect("every segment holds an object");
            }
            // A list item is owned beside its fields.
            if path.last().is_some_and(|last| last.starts_with("k:")) {
                at.insert(".".to_owned(), json!({}));
            }
        }
        let mut entry = json!({
            "manager": self.manager,
            "operation": self.operation,
            "apiVersion": self.api_version,
            "time": self.time,
            "fieldsType": "FieldsV1",
            "fieldsV1": fields,
        });
        if !self.subresource.is_empty() {
            entry["subresource"] = json!(self.subresource);
        }
        entry
    }
}

fn decode(fields: &Value, at: &mut Path, paths: &mut BTreeSet<Path>) {
    let Some(fields) = fields.as_object() else { return };
    if !at.is_empty() && (fields.is_empty() || fields.contains_key(".")) {
        paths.insert(at.clone());
    }
    for (segment, inner) in fields.iter().filter(|(segment, _)| *segment != ".") {
        at.push(segment.clone());
        decode(inner, at, paths);
        at.pop();
    }
}

/// The owners an object names; none for a seeded one.
pub(super) fn owners(object: &Value) -> Vec<Owner> {
    let entries = object["metadata"]["managedFields"].as_array();
    entries.into_iter().flatten().map(Owner::from_entry).collect()
}

pub(super) fn write_owners(object: &mut Value, owners: &[Owner]) {
    let entries: Vec<_> = owners.iter().filter(|owner| !owner.paths.is_empty()).map(Owner::to_entry).collect();
    if let Some(metadata) = object["metadata"].as_object_mut() {
        if entries.is_empty() {
            metadata.remove("managedFields");
        } else {
            metadata.insert("managedFields".to_owned(), Value::Array(entries));
        }
    }
}

/// Notes an ordinary write: what it changed is the writer's, and nobody else's any more.
pub(super) fn record_update(old: Option<&Value>, new: &mut Value, writer: &Owner) {
    let mut owners = old.map(owners).unwrap_or_default();
    if old.is_some() && owners.is_empty() {
        return;
    }
    let nothing = Value::Null;
    let before = old.unwrap_or(&nothing);
    let present = leaves(new);
    let changed: BTreeSet<_> =
        present.iter().filter(|path| find(before, path) != find(new, path) && !is_item(path)).cloned().collect();
    let appeared = present.iter().filter(|path| is_item(path) && find(before, path).is_none()).cloned();
    let taken: BTreeSet<_> = changed.into_iter().chain(appeared).collect();
    for owner in &mut owners {
        owner.paths.retain(|path| present.contains(path) && !taken.contains(path));
    }
    if !taken.is_empty() {
        let same = |owner: &&mut Owner| owner.is(&writer.manager, &writer.operation, &writer.subresource);
        match owners.iter_mut().find(same) {
            Some(owner) => {
                owner.paths.extend(taken);
                owner.time = writer.time.clone();
            }
            None => owners.push(Owner { paths: taken, ..writer.clone() }),
        }
    }
    write_owners(new, &owners);
}

/// Whether a path names a list item and not one of its fields.
pub(super) fn is_item(path: &[String]) -> bool {
    path.last().is_some_and(|last| last.starts_with("k:"))
}

/// Every path that can be owned in an object.
pub(super) fn leaves(object: &Value) -> BTreeSet<Path> {
    let mut paths = BTreeSet::new();
    for (field, value) in object.as_object().into_iter().flatten() {
        match (field.as_str(), value) {
            ("apiVersion" | "kind", _) => {}
            ("metadata", Value::Object(metadata)) => {
                let owned = metadata.iter().filter(|(field, _)| !SERVERS_OWN.contains(&field.as_str()));
                for (field, value) in owned {
                    collect(field, value, &mut vec!["f:metadata".to_owned(), format!("f:{field}")], &mut paths);
                }
            }
            _ => collect(field, value, &mut vec![format!("f:{field}")], &mut paths),
        }
    }
    paths
}

fn collect(field: &str, value: &Value, at: &mut Path, paths: &mut BTreeSet<Path>) {
    match (value, list_rule(field)) {
        (Value::Object(fields), _) if !fields.is_empty() && !is_atomic_object(field) => {
            for (field, value) in fields {
                at.push(format!("f:{field}"));
                collect(field, value, at, paths);
                at.pop();
            }
        }
        (Value::Array(items), ListRule::Set) => {
            for item in items {
                at.push(format!("v:{item}"));
                paths.insert(at.clone());
                at.pop();
            }
        }
        (Value::Array(items), ListRule::Keyed(keys)) => {
            for item in items {
                let key: Map<_, _> =
                    keys.iter().filter_map(|key| item.get(*key).map(|value| ((*key).to_owned(), value.clone()))).collect();
                at.push(format!("k:{}", Value::Object(key)));
                paths.insert(at.clone());
                // The item is an object under no field name of its own.
                collect("", item, at, paths);
                at.pop();
            }
        }
        _ => {
            paths.insert(at.clone());
        }
    }
}

/// The value a path leads to.
pub(super) fn find<'a>(object: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(object, |at, segment| match segment.split_at(2) {
        ("f:", field) => at.get(field),
        (_, key) => {
            let wanted: Value = serde_json::from_str(key).ok()?;
            at.as_array()?.iter().find(|item| is_keyed(item, &wanted))
        }
    })
}

/// Takes out the value a path leads to.
pub(super) fn remove(object: &mut Value, path: &[String]) {
    let Some((last, parents)) = path.split_last() else { return };
    let parent = parents.iter().try_fold(object, |at, segment| match segment.split_at(2) {
        ("f:", field) => at.get_mut(field),
        (_, key) => {
            let wanted: Value = serde_json::from_str(key).ok()?;
            at.as_array_mut()?.iter_mut().find(|item| is_keyed(item, &wanted))
        }
    });
    match (parent, last.split_at(2)) {
        (Some(Value::Object(fields)), ("f:", field)) => {
            fields.remove(field);
        }
        (Some(Value::Array(items)), (_, key)) => {
            let wanted: Value = serde_json::from_str(key).unwrap_or_default();
            items.retain(|item| !is_keyed(item, &wanted));
        }
        _ => {}
    }
}

fn is_keyed(item: &Value, wanted: &Value) -> bool {
    match wanted {
        Value::Object(keys) if item.is_object() => {
            same_item(&keys.keys().map(String::as_str).collect::<Vec<_>>(), item, wanted)
        }
        _ => item == wanted,
    }
}

/// A path as conflict messages show it: `.status.conditions[type="Ready"].status`.
pub(super) fn display(path: &[String]) -> String {
    let segment = |segment: &String| match segment.split_at(2) {
        ("f:", field) => format!(".{field}"),
        ("v:", value) => format!("[={value}]"),
        (_, keys) => match serde_json::from_str::<Map<String, Value>>(keys) {
            Ok(keys) => {
                let keys: Vec<_> = keys.iter().map(|(key, value)| format!("{key}={value}")).collect();
                format!("[{}]", keys.join(","))
            }
            Err(_) => format!("[{keys}]"),
        },
    };
    path.iter().map(segment).collect()
}
