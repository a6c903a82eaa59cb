//! Bindings, with which the scheduler decides.

use serde_json::{Value, json};

use super::client::message;
use super::servers::{Place, on_each_server};

fn bind(place: &Place, pod: &str, node: &str) -> super::client::Answer {
    let binding = json!({"metadata": {"name": pod}, "target": {"kind": "Node", "name": node}});
    place.post(&place.core(&format!("pods/{pod}/binding")), &binding)
}

#[test]
fn a_bound_pod_has_a_node_and_says_so() {
    on_each_server(|place| {
        place.pod("web", &json!({}));
        let answer = bind(place, "web", "n1").expect(201);
        assert_eq!(answer["status"], "Success");
        let pod = place.get(&place.core("pods/web")).expect(200);
        assert_eq!(pod["spec"]["nodeName"], "n1");
        let mut conditions = pod["status"]["conditions"].as_array().into_iter().flatten();
        let scheduled = conditions.find(|known| known["type"] == "PodScheduled").expect("the condition");
        assert_eq!(scheduled["status"], "True");
        assert_eq!(pod["status"]["phase"], "Pending");
    });
}

#[test]
fn a_binding_does_not_ask_for_the_cordon() {
    on_each_server(|place| {
        place.pod("web", &json!({}));
        let node = place.own("shut");
        let cordoned = json!({"metadata": {"name": node}, "spec": {"unschedulable": true}});
        place.post("/api/v1/nodes", &cordoned).expect(201);
        bind(place, "web", &node).expect(201);
    });
}

#[test]
fn a_pod_is_bound_once() {
    on_each_server(|place| {
        place.pod("web", &json!({}));
        bind(place, "web", "n1").expect(201);
        let status = bind(place, "web", "n2").refused(409, "Conflict");
        let words = "Operation cannot be fulfilled on pods/binding \"web\": pod web is already assigned to node \"n1\"";
        assert_eq!(message(&status), words);
    });
}

#[test]
fn a_terminating_pod_is_not_bound() {
    on_each_server(|place| {
        let pod = json!({
            "metadata": {"name": "web", "finalizers": ["example.com/keep"]},
            "spec": {"containers": [{"name": "main", "image": "busybox"}]},
        });
        place.post(&place.core("pods"), &pod).expect(201);
        place.delete(&place.core("pods/web"), &Value::Null).expect(200);
        let status = bind(place, "web", "n1").refused(409, "Conflict");
        assert!(message(&status).contains("is being deleted, cannot be assigned to a host"), "{status}");
    });
}

#[test]
fn a_missing_pod_is_not_bound() {
    on_each_server(|place| {
        bind(place, "nobody", "n1").refused(404, "NotFound");
    });
}
