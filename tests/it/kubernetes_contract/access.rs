//! Tokens and roles.

use serde_json::{Value, json};

use super::client::message;
use super::servers::{on_each_server, until};
use crate::support::kubernetes::Rule;

#[test]
fn a_wrong_token_is_unauthorized() {
    on_each_server(|place| {
        let status = place.client_with_token("no-such-token").get("/api/v1/pods").refused(401, "Unauthorized");
        assert_eq!(message(&status), "Unauthorized");
    });
}

#[test]
fn nobody_in_particular_may_list_nothing() {
    on_each_server(|place| {
        let status = place.client_with_token("").get("/api/v1/pods").refused(403, "Forbidden");
        let words = "pods is forbidden: User \"system:anonymous\" cannot list resource \"pods\" in API group \"\" at the \
            cluster scope";
        assert_eq!(message(&status), words);
    });
}

#[test]
fn a_refusal_names_user_verb_and_resource() {
    on_each_server(|place| {
        let client = place.limited_to(&[]);
        let user = place.limited_user();
        let status = client.get("/api/v1/pods").refused(403, "Forbidden");
        let words =
            format!("pods is forbidden: User {user:?} cannot list resource \"pods\" in API group \"\" at the cluster scope");
        assert_eq!(message(&status), words);
        assert_eq!(status["details"], json!({"kind": "pods"}));

        let path = place.grouped("coordination.k8s.io/v1", "leases/scaler");
        let status = client.get(&path).refused(403, "Forbidden");
        let words = format!(
            "leases.coordination.k8s.io \"scaler\" is forbidden: User {user:?} cannot get resource \"leases\" in API \
            group \"coordination.k8s.io\" in the namespace {:?}",
            place.namespace()
        );
        assert_eq!(message(&status), words);

        let status = client.post(&place.core("pods/web/eviction"), &json!({})).refused(403, "Forbidden");
        assert!(message(&status).contains("cannot create resource \"pods/eviction\" in API group \"\""), "{status}");

        let status = client.delete("/api/v1/nodes/n1", &Value::Null).refused(403, "Forbidden");
        let words = format!(
            "nodes \"n1\" is forbidden: User {user:?} cannot delete resource \"nodes\" in API group \"\" at the cluster scope"
        );
        assert_eq!(message(&status), words);
    });
}

#[test]
fn a_rule_lets_through_what_it_names() {
    on_each_server(|place| {
        let client = place.limited_to(&[
            Rule::allow(&["get", "list"], "", "nodes"),
            Rule::allow(&["create"], "", "pods/eviction").in_namespace(place.namespace()),
        ]);
        until("the role counts", || (client.get("/api/v1/nodes").code == 200).then_some(()));
        client.get("/api/v1/nodes/nobody").refused(404, "NotFound");
        client.post("/api/v1/nodes", &json!({"metadata": {"name": "n"}})).refused(403, "Forbidden");
        client.get(&place.core("pods")).refused(403, "Forbidden");
        let eviction = json!({"metadata": {"name": "nobody"}});
        until("the role counts", || {
            let answer = client.post(&place.core("pods/nobody/eviction"), &eviction);
            (answer.code == 404).then_some(())
        });
        let elsewhere = "/api/v1/namespaces/default/pods/nobody/eviction";
        client.post(elsewhere, &eviction).refused(403, "Forbidden");
    });
}

#[test]
fn a_rule_for_a_name_is_for_no_other_and_for_no_list() {
    on_each_server(|place| {
        let client = place.limited_to(&[Rule::allow(&["get", "list", "create"], "", "nodes").named(&["n1", "n2"])]);
        until("the role counts", || (client.get("/api/v1/nodes/n1").code == 404).then_some(()));
        client.get("/api/v1/nodes/n2").refused(404, "NotFound");
        client.get("/api/v1/nodes/n3").refused(403, "Forbidden");
        client.get("/api/v1/nodes").refused(403, "Forbidden");
        client.post("/api/v1/nodes", &json!({"metadata": {"name": "n1"}})).refused(403, "Forbidden");
    });
}

#[test]
fn a_limited_user_may_still_look_around() {
    on_each_server(|place| {
        let client = place.limited_to(&[]);
        client.get("/version").expect(200);
        client.get("/api").expect(200);
        client.get("/apis").expect(200);
    });
}
