//! Server-side apply: the applier states the fields it wants and comes to own them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::answer::{Outcome, Refusal};
use super::field_owners::{Owner, Path, display, find, is_item, leaves, owners, remove, write_owners};
use super::merge_keys::{ListRule, apply as list_rule, is_atomic_object, same_item};

/// Merges `config` into `live`, or refuses when it would change what somebody else owns.
pub(super) fn apply(live: &Value, config: &Value, applier: Owner, force: bool) -> Outcome<Value> {
    if config["metadata"]["managedFields"].as_array().is_some_and(|fields| !fields.is_empty()) {
        return Err(Refusal::bad_request("metadata.managedFields must be nil"));
    }
    let mut others = owners(live);
    if others.is_empty() {
        others.push(before_first_apply(live, &applier));
    }
    let is_applier = |owner: &Owner| owner.is(&applier.manager, "Apply", &applier.subresource);
    let former = others.iter().position(is_applier).map(|place| others.remove(place));

    let of_status = |path: &Path| path.first().is_some_and(|first| first == "f:status");
    let mut wanted = leaves(config);
    wanted.retain(|path| of_status(path) == (applier.subresource == "status"));

    let conflicts = conflicts(live, config, &wanted, &others);
    if !force && !conflicts.is_empty() {
        return Err(refusal(&conflicts));
    }
    for owner in &mut others {
        owner.paths.retain(|path| !conflicts.iter().any(|(_, conflicting)| conflicting == path));
    }

    let mut merged = live.clone();
    merge("", &mut merged, config);
    // What this applier stated before and states no longer goes, unless somebody else wants it too.
    let dropped = former.iter().flat_map(|owner| owner.paths.difference(&wanted));
    for path in dropped.filter(|path| others.iter().all(|owner| !owner.paths.contains(*path))) {
        remove(&mut merged, path);
    }
    let unchanged = former.as_ref().is_some_and(|owner| owner.paths == wanted) && merged == *live;
    let time = former.filter(|_| unchanged).map_or_else(|| applier.time.clone(), |owner| owner.time);
    others.push(Owner { paths: wanted, time, ..applier });
    write_owners(&mut merged, &others);
    Ok(merged)
}

fn before_first_apply(live: &Value, applier: &Owner) -> Owner {
    Owner {
        manager: "before-first-apply".to_owned(),
        operation: "Update".to_owned(),
        subresource: String::new(),
        paths: leaves(live),
        ..applier.clone()
    }
}

fn conflicts(live: &Value, config: &Value, wanted: &BTreeSet<Path>, others: &[Owner]) -> Vec<(String, Path)> {
    let mut conflicts = Vec::new();
    for owner in others {
        let contested = owner.paths.intersection(wanted).filter(|path| !is_item(path));
        for path in contested.filter(|path| find(live, path) != find(config, path)) {
            conflicts.push((describe(owner), path.clone()));
        }
    }
    conflicts
}

/// The owner in the words of the conflict; only those who did not apply are named with a version.
fn describe(owner: &Owner) -> String {
    let mut words = format!("conflict with {:?}", owner.manager);
    if !owner.subresource.is_empty() {
        words = format!("{words} with subresource {:?}", owner.subresource);
    }
    if owner.operation == "Update" {
        words = format!("{words} using {}", owner.api_version);
    }
    words
}

fn refusal(conflicts: &[(String, Path)]) -> Refusal {
    let message = match conflicts {
        [(with, path)] => format!("Apply failed with 1 conflict: {with}: {}", display(path)),
        many => {
            let mut by_owner: BTreeMap<&str, String> = BTreeMap::new();
            for (with, path) in many {
                let paths = by_owner.entry(with).or_default();
                *paths = format!("{paths}\n- {}", display(path));
            }
            let sections =
                by_owner.iter().map(|(with, paths)| format!("{}:{paths}", with.replacen("conflict", "conflicts", 1)));
            let sections: Vec<_> = sections.collect();
            format!("Apply failed with {} conflicts: {}", many.len(), sections.join("\n"))
        }
    };
    let refusal = Refusal::new(409, "Conflict", message);
    conflicts.iter().fold(refusal, |refusal, (with, path)| refusal.cause("FieldManagerConflict", with, &display(path)))
}

fn merge(field: &str, live: &mut Value, config: &Value) {
    match (live, config) {
        (Value::Object(live), Value::Object(config)) if !is_atomic_object(field) => {
            for (field, wanted) in config {
                merge(field, live.entry(field.clone()).or_insert(Value::Null), wanted);
            }
        }
        (Value::Array(live), Value::Array(config)) => match list_rule(field) {
            ListRule::Atomic => config.clone_into(live),
            ListRule::Set => {
                let new: Vec<_> = config.iter().filter(|item| !live.contains(item)).cloned().collect();
                live.extend(new);
            }
            ListRule::Keyed(keys) => {
                for wanted in config {
                    match live.iter_mut().find(|item| same_item(keys, item, wanted)) {
                        Some(item) => merge("", item, wanted),
                        None => live.push(wanted.clone()),
                    }
                }
            }
        },
        (live, config) => *live = config.clone(),
    }
}
