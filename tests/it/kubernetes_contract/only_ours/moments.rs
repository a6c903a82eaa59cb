//! Changing the cluster under a client's feet.

use serde_json::{Value, json};

use super::super::client::{Client, names};
use super::started;
use crate::support::kubernetes::objects::{Object, budget, claim, config_map, node, pod};
use crate::support::kubernetes::{CallPattern, KubernetesServer};

#[test]
fn a_pod_can_land_just_before_the_last_look() {
    let (server, client) = started();
    server.add(node("n1").cordoned());
    server.add(pod("default", "late"));
    let look = CallPattern::on("list", "pods").with_query("spec.nodeName=n1").nth(2);
    server.before(look, |cluster| {
        cluster.bind("default", "late", "n1");
    });
    let path = "/api/v1/pods?fieldSelector=spec.nodeName%3Dn1";
    assert_eq!(names(&client.get(path).expect(200)), [""; 0]);
    client.get("/api/v1/pods").expect(200);
    assert_eq!(server.waiting_moments(), 1);
    assert_eq!(names(&client.get(path).expect(200)), ["late"]);
    assert_eq!(server.waiting_moments(), 0);
    assert_eq!(server.get("pods", "default", "late")["status"]["phase"], "Running");
}

#[test]
fn an_object_can_change_just_before_a_patch() {
    let (server, client) = started();
    let made = server.add(node("n1"));
    server.before(CallPattern::on("patch", "nodes").named("n1"), |cluster| {
        cluster.edit("nodes", "", "n1", |node| node["metadata"]["labels"]["somebody"] = json!("else"));
    });
    let patch = json!({"metadata": {"resourceVersion": made["metadata"]["resourceVersion"]}, "spec": {"unschedulable": true}});
    let kind = super::super::client::STRATEGIC_PATCH;
    client.patch(kind, "/api/v1/nodes/n1", &patch).refused(409, "Conflict");
}

#[test]
fn tokens_expire_on_demand() {
    let (server, client) = started();
    let maps = ["a", "b", "c"].map(|name| config_map("default", name, &[("key", name)]));
    server.seed(maps);
    let path = "/api/v1/namespaces/default/configmaps?limit=1";
    let first = client.get(path).expect(200);
    let token = first["metadata"]["continue"].as_str().expect("more pages");
    server.expire_continue_tokens();
    let status = client.get(&format!("{path}&continue={token}")).refused(410, "Expired");
    // The real server's way out, at the price of consistency.
    server.remove("configmaps", "default", "b");
    let way_out = status["metadata"]["continue"].as_str().expect("a token that goes on");
    let rest = client.get(&format!("{path}&continue={way_out}")).expect(200);
    assert_eq!(names(&rest), ["c"]);
}

#[test]
fn a_cache_can_lag_behind() {
    let (server, client) = started();
    server.add(node("n1"));
    server.freeze_cache();
    server.add(node("n2"));
    assert_eq!(names(&client.get("/api/v1/nodes?resourceVersion=0").expect(200)), ["n1"]);
    assert_eq!(names(&client.get("/api/v1/nodes").expect(200)), ["n1", "n2"]);
    server.thaw_cache();
    assert_eq!(names(&client.get("/api/v1/nodes?resourceVersion=0").expect(200)), ["n1", "n2"]);
}

fn evict(client: &Client, name: &str) -> u16 {
    let eviction = json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name}});
    client.post(&format!("/api/v1/namespaces/default/pods/{name}/eviction"), &eviction).code
}

fn web_pods(server: &KubernetesServer) {
    server.seed([pod("default", "web-1"), pod("default", "web-2")].map(|pod| pod.label("app", "web").node("n1")));
}

#[test]
fn kubelets_confirm_when_told() {
    let (server, client) = started();
    web_pods(&server);
    assert_eq!(evict(&client, "web-1"), 201);
    assert_eq!(evict(&client, "web-2"), 201);
    server.confirm_deletion("default", "web-1");
    assert!(server.find("pods", "default", "web-1").is_none());
    assert_eq!(server.confirm_deletions(), 1);
    assert!(server.all("pods").is_empty());
}

#[test]
fn kubelets_can_be_instant() {
    let (server, client) = started();
    web_pods(&server);
    server.kubelets_confirm_at_once();
    assert_eq!(evict(&client, "web-1"), 201);
    assert!(server.find("pods", "default", "web-1").is_none());
}

#[test]
fn controllers_run_when_told() {
    let (server, client) = started();
    web_pods(&server);
    server.add(budget("default", "web").selecting("app", "web").min_available(1).unobserved());
    server.add(node("n1"));
    client.patch(super::super::client::MERGE_PATCH, "/api/v1/nodes/n1", &json!({"spec": {"unschedulable": true}})).expect(200);
    assert_eq!(evict(&client, "web-1"), 429);
    server.run_controllers();
    assert_eq!(server.get("nodes", "", "n1")["spec"]["taints"][0]["key"], "node.kubernetes.io/unschedulable");
    assert_eq!(evict(&client, "web-1"), 201);
    assert_eq!(evict(&client, "web-2"), 429);
    // The replacement is healthy, so the budget has one to spare again.
    server.confirm_deletions();
    server.add(pod("default", "web-3").label("app", "web").node("n2"));
    server.run_controllers();
    let budget = server.get("poddisruptionbudgets", "default", "web");
    assert_eq!(budget["status"]["currentHealthy"], 2);
    assert_eq!(evict(&client, "web-2"), 201);
}

#[test]
fn a_percentage_is_rounded_up() {
    let (server, _) = started();
    server.seed((0..3).map(|number| pod("default", &format!("web-{number}")).label("app", "web").node("n1")));
    server.add(budget("default", "web").selecting("app", "web").max_unavailable("50%"));
    server.run_controllers();
    let status = server.get("poddisruptionbudgets", "default", "web")["status"].clone();
    assert_eq!((&status["desiredHealthy"], &status["disruptionsAllowed"]), (&json!(1), &json!(2)));
}

#[test]
fn nodes_follow_their_conditions() {
    let (server, _) = started();
    let long_ago = "2026-11-22T00:00:00Z".parse().expect("a time");
    server.add(node("lost").ready_since("Unknown", long_ago));
    server.add(node("ready").taint("node.kubernetes.io/not-ready", "", "NoSchedule"));
    server.run_controllers();
    let effects = |name: &str| {
        let taints = server.get("nodes", "", name)["spec"]["taints"].clone();
        taints.as_array().into_iter().flatten().map(|taint| taint["effect"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(effects("lost"), ["NoSchedule", "NoExecute"]);
    assert_eq!(effects("ready"), [Value::Null; 0]);
}

#[test]
fn the_scheduler_can_pick_a_node_for_a_claim() {
    let (server, client) = started();
    server.add(claim("default", "data", "gp3"));
    server.before(CallPattern::on("get", "persistentvolumeclaims").in_namespace("default"), |cluster| {
        cluster.edit("persistentvolumeclaims", "default", "data", |claim| {
            claim["metadata"]["annotations"]["volume.kubernetes.io/selected-node"] = json!("n1");
        });
    });
    let claim = client.get("/api/v1/namespaces/default/persistentvolumeclaims/data").expect(200);
    assert_eq!(claim["metadata"]["annotations"]["volume.kubernetes.io/selected-node"], "n1");
}

#[test]
#[should_panic(expected = "an action before a call failed")]
fn a_moment_that_fails_fails_the_test() {
    let (server, client) = started();
    server.before(CallPattern::on("list", "nodes"), |cluster| {
        cluster.get("nodes", "", "missing");
    });
    client.get("/api/v1/nodes").expect(200);
}
