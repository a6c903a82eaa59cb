//! The traces of a run: its lease and its events.

use serde_json::{Value, json};

use super::client::{MERGE_PATCH, message, names};
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

/// Returns an event as the notifier writes it: a name of its own, the core spelling, a count and
/// two times.
fn counted(place: &super::servers::Place, name: &str, component: &str) -> Value {
    json!({
        "metadata": {"name": name},
        "involvedObject": {"apiVersion": "v1", "kind": "Pod", "name": "web", "namespace": place.namespace(), "uid": "u1"},
        "reason": "NotTriggerScaleUp", "message": "web-a: at its maximum 3", "type": "Normal",
        "source": {"component": component}, "reportingComponent": component,
        "firstTimestamp": "2026-11-22T00:00:00Z", "lastTimestamp": "2026-11-22T00:00:00Z", "count": 1,
    })
}

#[test]
fn an_event_with_a_name_is_made_once_and_renewed_by_a_patch() {
    on_each_server(|place| {
        let event = counted(place, "web.1", "ec2-autoscale");
        let made = place.post(&place.core("events"), &event).expect(201);
        assert_eq!((&made["count"], &made["lastTimestamp"]), (&json!(1), &json!("2026-11-22T00:00:00Z")));
        place.post(&place.core("events"), &event).refused(409, "AlreadyExists");
        let renewal = json!({"count": 2, "lastTimestamp": "2026-11-22T00:30:00Z", "message": "web-a: at its maximum 4"});
        let renewed = place.patch(MERGE_PATCH, &place.core("events/web.1"), &renewal).expect(200);
        assert_eq!(renewed["firstTimestamp"], "2026-11-22T00:00:00Z");
        assert_eq!((&renewed["count"], &renewed["message"]), (&json!(2), &json!("web-a: at its maximum 4")));
        assert_eq!(renewed["metadata"]["uid"], made["metadata"]["uid"]);
        place.patch(MERGE_PATCH, &place.core("events/web.2"), &renewal).refused(404, "NotFound");
    });
}

#[test]
fn events_are_found_by_who_reports_them_page_by_page_in_every_namespace() {
    on_each_server(|place| {
        let reporter = place.own("reporter");
        for name in ["web.1", "web.2", "web.3"] {
            place.post(&place.core("events"), &counted(place, name, &reporter)).expect(201);
        }
        place.post(&place.core("events"), &counted(place, "web.4", "somebody-else")).expect(201);
        let path = format!("/api/v1/events?fieldSelector=reportingComponent%3D{reporter}");
        let page = place.get(&format!("{path}&limit=2")).expect(200);
        assert_eq!(names(&page), ["web.1", "web.2"]);
        let token = page["metadata"]["continue"].as_str().expect("there is more");
        assert_eq!(names(&place.get(&format!("{path}&limit=2&continue={token}")).expect(200)), ["web.3"]);
    });
}

#[test]
fn an_event_in_a_namespace_that_is_not_there_is_not_found() {
    on_each_server(|place| {
        let mut event = counted(place, "web.1", "ec2-autoscale");
        let gone = place.own("gone");
        event["involvedObject"]["namespace"] = json!(gone);
        place.post(&format!("/api/v1/namespaces/{gone}/events"), &event).refused(404, "NotFound");
    });
}

#[test]
fn a_config_map_is_made_once_and_replaced_from_its_latest_version() {
    on_each_server(|place| {
        let map = json!({"metadata": {"name": "status"}, "data": {"last-run": "1"}});
        place.get(&place.core("configmaps/status")).refused(404, "NotFound");
        let made = place.post(&place.core("configmaps"), &map).expect(201);
        place.post(&place.core("configmaps"), &map).refused(409, "AlreadyExists");
        let mut next = made.clone();
        next["data"]["last-run"] = json!("2");
        place.put(&place.core("configmaps/status"), &next).expect(200);
        place.put(&place.core("configmaps/status"), &made).refused(409, "Conflict");
        assert_eq!(place.get(&place.core("configmaps/status")).expect(200)["data"]["last-run"], "2");
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
