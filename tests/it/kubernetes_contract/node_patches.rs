//! Patches of nodes: taints, cordons and marks.

use serde_json::{Value, json};

use super::client::{JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, message};
use super::servers::{Place, on_each_server};

/// Makes a node with one label, one annotation and two taints; returns it with its path.
fn tainted_node(place: &Place) -> (String, Value) {
    let node = json!({
        "metadata": {"name": place.own("n1"), "labels": {"zone": "a"}, "annotations": {"note": "old"}},
        "spec": {"taints": [
            {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"},
            {"key": "gpu", "value": "true", "effect": "NoSchedule"},
        ]},
    });
    let created = place.post("/api/v1/nodes", &node).expect(201);
    (format!("/api/v1/nodes/{}", place.own("n1")), created)
}

fn taint_keys(node: &Value) -> Vec<&str> {
    node["spec"]["taints"].as_array().into_iter().flatten().filter_map(|taint| taint["key"].as_str()).collect()
}

#[test]
fn a_new_node_is_tainted_until_ready() {
    on_each_server(|place| {
        let ready = |status: &str| json!({"conditions": [{"type": "Ready", "status": status}]});
        for (name, status) in [("unready", ready("False")), ("ready", ready("True"))] {
            let node = json!({"metadata": {"name": place.own(name)}, "status": status});
            let created = place.post("/api/v1/nodes", &node).expect(201);
            let taint = json!([{"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}]);
            assert_eq!(created["spec"]["taints"], taint, "{name}");
            // Unlike a pod, a node brings its status along.
            assert_eq!(created["status"]["conditions"][0]["status"], status["conditions"][0]["status"]);
        }
    });
}

#[test]
fn merge_and_strategic_patches_replace_all_taints() {
    on_each_server(|place| {
        let (path, _) = tainted_node(place);
        for kind in [STRATEGIC_PATCH, MERGE_PATCH] {
            let one = json!({"spec": {"taints": [{"key": kind.len().to_string(), "effect": "NoSchedule"}]}});
            let patched = place.patch(kind, &path, &one).expect(200);
            assert_eq!(taint_keys(&patched), [kind.len().to_string()], "{kind}");
        }
    });
}

#[test]
fn a_null_takes_a_field_away() {
    on_each_server(|place| {
        let (path, _) = tainted_node(place);
        let edit = json!({"metadata": {"annotations": {"note": null, "mark": "new"}, "labels": {"zone": null}}});
        let patched = place.patch(STRATEGIC_PATCH, &path, &edit).expect(200);
        assert_eq!(patched["metadata"]["annotations"], json!({"mark": "new"}));
        assert!(patched["metadata"]["labels"].is_null(), "{patched}");
        let edit = json!({"metadata": {"annotations": {"mark": null}}, "spec": {"taints": null}});
        let patched = place.patch(MERGE_PATCH, &path, &edit).expect(200);
        assert!(patched["metadata"]["annotations"].is_null(), "{patched}");
        assert!(patched["spec"]["taints"].is_null(), "{patched}");
    });
}

#[test]
fn uncordoned_is_absent_and_not_false() {
    on_each_server(|place| {
        let (path, _) = tainted_node(place);
        let cordon = |on: bool| json!({"spec": {"unschedulable": on}});
        for kind in [STRATEGIC_PATCH, MERGE_PATCH] {
            assert_eq!(place.patch(kind, &path, &cordon(true)).expect(200)["spec"]["unschedulable"], true);
            let node = place.patch(kind, &path, &cordon(false)).expect(200);
            assert!(node["spec"]["unschedulable"].is_null(), "{node}");
        }
    });
}

#[test]
fn conditions_are_merged_by_type_strategically_only() {
    on_each_server(|place| {
        let (path, _) = tainted_node(place);
        let status = format!("{path}/status");
        let condition = |kind: &str, status: &str| json!({"status": {"conditions": [{"type": kind, "status": status}]}});
        let pairs = |node: &Value| -> Vec<(String, String)> {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let conditions = node["status"]["conditions"].as_array().into_iter().flatten();
            let mut pairs: Vec<_> = conditions.map(|known| (text(&known["type"]), text(&known["status"]))).collect();
            pairs.sort();
            pairs
        };
        let pair = |kind: &str, status: &str| (kind.to_owned(), status.to_owned());
        place.patch(STRATEGIC_PATCH, &status, &condition("Ready", "True")).expect(200);
        let node = place.patch(STRATEGIC_PATCH, &status, &condition("DiskPressure", "False")).expect(200);
        assert_eq!(pairs(&node), [pair("DiskPressure", "False"), pair("Ready", "True")]);
        let node = place.patch(STRATEGIC_PATCH, &status, &condition("Ready", "Unknown")).expect(200);
        assert_eq!(pairs(&node), [pair("DiskPressure", "False"), pair("Ready", "Unknown")]);
        let delete = json!({"status": {"conditions": [{"type": "DiskPressure", "$patch": "delete"}]}});
        let node = place.patch(STRATEGIC_PATCH, &status, &delete).expect(200);
        assert_eq!(pairs(&node), [pair("Ready", "Unknown")]);
        let node = place.patch(MERGE_PATCH, &status, &condition("MemoryPressure", "False")).expect(200);
        assert_eq!(pairs(&node), [pair("MemoryPressure", "False")]);
    });
}

#[test]
fn a_json_patch_edits_one_taint() {
    on_each_server(|place| {
        let (path, created) = tainted_node(place);
        let edit = json!([
            {"op": "test", "path": "/metadata/resourceVersion", "value": created["metadata"]["resourceVersion"]},
            {"op": "add", "path": "/spec/taints/-", "value": {"key": "idle", "value": "1", "effect": "PreferNoSchedule"}},
            {"op": "add", "path": "/metadata/annotations/example.com~1cordoned-at", "value": "now"},
            {"op": "add", "path": "/spec/unschedulable", "value": true},
        ]);
        let patched = place.patch(JSON_PATCH, &path, &edit).expect(200);
        assert_eq!(taint_keys(&patched), ["node.kubernetes.io/not-ready", "gpu", "idle"]);
        assert_eq!(patched["metadata"]["annotations"]["example.com/cordoned-at"], "now");
        assert_eq!(patched["spec"]["unschedulable"], true);
        let edit = json!([
            {"op": "test", "path": "/spec/taints/2/key", "value": "idle"},
            {"op": "remove", "path": "/spec/taints/2"},
            {"op": "replace", "path": "/metadata/annotations/note", "value": "new"},
            {"op": "remove", "path": "/metadata/annotations/example.com~1cordoned-at"},
        ]);
        let patched = place.patch(JSON_PATCH, &path, &edit).expect(200);
        assert_eq!(taint_keys(&patched), ["node.kubernetes.io/not-ready", "gpu"]);
        assert_eq!(patched["metadata"]["annotations"], json!({"note": "new"}));
    });
}

#[test]
fn a_json_patch_that_does_not_apply_is_invalid() {
    on_each_server(|place| {
        let (path, created) = tainted_node(place);
        let edits = [
            json!([{"op": "test", "path": "/spec/taints/0/key", "value": "other"}]),
            json!([{"op": "test", "path": "/metadata/annotations/missing", "value": "x"}]),
            json!([{"op": "remove", "path": "/spec/unschedulable"}]),
            json!([{"op": "replace", "path": "/metadata/missing/deep", "value": "x"}]),
            json!([{"op": "replace", "path": "/spec/taints/7", "value": {}}]),
            json!([{"op": "remove", "path": "/metadata/labels/missing"}]),
            json!([{"op": "add", "path": "/spec/missing/deep", "value": "x"}]),
            json!([{"op": "remove", "path": "/spec/taints/7"}]),
        ];
        for edit in edits {
            let status = place.patch(JSON_PATCH, &path, &edit).refused(422, "Invalid");
            let words = "the server rejected our request due to an error in our request";
            assert_eq!(message(&status), words, "{edit}");
        }
        // Nothing of a patch that fails half-way is kept.
        let half = json!([
            {"op": "add", "path": "/spec/unschedulable", "value": true},
            {"op": "test", "path": "/spec/providerID", "value": "aws:///z/i-1"},
        ]);
        place.patch(JSON_PATCH, &path, &half).refused(422, "Invalid");
        assert_eq!(place.get(&path).expect(200), created);
    });
}

#[test]
fn a_json_patch_replaces_what_is_not_there() {
    on_each_server(|place| {
        let (path, _) = tainted_node(place);
        let edit = json!([{"op": "replace", "path": "/metadata/labels/missing", "value": "x"}]);
        let patched = place.patch(JSON_PATCH, &path, &edit).expect(200);
        assert_eq!(patched["metadata"]["labels"], json!({"zone": "a", "missing": "x"}));
    });
}

#[test]
fn a_patch_can_demand_a_version() {
    on_each_server(|place| {
        let (path, created) = tainted_node(place);
        let guarded = |note: &str| {
            json!({"metadata": {
                "resourceVersion": created["metadata"]["resourceVersion"],
                "annotations": {"note": note},
            }})
        };
        place.patch(STRATEGIC_PATCH, &path, &guarded("first")).expect(200);
        for kind in [STRATEGIC_PATCH, MERGE_PATCH] {
            let status = place.patch(kind, &path, &guarded("second")).refused(409, "Conflict");
            assert!(message(&status).contains("the object has been modified"), "{status}");
        }
        assert_eq!(place.get(&path).expect(200)["metadata"]["annotations"]["note"], "first");
    });
}

#[test]
fn a_patch_with_another_uid_is_invalid() {
    on_each_server(|place| {
        let (path, _) = tainted_node(place);
        let other = json!({"metadata": {"uid": "00000000-0000-4000-8000-000000000000", "labels": {"a": "b"}}});
        let status = place.patch(MERGE_PATCH, &path, &other).refused(422, "Invalid");
        assert!(message(&status).contains("field is immutable"), "{status}");
    });
}

#[test]
fn taints_are_told_apart_by_key_and_effect() {
    on_each_server(|place| {
        let (path, _) = tainted_node(place);
        let taints = |effect: &str| {
            json!({"spec": {"taints": [
                {"key": "idle", "value": "1", "effect": "NoSchedule"},
                {"key": "idle", "value": "2", "effect": effect},
            ]}})
        };
        place.patch(MERGE_PATCH, &path, &taints("NoExecute")).expect(200);
        let status = place.patch(MERGE_PATCH, &path, &taints("NoSchedule")).refused(422, "Invalid");
        assert_eq!(status["details"]["causes"][0]["reason"], "FieldValueDuplicate", "{status}");
        let status = place.patch(MERGE_PATCH, &path, &taints("Never")).refused(422, "Invalid");
        assert_eq!(status["details"]["causes"][0]["reason"], "FieldValueNotSupported", "{status}");
    });
}

#[test]
fn a_taints_value_has_the_form_of_a_label() {
    on_each_server(|place| {
        let (path, _) = tainted_node(place);
        let taint = |value: &str| json!({"spec": {"taints": [{"key": "example.com/idle-since", "value": value, "effect": "PreferNoSchedule"}]}});
        place.patch(MERGE_PATCH, &path, &taint("1795305600")).expect(200);
        place.patch(MERGE_PATCH, &path, &taint("2026-11-22T00:00:00Z")).refused(422, "Invalid");
    });
}

#[test]
fn a_provider_id_is_given_once() {
    on_each_server(|place| {
        let (path, _) = tainted_node(place);
        let provider = |id: &str| json!({"spec": {"providerID": id}});
        place.patch(MERGE_PATCH, &path, &provider("aws:///us-west-2a/i-1")).expect(200);
        place.patch(MERGE_PATCH, &path, &provider("aws:///us-west-2a/i-2")).refused(422, "Invalid");
    });
}

#[test]
fn a_patch_of_an_unknown_kind_is_unsupported() {
    on_each_server(|place| {
        let (path, _) = tainted_node(place);
        place.patch("application/json", &path, &json!({})).refused(415, "UnsupportedMediaType");
    });
}

#[test]
fn a_patch_of_a_missing_node_is_not_found() {
    on_each_server(|place| {
        let path = format!("/api/v1/nodes/{}", place.own("missing"));
        for kind in [STRATEGIC_PATCH, MERGE_PATCH] {
            place.patch(kind, &path, &json!({"spec": {"unschedulable": true}})).refused(404, "NotFound");
        }
        place.patch(JSON_PATCH, &path, &json!([])).refused(404, "NotFound");
    });
}

#[test]
fn a_patch_cannot_rename() {
    on_each_server(|place| {
        let (path, _) = tainted_node(place);
        place.patch(MERGE_PATCH, &path, &json!({"metadata": {"name": "other"}})).refused(400, "BadRequest");
    });
}
