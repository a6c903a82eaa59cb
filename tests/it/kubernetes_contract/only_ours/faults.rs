//! Trouble on demand.

use std::time::{Duration, Instant};

use http::Method;
use serde_json::{Value, json};

use super::super::client::message;
use super::started;
use crate::support::kubernetes::objects::node;
use crate::support::kubernetes::{CallPattern, Fault};

#[test]
fn a_fault_strikes_as_often_as_it_says() {
    let (server, client) = started();
    server.fault(Fault::on("list", "pods").status(500).times(2));
    client.get("/api/v1/pods").refused(500, "InternalError");
    client.get("/api/v1/nodes").expect(200);
    client.get("/api/v1/pods").refused(500, "InternalError");
    client.get("/api/v1/pods").expect(200);
}

#[test]
fn a_fault_goes_on_until_it_is_cleared() {
    let (server, client) = started();
    server.fault(Fault::on("*", "nodes").status(503).message("apiserver is shutting down"));
    for _ in 0..3 {
        let status = client.get("/api/v1/nodes").refused(503, "ServiceUnavailable");
        assert_eq!(message(&status), "apiserver is shutting down");
    }
    server.clear_faults();
    client.get("/api/v1/nodes").expect(200);
}

#[test]
fn a_fault_can_ask_for_patience() {
    let (server, client) = started();
    server.fault(Fault::on("list", "pods").status(429).retry_after(7).times(1));
    let answer = client.get("/api/v1/pods");
    assert_eq!(answer.header("retry-after"), "7");
    let status = answer.refused(429, "TooManyRequests");
    assert_eq!(status["details"]["retryAfterSeconds"], 7);
}

#[test]
fn a_fault_can_wait_for_its_turn_and_its_object() {
    let (server, client) = started();
    server.seed([node("n1"), node("n2")]);
    server.fault(Fault::on("get", "nodes").named("n2").nth(2).status(404).times(1));
    for (path, code) in [("n1", 200), ("n2", 200), ("n1", 200), ("n2", 404), ("n2", 200)] {
        assert_eq!(client.get(&format!("/api/v1/nodes/{path}")).code, code, "{path}");
    }
}

#[test]
fn a_fault_can_sound_like_a_proxy() {
    let (server, client) = started();
    server.fault(Fault::on("list", "nodes").raw(502, "text/html", "<h1>Bad Gateway</h1>").times(1));
    let answer = client.get("/api/v1/nodes");
    assert_eq!(answer.header("content-type"), "text/html");
    assert_eq!(answer.expect(502), json!("<h1>Bad Gateway</h1>"));
}

#[test]
fn a_fault_can_be_slow() {
    let (server, client) = started();
    let delay = Duration::from_millis(60);
    server.fault(Fault::of(CallPattern::on("list", "nodes").with_query("limit=1")).delay(delay).times(1));
    let start = Instant::now();
    client.get("/api/v1/nodes?limit=1").expect(200);
    assert!(start.elapsed() >= delay, "{:?}", start.elapsed());
}

#[test]
fn a_cut_before_the_change_leaves_nothing() {
    let (server, client) = started();
    server.fault(Fault::on("create", "configmaps").cut_before().times(1));
    let map = json!({"metadata": {"name": "state"}}).to_string().into_bytes();
    let path = "/api/v1/namespaces/default/configmaps";
    assert!(client.try_call(Method::POST, path, "application/json", map).is_none());
    assert!(server.find("configmaps", "default", "state").is_none());
    let [call] = &server.calls()[..] else { panic!("one call, not {:?}", server.calls()) };
    assert_eq!(call.status, None);
    client.get(path).expect(200);
}

#[test]
fn a_cut_after_the_change_keeps_it_from_the_client_only() {
    let (server, client) = started();
    server.add(node("n1"));
    server.fault(Fault::on("delete", "nodes").cut_after().times(1));
    assert!(client.try_call(Method::DELETE, "/api/v1/nodes/n1", "application/json", Vec::new()).is_none());
    assert!(server.find("nodes", "", "n1").is_none());
    client.delete("/api/v1/nodes/n1", &Value::Null).refused(404, "NotFound");
}
