//! Server-side apply and its owners.

use serde_json::{Value, json};

use super::client::{APPLY_PATCH, Answer, MERGE_PATCH, message};
use super::servers::{Place, on_each_server};

fn node_path(place: &Place) -> String {
    format!("/api/v1/nodes/{}", place.own("n1"))
}

/// Applies a node's spec and metadata as `manager`.
fn apply(place: &Place, manager: &str, force: bool, node: &Value) -> Answer {
    let mut config = node.clone();
    config["apiVersion"] = json!("v1");
    config["kind"] = json!("Node");
    config["metadata"]["name"] = json!(place.own("n1"));
    let force = if force { "&force=true" } else { "" };
    place.patch(APPLY_PATCH, &format!("{}?fieldManager={manager}{force}", node_path(place)), &config)
}

fn labels(pairs: &Value) -> Value {
    json!({"metadata": {"labels": pairs}})
}

#[test]
fn an_apply_creates_what_is_missing() {
    on_each_server(|place| {
        let node = apply(place, "alice", false, &labels(&json!({"a": "1"}))).expect(201);
        assert_eq!(node["metadata"]["name"], place.own("n1"));
        assert_eq!(node["metadata"]["labels"], json!({"a": "1"}));
        let again = apply(place, "alice", false, &labels(&json!({"a": "1"}))).expect(200);
        assert_eq!(again["metadata"]["resourceVersion"], node["metadata"]["resourceVersion"]);
    });
}

#[test]
fn an_apply_that_creates_needs_the_name_twice() {
    on_each_server(|place| {
        let config = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"labels": {"a": "1"}}});
        let path = format!("{}?fieldManager=alice", node_path(place));
        let status = place.patch(APPLY_PATCH, &path, &config).refused(400, "BadRequest");
        assert!(message(&status).contains("name must be provided"), "{status}");
        place.node("n1");
        place.patch(APPLY_PATCH, &path, &config).expect(200);
    });
}

#[test]
fn somebody_elses_field_is_a_conflict() {
    on_each_server(|place| {
        apply(place, "alice", false, &labels(&json!({"a": "1"}))).expect(201);
        // The same value can be shared.
        apply(place, "bob", false, &labels(&json!({"a": "1"}))).expect(200);
        let status = apply(place, "carol", false, &labels(&json!({"a": "2"}))).refused(409, "Conflict");
        let words = "Apply failed with 2 conflicts: conflicts with \"alice\":\n- .metadata.labels.a\n\
            conflicts with \"bob\":\n- .metadata.labels.a";
        assert_eq!(message(&status), words);
        let causes = status["details"]["causes"].as_array().expect("causes");
        let cause = json!({
            "reason": "FieldManagerConflict", "message": "conflict with \"alice\"", "field": ".metadata.labels.a",
        });
        assert!(causes.len() == 2 && causes.contains(&cause), "{status}");
    });
}

#[test]
fn a_conflict_says_with_whom_and_where() {
    on_each_server(|place| {
        apply(place, "alice", false, &labels(&json!({"a": "1"}))).expect(201);
        let status = apply(place, "bob", false, &labels(&json!({"a": "2"}))).refused(409, "Conflict");
        let words = "Apply failed with 1 conflict: conflict with \"alice\": .metadata.labels.a";
        assert_eq!(message(&status), words);
    });
}

#[test]
fn force_takes_the_field() {
    on_each_server(|place| {
        apply(place, "alice", false, &labels(&json!({"a": "1"}))).expect(201);
        let node = apply(place, "bob", true, &labels(&json!({"a": "2"}))).expect(200);
        assert_eq!(node["metadata"]["labels"]["a"], "2");
        apply(place, "alice", false, &labels(&json!({"a": "1"}))).refused(409, "Conflict");
    });
}

#[test]
fn a_patched_field_belongs_to_the_patcher() {
    on_each_server(|place| {
        place.node("n1");
        let path = format!("{}?fieldManager=kubectl", node_path(place));
        let taints = json!({"spec": {"taints": [{"key": "gpu", "effect": "NoSchedule"}]}});
        place.patch(MERGE_PATCH, &path, &taints).expect(200);
        let mine = json!({"spec": {"taints": [{"key": "idle", "effect": "PreferNoSchedule"}]}});
        let status = apply(place, "alice", false, &mine).refused(409, "Conflict");
        // A manager that wrote without applying is named with a version.
        let words = "Apply failed with 1 conflict: conflict with \"kubectl\" using v1: .spec.taints";
        assert_eq!(message(&status), words);
        // Taints are one field: a manager that takes it takes all of it.
        let node = apply(place, "alice", true, &mine).expect(200);
        assert_eq!(node["spec"]["taints"], mine["spec"]["taints"]);
    });
}

#[test]
fn what_is_applied_no_longer_goes() {
    on_each_server(|place| {
        apply(place, "alice", false, &labels(&json!({"a": "1", "b": "1"}))).expect(201);
        apply(place, "bob", false, &labels(&json!({"b": "1", "c": "1"}))).expect(200);
        // `b` stays because bob wants it as well.
        let node = apply(place, "alice", false, &labels(&json!({}))).expect(200);
        assert_eq!(node["metadata"]["labels"], json!({"b": "1", "c": "1"}));
    });
}

#[test]
fn an_apply_needs_a_manager() {
    on_each_server(|place| {
        let config = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"labels": {"a": "1"}}});
        let status = place.patch(APPLY_PATCH, &node_path(place), &config).refused(422, "Invalid");
        assert!(message(&status).contains("fieldManager: Required value"), "{status}");
    });
}

#[test]
fn force_is_for_applies_only() {
    on_each_server(|place| {
        place.node("n1");
        let path = format!("{}?force=true", node_path(place));
        let status = place.patch(MERGE_PATCH, &path, &labels(&json!({"a": "1"}))).refused(422, "Invalid");
        assert!(message(&status).contains("may not be specified for non-apply patch"), "{status}");
    });
}

#[test]
fn lists_with_keys_are_applied_item_by_item() {
    on_each_server(|place| {
        place.node("n1");
        let condition = |manager: &str, kind: &str| {
            let config = json!({
                "apiVersion": "v1", "kind": "Node",
                "status": {"conditions": [{"type": kind, "status": "True"}]},
            });
            place.patch(APPLY_PATCH, &format!("{}/status?fieldManager={manager}", node_path(place)), &config)
        };
        condition("alice", "AliceReady").expect(200);
        let node = condition("bob", "BobReady").expect(200);
        let types: Vec<_> = node["status"]["conditions"].as_array().into_iter().flatten().map(|c| &c["type"]).collect();
        assert_eq!(types, ["AliceReady", "BobReady"]);
    });
}
