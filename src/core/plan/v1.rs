//! Plans of the format v1, which named some codes after Auto Scaling.
//!
//! What changed: the state `asg-min-size` is `group-min-size`, the hold `az-rebalance-would-kill`
//! is `rebalancing-would-kill`, what holds a leftover stands beside its state as every other hold
//! does, `launch-suspended` names its `process`, and findings that are advice of the cloud have
//! `code`, `group` and `message` alone.

use serde_json::{Map, Value};

/// The name of the format.
pub const SCHEMA_V1: &str = "ec2-autoscale/plan/v1";

/// The JSON Schema of the format, as the last version that wrote it printed it, without the
/// descriptions.
pub const JSON_SCHEMA_V1: &str = include_str!("v1.schema.json");

/// What findings that are advice had beside their message.
const FIELDS_OF_ADVICE: [&str; 4] = ["process", "request", "since", "status"];

/// The findings that have them.
const ADVICE: [&str; 2] = ["process-suspended", "spot-request-waits"];

/// Returns a document of v1 as one of this version's format. What is not as v1 has it is left as it
/// is: reading the plan refuses it.
pub(super) fn upgraded(mut document: Value) -> Value {
    document["schema"] = super::document::SCHEMA.into();
    objects_of(&mut document, "nodes").for_each(upgrade_node);
    objects_of(&mut document, "instances").for_each(upgrade_hold);
    objects_of(&mut document, "findings").for_each(upgrade_finding);
    name_processes(&mut document);
    document
}

fn objects_of<'a>(document: &'a mut Value, list: &str) -> impl Iterator<Item = &'a mut Map<String, Value>> {
    document.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut)
}

fn upgrade_node(node: &mut Map<String, Value>) {
    rename(node.get_mut("state"), "asg-min-size", "group-min-size");
    let leftover = node.get_mut("leftover").and_then(Value::as_object_mut);
    if let Some(hold) = leftover.and_then(|leftover| leftover.remove("held_by")).filter(|hold| !hold.is_null()) {
        node.insert("held_by".to_owned(), hold);
    }
    upgrade_hold(node);
}

fn upgrade_hold(held: &mut Map<String, Value>) {
    let code = held.get_mut("held_by").and_then(|hold| hold.get_mut("code"));
    rename(code, "az-rebalance-would-kill", "rebalancing-would-kill");
}

/// Names the process of each suspended launch. It may be why a group is blocked, a refusal of a
/// pod, or in a finding.
fn name_processes(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(name_processes),
        Value::Object(fields) => {
            if fields.get("code").is_some_and(|code| code == "launch-suspended") {
                fields.entry("process").or_insert_with(|| "Launch".into());
            }
            fields.values_mut().for_each(name_processes);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn upgrade_finding(finding: &mut Map<String, Value>) {
    if finding.get("code").and_then(Value::as_str).is_some_and(|code| ADVICE.contains(&code)) {
        finding.retain(|name, _| !FIELDS_OF_ADVICE.contains(&name.as_str()));
    }
}

fn rename(code: Option<&mut Value>, from: &str, to: &str) {
    if let Some(code) = code.filter(|code| **code == from) {
        *code = to.into();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn upgraded_item(list: &str, item: &Value) -> Value {
        let document = upgraded(json!({"schema": SCHEMA_V1, list: [item]}));
        assert_eq!(document["schema"], super::super::document::SCHEMA);
        document[list][0].clone()
    }

    #[test]
    fn codes_that_named_auto_scaling_are_renamed() {
        let node = json!({"node": "n", "state": "asg-min-size", "min": 1});
        assert_eq!(upgraded_item("nodes", &node), json!({"node": "n", "state": "group-min-size", "min": 1}));
        let (old, new) = (json!({"code": "az-rebalance-would-kill"}), json!({"code": "rebalancing-would-kill"}));
        for list in ["nodes", "instances"] {
            assert_eq!(upgraded_item(list, &json!({"held_by": old})), json!({"held_by": new}), "{list}");
        }
    }

    #[test]
    fn the_hold_of_a_leftover_moves_beside_its_state() {
        let leftover = |hold: Value| json!({"state": "instance-terminated", "leftover": {"since": null, "held_by": hold}});
        let settles = json!({"code": "mark-settles", "settle": 60});
        let beside = json!({"state": "instance-terminated", "leftover": {"since": null}, "held_by": settles});
        assert_eq!(upgraded_item("nodes", &leftover(settles)), beside);
        let free = json!({"state": "instance-terminated", "leftover": {"since": null}});
        assert_eq!(upgraded_item("nodes", &leftover(Value::Null)), free);
    }

    #[test]
    fn a_suspended_launch_names_its_process() {
        let (old, new) = (json!({"code": "launch-suspended"}), json!({"code": "launch-suspended", "process": "Launch"}));
        let at_max = json!({"blocked": {"code": "at-max", "max": 3}});
        assert_eq!(upgraded_item("groups", &json!({"blocked": old})), json!({"blocked": new}));
        assert_eq!(upgraded_item("groups", &at_max), at_max);
        assert_eq!(upgraded_item("findings", &json!({"block": old})), json!({"block": new}));
        let refused = |block: &Value| json!({"refusals": [{"because": "blocked", "block": block}]});
        assert_eq!(upgraded_item("pods", &refused(&old)), refused(&new));
    }

    #[test]
    fn advice_has_its_facts_in_its_message_alone() {
        let old =
            json!({"code": "spot-request-waits", "group": {}, "request": "r", "since": "s", "status": "t", "message": "m"});
        assert_eq!(upgraded_item("findings", &old), json!({"code": "spot-request-waits", "group": {}, "message": "m"}));
        let dead = json!({"code": "dead-node", "node": "n", "since": "s", "message": "m"});
        assert_eq!(upgraded_item("findings", &dead), dead);
    }
}
