//! `cronjob.yaml` is taken as it is. A real server refuses what is misspelt in it; ours does not
//! look, and `manifest` has the types.

use serde_json::{Value, json};

use super::servers::{Place, on_each_server};
use crate::manifest::objects;

/// Returns where objects of this kind are made, without a trace.
fn path(at: &Place, object: &Value) -> String {
    let rbac = "rbac.authorization.k8s.io/v1";
    let path = match object["kind"].as_str().expect("a kind") {
        "ServiceAccount" => at.core("serviceaccounts"),
        "PriorityClass" => "/apis/scheduling.k8s.io/v1/priorityclasses".to_owned(),
        "CronJob" => at.grouped("batch/v1", "cronjobs"),
        "Role" => at.grouped(rbac, "roles"),
        "RoleBinding" => at.grouped(rbac, "rolebindings"),
        "ClusterRole" => format!("/apis/{rbac}/clusterroles"),
        "ClusterRoleBinding" => format!("/apis/{rbac}/clusterrolebindings"),
        other => panic!("the manifest has an object of another kind: {other}"),
    };
    format!("{path}?dryRun=All&fieldValidation=Strict")
}

#[test]
fn each_object_of_the_manifest_is_taken() {
    on_each_server(|at| {
        for mut object in objects() {
            if !object["metadata"]["namespace"].is_null() {
                object["metadata"]["namespace"] = json!(at.namespace());
            }
            let made = at.post(&path(at, &object), &object).expect(201);
            assert_eq!(made["metadata"]["name"], object["metadata"]["name"]);
        }
    });
}
