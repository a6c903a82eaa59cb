//! What a run leaves behind: its lease and its events.

use serde_json::{Value, json};

use super::client::{MERGE_PATCH, message};
use super::servers::on_each_server;

fn lease(holder: &str) -> Value {
    json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": {"name": "scaler"},
        "spec": {"holderIdentity": holder, "leaseDurationSeconds": 60, "renewTime": "2026-11-22T00:00:00.000000Z"},
    })
}

#[test]
fn a_lease_is_made_once() {
    on_each_server(|place| {
        let path = place.grouped("coordination.k8s.io/v1", "leases");
        let made = place.post(&path, &lease("one")).expect(201);
        assert_eq!(made["spec"]["renewTime"], "2026-11-22T00:00:00.000000Z");
        let status = place.post(&path, &lease("other")).refused(409, "AlreadyExists");
        assert_eq!(message(&status), "leases.coordination.k8s.io \"scaler\" already exists");
    });
}

#[test]
fn a_lease_is_renewed_from_its_latest_version() {
    on_each_server(|place| {
        let made = place.post(&place.grouped("coordination.k8s.io/v1", "leases"), &lease("one")).expect(201);
        let path = place.grouped("coordination.k8s.io/v1", "leases/scaler");
        let mut mine = made.clone();
        mine["spec"]["renewTime"] = json!("2026-11-22T00:00:15.000000Z");
        mine["metadata"]["annotations"] = json!({"note": "web-a=5"});
        let renewed = place.put(&path, &mine).expect(200);
        assert_eq!(renewed["metadata"]["annotations"]["note"], "web-a=5");
        let mut late = made;
        late["spec"]["holderIdentity"] = json!("other");
        place.put(&path, &late).refused(409, "Conflict");
        let stale =
            json!({"metadata": {"resourceVersion": late["metadata"]["resourceVersion"]}, "spec": {"holderIdentity": "x"}});
        place.patch(MERGE_PATCH, &path, &stale).refused(409, "Conflict");
        assert_eq!(place.get(&path).expect(200)["spec"]["holderIdentity"], "one");
    });
}

#[test]
fn a_lease_is_not_replaced_blindly() {
    on_each_server(|place| {
        place.post(&place.grouped("coordination.k8s.io/v1", "leases"), &lease("one")).expect(201);
        let path = place.grouped("coordination.k8s.io/v1", "leases/scaler");
        let status = place.put(&path, &lease("other")).refused(422, "Invalid");
        assert!(message(&status).contains("metadata.resourceVersion"), "{status}");
        assert!(message(&status).contains("must be specified for an update"), "{status}");
    });
}

#[test]
fn a_config_map_can_be_replaced_blindly() {
    on_each_server(|place| {
        let map = |value: &str| json!({"metadata": {"name": "state"}, "data": {"key": value}});
        place.post(&place.core("configmaps"), &map("1")).expect(201);
        let replaced = place.put(&place.core("configmaps/state"), &map("2")).expect(200);
        assert_eq!(replaced["data"]["key"], "2");
    });
}

#[test]
fn a_core_event_is_made_with_a_generated_name() {
    on_each_server(|place| {
        let event = json!({
            "metadata": {"generateName": "scaler-"},
            "involvedObject": {"kind": "Pod", "name": "web", "namespace": place.namespace()},
            "reason": "TriggeredScaleUp", "message": "group web-a from 1 to 2", "type": "Normal",
            "source": {"component": "ec2-autoscale"},
        });
        let made = place.post(&place.core("events"), &event).expect(201);
        assert!(made["metadata"]["name"].as_str().is_some_and(|name| name.starts_with("scaler-")), "{made}");
        let selected = |query: &str| {
            let list = place.get(&place.core(&format!("events?fieldSelector={query}"))).expect(200);
            list["items"].as_array().map_or(0, Vec::len)
        };
        assert_eq!(selected("involvedObject.name=web,reason=TriggeredScaleUp"), 1);
        assert_eq!(selected("involvedObject.name=other"), 0);
    });
}

#[test]
fn an_event_about_a_node_belongs_to_the_default_namespace() {
    on_each_server(|place| {
        let event = json!({
            "metadata": {"generateName": "scaler-"},
            "involvedObject": {"kind": "Node", "name": "n1"},
            "reason": "ScaleDown", "message": "n1 is idle", "type": "Normal",
        });
        let status = place.post(&place.core("events"), &event).refused(422, "Invalid");
        assert!(message(&status).contains("does not match event.namespace"), "{status}");
        place.post("/api/v1/namespaces/default/events", &event).expect(201);
        // The same for an event about a pod elsewhere.
        let mut event = event;
        event["involvedObject"] = json!({"kind": "Pod", "name": "web", "namespace": place.namespace()});
        place.post("/api/v1/namespaces/default/events", &event).refused(422, "Invalid");
        place.post(&place.core("events"), &event).expect(201);
    });
}

#[test]
fn a_new_event_needs_its_time_controller_and_action() {
    on_each_server(|place| {
        let path = place.grouped("events.k8s.io/v1", "events");
        let event = json!({
            "metadata": {"generateName": "scaler-"},
            "eventTime": "2026-11-22T00:00:00.000000Z",
            "regarding": {"kind": "Pod", "name": "web", "namespace": place.namespace()},
            "reason": "TriggeredScaleUp", "note": "from 1 to 2", "type": "Normal", "action": "ScaleUp",
            "reportingController": "example.com/ec2-autoscale", "reportingInstance": "run-1",
        });
        place.post(&path, &event).expect(201);
        for field in ["eventTime", "reason", "action", "reportingController", "reportingInstance", "type"] {
            let mut without = event.clone();
            without[field] = Value::Null;
            let status = place.post(&path, &without).refused(422, "Invalid");
            assert_eq!(status["kind"], "Status", "{field}");
        }
        // Such an event may be about something in another namespace, but about a node only in two.
        let mut elsewhere = event.clone();
        elsewhere["regarding"]["namespace"] = json!("default");
        place.post(&path, &elsewhere).expect(201);
        let mut node = event;
        node["regarding"] = json!({"kind": "Node", "name": "n1"});
        place.post(&path, &node).refused(422, "Invalid");
        place.post("/apis/events.k8s.io/v1/namespaces/kube-system/events", &node).expect(201);
    });
}

#[test]
fn an_event_has_two_spellings() {
    on_each_server(|place| {
        let event = json!({
            "apiVersion": "events.k8s.io/v1", "kind": "Event",
            "metadata": {"generateName": "scaler-"},
            "eventTime": "2026-11-22T00:00:00.000000Z",
            "regarding": {"kind": "Pod", "name": "web", "namespace": place.namespace()},
            "reason": "TriggeredScaleUp", "note": "group web-a from 1 to 2", "type": "Normal", "action": "ScaleUp",
            "reportingController": "example.com/ec2-autoscale", "reportingInstance": "run-1",
        });
        let made = place.post(&place.grouped("events.k8s.io/v1", "events"), &event).expect(201);
        assert_eq!(made["note"], "group web-a from 1 to 2");
        assert_eq!(made["regarding"]["name"], "web");
        let name = made["metadata"]["name"].as_str().expect("a generated name");
        let core = place.get(&place.core(&format!("events/{name}"))).expect(200);
        assert_eq!(core["message"], "group web-a from 1 to 2");
        assert_eq!(core["involvedObject"]["name"], "web");
        assert_eq!(core["reportingComponent"], "example.com/ec2-autoscale");
        let list = place.get(&place.grouped("events.k8s.io/v1", "events")).expect(200);
        assert_eq!(list["items"][0]["note"], "group web-a from 1 to 2");
    });
}
