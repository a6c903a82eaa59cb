//! Deletes: preconditions, grace and finalizers.

use serde_json::{Value, json};

use super::client::{MERGE_PATCH, message, with_uid};
use super::servers::{on_each_server, until};

#[test]
fn a_deleted_node_is_gone_and_answers_a_status() {
    on_each_server(|place| {
        let node = place.node("n1");
        let path = format!("/api/v1/nodes/{}", place.own("n1"));
        let status = place.delete(&path, &Value::Null).expect(200);
        assert_eq!(status["kind"], "Status");
        assert_eq!(status["status"], "Success");
        assert_eq!(status["details"], json!({"name": place.own("n1"), "kind": "nodes", "uid": node["metadata"]["uid"]}));
        place.get(&path).refused(404, "NotFound");
        place.delete(&path, &Value::Null).refused(404, "NotFound");
    });
}

#[test]
fn another_uid_saves_a_node() {
    on_each_server(|place| {
        let node = place.node("n1");
        let path = format!("/api/v1/nodes/{}", place.own("n1"));
        let other = with_uid("00000000-0000-4000-8000-000000000000");
        let status = place.delete(&path, &other).refused(409, "Conflict");
        let words = format!("Operation cannot be fulfilled on Node {:?}: the UID in the precondition", place.own("n1"));
        assert!(message(&status).starts_with(&words), "{status}");
        place.get(&path).expect(200);
        let own = with_uid(node["metadata"]["uid"].as_str().expect("a uid"));
        place.delete(&path, &own).expect(200);
        place.get(&path).refused(404, "NotFound");
    });
}

#[test]
fn another_version_saves_a_node() {
    on_each_server(|place| {
        let node = place.node("n1");
        let path = format!("/api/v1/nodes/{}", place.own("n1"));
        let options = json!({
            "kind": "DeleteOptions", "apiVersion": "v1",
            "preconditions": {"resourceVersion": node["metadata"]["resourceVersion"]},
        });
        place.patch(MERGE_PATCH, &path, &json!({"metadata": {"labels": {"a": "b"}}})).expect(200);
        let status = place.delete(&path, &options).refused(409, "Conflict");
        assert!(message(&status).contains("the ResourceVersion in the precondition"), "{status}");
        place.get(&path).expect(200);
    });
}

#[test]
fn a_pod_without_a_node_goes_at_once() {
    on_each_server(|place| {
        place.pod("waiting", &json!({}));
        let path = place.core("pods/waiting");
        let answered = place.delete(&path, &Value::Null).expect(200);
        assert_eq!(answered["kind"], "Pod");
        place.get(&path).refused(404, "NotFound");
    });
}

#[test]
fn a_pod_on_a_node_waits_for_its_kubelet() {
    on_each_server(|place| {
        place.running_pod("web", &json!({"app": "web"}), true);
        let path = place.core("pods/web");
        let answered = place.delete(&path, &Value::Null).expect(200);
        assert_eq!(answered["metadata"]["deletionGracePeriodSeconds"], 30);
        assert_eq!(answered["metadata"]["generation"], 2);
        let left = place.get(&path).expect(200);
        assert!(left["metadata"]["deletionTimestamp"].is_string(), "{left}");
        // A second request with as much time changes nothing; with less it does.
        let again = place.delete(&path, &json!({"gracePeriodSeconds": 60})).expect(200);
        assert_eq!(again["metadata"]["deletionGracePeriodSeconds"], 30);
        let sooner = place.delete(&path, &json!({"gracePeriodSeconds": 5})).expect(200);
        assert_eq!(sooner["metadata"]["deletionGracePeriodSeconds"], 5);
        place.delete(&path, &json!({"gracePeriodSeconds": 0})).expect(200);
        place.get(&path).refused(404, "NotFound");
    });
}

#[test]
fn grace_can_be_asked_for_in_the_query() {
    on_each_server(|place| {
        place.running_pod("web", &json!({"app": "web"}), true);
        let answered = place.delete(&place.core("pods/web?gracePeriodSeconds=7"), &Value::Null).expect(200);
        assert_eq!(answered["metadata"]["deletionGracePeriodSeconds"], 7);
    });
}

#[test]
fn a_finished_pod_goes_at_once() {
    on_each_server(|place| {
        place.running_pod("done", &json!({}), false);
        let succeeded = json!({"status": {"phase": "Succeeded"}});
        place.patch(MERGE_PATCH, &place.core("pods/done/status"), &succeeded).expect(200);
        place.delete(&place.core("pods/done"), &Value::Null).expect(200);
        place.get(&place.core("pods/done")).refused(404, "NotFound");
    });
}

#[test]
fn a_finalizer_keeps_an_object_until_it_is_taken_off() {
    on_each_server(|place| {
        let map = json!({"metadata": {"name": "mine", "finalizers": ["example.com/keep"]}});
        place.post(&place.core("configmaps"), &map).expect(201);
        let path = place.core("configmaps/mine");
        place.delete(&path, &Value::Null).expect(200);
        let left = place.get(&path).expect(200);
        assert!(left["metadata"]["deletionTimestamp"].is_string(), "{left}");
        place.patch(MERGE_PATCH, &path, &json!({"metadata": {"finalizers": null}})).expect(200);
        place.get(&path).refused(404, "NotFound");
    });
}

#[test]
fn a_namespace_lingers() {
    on_each_server(|place| {
        let name = place.own("other");
        place.post("/api/v1/namespaces", &json!({"metadata": {"name": name}})).expect(201);
        let path = format!("/api/v1/namespaces/{name}");
        assert_eq!(place.get(&path).expect(200)["status"]["phase"], "Active");
        let left = place.delete(&path, &Value::Null).expect(200);
        assert_eq!(left["status"]["phase"], "Terminating");
        let status = until("nothing new in the namespace", || {
            let answer = place.post(&format!("{path}/configmaps"), &json!({"metadata": {"generateName": "late-"}}));
            (answer.code == 403).then_some(answer)
        });
        let status = status.refused(403, "Forbidden");
        assert!(message(&status).contains("because it is being terminated"), "{status}");
    });
}
