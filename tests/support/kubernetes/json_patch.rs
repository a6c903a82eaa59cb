//! RFC 6902 patches, with the API server's two ways to fail: a malformed patch and one that does
//! not apply.

use serde_json::Value;

use super::answer::{Outcome, Refusal};

/// Applies the operations in order; all or nothing.
pub(super) fn apply(object: &Value, patch: &Value) -> Outcome<Value> {
    let operations = patch.as_array().ok_or_else(|| Refusal::bad_request("json patch: not a list of operations"))?;
    let mut patched = object.clone();
    for operation in operations {
        apply_one(&mut patched, operation)?;
    }
    Ok(patched)
}

/// The real message says no more than this.
fn does_not_apply() -> Refusal {
    Refusal::new(422, "Invalid", "the server rejected our request due to an error in our request")
}

fn apply_one(document: &mut Value, operation: &Value) -> Outcome<()> {
    let text = |field: &str| operation[field].as_str().map(str::to_owned);
    let path = text("path").ok_or_else(|| Refusal::bad_request("json patch: an operation without a path"))?;
    let value = || operation.get("value").cloned().ok_or_else(does_not_apply);
    let from = || text("from").ok_or_else(does_not_apply);
    match operation["op"].as_str() {
        Some("add") => add(document, &path, value()?),
        Some("remove") => remove(document, &path).map(drop),
        Some("replace") => replace(document, &path, value()?),
        Some("move") => {
            let moved = remove(document, &from()?)?;
            add(document, &path, moved)
        }
        Some("copy") => {
            let copied = document.pointer(&from()?).cloned().ok_or_else(does_not_apply)?;
            add(document, &path, copied)
        }
        Some("test") => {
            let wanted = operation.get("value").unwrap_or(&Value::Null);
            let found = document.pointer(&path).unwrap_or(&Value::Null);
            if found == wanted { Ok(()) } else { Err(does_not_apply()) }
        }
        _ => Err(does_not_apply()),
    }
}

/// The container of the value `path` names, and its key there.
fn parent<'a>(document: &'a mut Value, path: &str) -> Outcome<(&'a mut Value, String)> {
    let (parent, key) = path.rsplit_once('/').ok_or_else(does_not_apply)?;
    let key = key.replace("~1", "/").replace("~0", "~");
    Ok((document.pointer_mut(parent).ok_or_else(does_not_apply)?, key))
}

fn add(document: &mut Value, path: &str, value: Value) -> Outcome<()> {
    if path.is_empty() {
        *document = value;
        return Ok(());
    }
    let (container, key) = parent(document, path)?;
    match container {
        Value::Object(fields) => {
            fields.insert(key, value);
            Ok(())
        }
        Value::Array(items) if key == "-" => {
            items.push(value);
            Ok(())
        }
        Value::Array(items) => {
            let index = index(&key)?;
            if index > items.len() {
                return Err(does_not_apply());
            }
            items.insert(index, value);
            Ok(())
        }
        _ => Err(does_not_apply()),
    }
}

/// The server's library lets a replacement add a field, against the RFC; a list has to have the
/// item.
fn replace(document: &mut Value, path: &str, value: Value) -> Outcome<()> {
    if path.is_empty() {
        *document = value;
        return Ok(());
    }
    let (container, key) = parent(document, path)?;
    match container {
        Value::Object(fields) => {
            fields.insert(key, value);
        }
        Value::Array(items) => *items.get_mut(index(&key)?).ok_or_else(does_not_apply)? = value,
        _ => return Err(does_not_apply()),
    }
    Ok(())
}

fn remove(document: &mut Value, path: &str) -> Outcome<Value> {
    let (container, key) = parent(document, path)?;
    match container {
        Value::Object(fields) => fields.remove(&key).ok_or_else(does_not_apply),
        Value::Array(items) => {
            let index = index(&key)?;
            if index < items.len() { Ok(items.remove(index)) } else { Err(does_not_apply()) }
        }
        _ => Err(does_not_apply()),
    }
}

fn index(key: &str) -> Outcome<usize> {
    key.parse().map_err(|_| does_not_apply())
}
