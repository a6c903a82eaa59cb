//! The log of calls, and the kubeconfigs that lead there.

use k8s_openapi::api::core::v1::{Node, Pod};
use kube::api::{Api, ListParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::{Value, json};

use super::super::client::MERGE_PATCH;
use super::started;
use crate::support::kubernetes::objects::{lease, node, pod};
use crate::support::kubernetes::{KubernetesServer, Rule};

#[test]
fn a_call_is_logged_with_its_answer() {
    let (server, client) = started();
    server.add(node("n1"));
    let patch = json!({"spec": {"unschedulable": true}});
    client.patch(MERGE_PATCH, "/api/v1/nodes/n1?fieldManager=me", &patch).expect(200);
    client.get("/version").expect(200);
    let [call, version] = &server.calls()[..] else { panic!("two calls, not {:?}", server.calls()) };
    assert_eq!((call.method.as_str(), call.path.as_str()), ("PATCH", "/api/v1/nodes/n1"));
    assert_eq!((call.verb, call.group, call.resource.as_str()), ("patch", "", "nodes"));
    assert_eq!((call.namespace.as_str(), call.name.as_str()), ("", "n1"));
    assert_eq!(call.query, "fieldManager=me");
    assert_eq!(call.content_type, MERGE_PATCH);
    assert_eq!(call.body.as_ref(), Some(&patch));
    assert_eq!((call.user.as_str(), call.status), ("admin", Some(200)));
    assert!(call.at <= version.at);
    assert_eq!(call.summary(), "patch nodes n1");
    assert_eq!((version.verb, version.summary().as_str()), ("", "/version"));
}

#[test]
fn mutations_leave_out_looking_and_dry_runs() {
    let (server, client) = started();
    server.add(pod("default", "web").node("n1"));
    let eviction = json!({"metadata": {"name": "web"}});
    let path = "/api/v1/namespaces/default/pods/web/eviction";
    client.get("/api/v1/pods").expect(200);
    client.post(&format!("{path}?dryRun=All"), &eviction).expect(201);
    client.post(path, &json!({"metadata": {"name": "web"}, "deleteOptions": {"dryRun": ["All"]}})).expect(201);
    let dry = json!({"kind": "DeleteOptions", "apiVersion": "v1", "dryRun": ["All"]});
    client.delete("/api/v1/namespaces/default/pods/web", &dry).expect(200);
    assert!(server.mutations().is_empty());
    client.post(path, &eviction).expect(201);
    // One that is refused was meant all the same.
    client.delete("/api/v1/nodes/n9", &Value::Null).expect(404);
    let summaries: Vec<_> = server.mutations().iter().map(crate::support::kubernetes::Call::summary).collect();
    assert_eq!(summaries, ["create pods/eviction default/web", "delete nodes n9"]);
    server.forget_calls();
    assert!(server.calls().is_empty());
}

#[test]
fn tokens_come_and_go() {
    let (server, _) = started();
    server.grant("token", "somebody", &[Rule::everything()]);
    let client = super::Client::new(&server.url(), "token");
    client.get("/api/v1/nodes").expect(200);
    assert_eq!(server.calls()[0].user, "somebody");
    server.revoke("token");
    client.get("/api/v1/nodes").refused(401, "Unauthorized");
}

/// Returns a client as the product makes it.
async fn product_client(kubeconfig: &std::path::Path) -> kube::Client {
    let kubeconfig = Kubeconfig::read_from(kubeconfig).expect("a kubeconfig kube can read");
    let options = KubeConfigOptions::default();
    let mut config = kube::Config::from_custom_kubeconfig(kubeconfig, &options).await.expect("a usable kubeconfig");
    config.default_retry = false;
    kube::Client::try_from(config).expect("a client for it")
}

#[tokio::test]
async fn the_kubeconfig_leads_a_real_client_here() {
    let server = KubernetesServer::start();
    server.seed([node("n1").provider_id("aws:///us-west-2a/i-1"), node("n2")]);
    server.add(pod("default", "web").requests(&[("cpu", "500m")]).node("n1"));
    let client = product_client(&server.kubeconfig()).await;
    let nodes = Api::<Node>::all(client.clone()).list(&ListParams::default().limit(1)).await.expect("listing nodes");
    assert_eq!(nodes.metadata.remaining_item_count, Some(1));
    let on_node = ListParams::default().fields("spec.nodeName=n1");
    let pods = Api::<Pod>::all(client).list(&on_node).await.expect("listing pods");
    assert_eq!(pods.items.len(), 1);
}

#[tokio::test]
async fn a_limited_kubeconfig_is_forbidden_the_rest() {
    let server = KubernetesServer::start();
    server.add(lease("default", "scaler", "somebody", "2026-11-22T00:00:00Z".parse().expect("a time")));
    let kubeconfig = server.token_limited_to(&[Rule::allow(&["list"], "", "nodes")]);
    let client = product_client(&kubeconfig).await;
    Api::<Node>::all(client.clone()).list(&ListParams::default()).await.expect("listing nodes");
    let error = Api::<Pod>::all(client).list(&ListParams::default()).await.expect_err("pods are not theirs to list");
    assert!(matches!(&error, kube::Error::Api(status) if status.is_forbidden()), "{error}");
}
