//! Strategic merge patches: merge patches that know which lists are keyed.

use serde_json::{Map, Value};

use super::answer::{Outcome, Refusal};
use super::merge_keys::{ListRule, same_item, strategic};

const DELETE_FROM: &str = "$deleteFromPrimitiveList/";
const ELEMENT_ORDER: &str = "$setElementOrder/";

pub(super) fn apply(object: &mut Value, patch: &Value) -> Outcome<()> {
    let changes = patch.as_object().ok_or_else(|| Refusal::bad_request("the patch is not an object"))?;
    merge_object(object, changes)
}

fn merge_object(object: &mut Value, changes: &Map<String, Value>) -> Outcome<()> {
    match directive(changes)? {
        Some("replace") => {
            *object = Value::Object(without_directives(changes));
            return Ok(());
        }
        Some("delete") => {
            *object = Value::Object(Map::new());
            return Ok(());
        }
        _ => {}
    }
    if !object.is_object() {
        *object = Value::Object(Map::new());
    }
    let fields = object.as_object_mut().expect("made an object above");
    if let Some(Value::Array(kept)) = changes.get("$retainKeys") {
        fields.retain(|name, _| kept.iter().any(|keep| keep == name));
    }
    for (name, change) in changes {
        if let Some(list) = name.strip_prefix(DELETE_FROM) {
            delete_values(fields, list, change);
        } else if !name.starts_with('$') {
            merge_field(fields, name, change)?;
        }
    }
    for (name, order) in changes {
        if let (Some(list), Value::Array(order)) = (name.strip_prefix(ELEMENT_ORDER), order) {
            reorder(fields, list, order);
        }
    }
    Ok(())
}

fn merge_field(fields: &mut Map<String, Value>, name: &str, change: &Value) -> Outcome<()> {
    match change {
        Value::Null => {
            fields.remove(name);
        }
        Value::Object(changes) => merge_object(fields.entry(name).or_insert(Value::Null), changes)?,
        Value::Array(items) => {
            // A list that is not there takes the patch's as it comes, keys or no keys.
            let Some(Value::Array(list)) = fields.get_mut(name) else {
                let kept = items.iter().filter(|item| item.get("$patch").is_none()).cloned();
                fields.insert(name.to_owned(), kept.collect());
                return Ok(());
            };
            merge_list(list, strategic(name), items)?;
        }
        _ => {
            fields.insert(name.to_owned(), change.clone());
        }
    }
    Ok(())
}

fn merge_list(list: &mut Vec<Value>, rule: ListRule, changes: &[Value]) -> Outcome<()> {
    match rule {
        ListRule::Atomic => changes.clone_into(list),
        ListRule::Set => {
            for value in changes {
                if !list.contains(value) {
                    list.push(value.clone());
                }
            }
        }
        ListRule::Keyed(keys) => {
            if changes.iter().any(is_bare_replace) {
                *list = changes.iter().filter(|change| !is_bare_replace(change)).cloned().collect();
                return Ok(());
            }
            for change in changes {
                merge_item(list, keys, change)?;
            }
        }
    }
    Ok(())
}

/// `{"$patch": "replace"}` as a list item speaks of the whole list.
fn is_bare_replace(change: &Value) -> bool {
    change.as_object().is_some_and(|fields| fields.len() == 1 && change["$patch"] == "replace")
}

fn merge_item(list: &mut Vec<Value>, keys: &[&str], change: &Value) -> Outcome<()> {
    let Value::Object(changes) = change else {
        return Err(Refusal::bad_request("expected an object in a list merged by key"));
    };
    if let Some(missing) = keys.iter().find(|key| !changes.contains_key(**key)) {
        let message = format!("map: {change} does not contain declared merge key: {missing}");
        return Err(Refusal::new(500, "", message));
    }
    if directive(changes)? == Some("delete") {
        list.retain(|item| !same_item(keys, item, change));
        return Ok(());
    }
    if let Some(item) = list.iter_mut().find(|item| same_item(keys, item, change)) {
        return merge_object(item, changes);
    }
    let mut item = Value::Null;
    merge_object(&mut item, changes)?;
    list.push(item);
    Ok(())
}

fn directive(changes: &Map<String, Value>) -> Outcome<Option<&str>> {
    match changes.get("$patch") {
        None => Ok(None),
        Some(Value::String(directive)) if matches!(directive.as_str(), "replace" | "delete" | "merge") => Ok(Some(directive)),
        Some(other) => Err(Refusal::new(500, "", format!("unknown patch type: {other}"))),
    }
}

fn without_directives(changes: &Map<String, Value>) -> Map<String, Value> {
    changes.iter().filter(|(name, _)| !name.starts_with('$')).map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn delete_values(fields: &mut Map<String, Value>, list: &str, unwanted: &Value) {
    let (Some(Value::Array(items)), Value::Array(unwanted)) = (fields.get_mut(list), unwanted) else { return };
    items.retain(|item| !unwanted.contains(item));
}

/// Items the order names come in that order, the others after them.
fn reorder(fields: &mut Map<String, Value>, list: &str, order: &[Value]) {
    let Some(Value::Array(items)) = fields.get_mut(list) else { return };
    let place = |item: &Value| {
        let named = |wanted: &Value| match (strategic(list), wanted) {
            (ListRule::Keyed(keys), Value::Object(_)) => same_item(keys, item, wanted),
            _ => item == wanted,
        };
        order.iter().position(named).unwrap_or(order.len())
    };
    items.sort_by_key(place);
}
