//! Keystone: who gets a token, and what stands in it.

use serde_json::json;

use super::{SignedInUser, WORKERS, by_password, sign_in, workers};
use crate::support::openstack::OpenStackServer;

#[tokio::test]
async fn openstack_tokens_come_with_the_catalog() {
    let project = OpenStackServer::project();
    let user = json!({"name": project.member().name, "password": project.member().password, "domain": {"name": "Default"}});
    let auth = json!({
        "identity": {"methods": ["password"], "password": {"user": user}},
        "scope": {"project": {"name": project.name(), "domain": {"name": "Default"}}},
    });
    let answer = sign_in(&project, auth).await;
    assert_eq!(answer.status, 201);
    assert!(!answer.header("x-subject-token").is_empty());
    assert!(!answer.header("x-openstack-request-id").is_empty());
    let token = &answer.body["token"];
    assert_eq!(token["project"]["id"], project.id());
    let catalog = token["catalog"].as_array().expect("a catalog");
    for service in ["container-infra", "compute"] {
        let entry = catalog.iter().find(|entry| entry["type"] == service).expect(service);
        let public = entry["endpoints"].as_array().expect("endpoints").iter().find(|it| it["interface"] == "public");
        let public = public.expect("a public endpoint");
        assert_eq!(public["url"], project.endpoint(service));
        assert_eq!(public["region_id"], project.region());
    }
    assert!(project.endpoint("container-infra").ends_with("/v1"));
}

#[tokio::test]
async fn openstack_refuses_a_wrong_password() {
    let project = OpenStackServer::project();
    let mut person = project.member().clone();
    person.password.push('x');
    let answer = sign_in(&project, json!({"identity": by_password(&person)})).await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.message(), "The request you have made requires authentication.");
}

#[tokio::test]
async fn openstack_tokens_without_a_scope_have_no_catalog() {
    let project = OpenStackServer::project();
    let answer = sign_in(&project, json!({"identity": by_password(project.member())})).await;
    assert_eq!(answer.status, 201);
    assert!(answer.body["token"].get("catalog").is_none());
}

#[tokio::test]
async fn openstack_application_credentials_bring_their_scope() {
    let project = OpenStackServer::project();
    let credential = project.application_credential(&json!({}));
    let by_id = json!({"id": credential.id, "secret": credential.secret});
    let user = json!({"name": project.member().name, "domain": {"name": "Default"}});
    let by_name = json!({"name": credential.name, "secret": credential.secret, "user": user});
    for told in [&by_id, &by_name] {
        let auth = json!({"identity": {"methods": ["application_credential"], "application_credential": told}});
        let answer = sign_in(&project, auth).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        assert_eq!(answer.body["token"]["project"]["id"], project.id());
        assert!(answer.body["token"]["catalog"].is_array());
    }
    let answer = sign_in(
        &project,
        json!({
            "identity": {"methods": ["application_credential"], "application_credential": by_id},
            "scope": {"project": {"id": project.id()}},
        }),
    )
    .await;
    assert_eq!(answer.status, 401);
    assert!(answer.message().ends_with("Application credentials cannot request a scope."), "{}", answer.message());
}

#[tokio::test]
async fn openstack_calls_outside_of_access_rules_are_401() {
    let project = OpenStackServer::project();
    project.cluster("web").group(workers(1)).create();
    let rules = json!({"access_rules": [
        {"service": "container-infra", "method": "GET", "path": "/v1/clusters/*"},
        {"service": "compute", "method": "GET", "path": "/v2.1/limits"},
    ]});
    let credential = project.application_credential(&rules);
    let told = json!({"id": credential.id, "secret": credential.secret});
    let auth = json!({"identity": {"methods": ["application_credential"], "application_credential": told}});
    let user = SignedInUser::of(&project, &sign_in(&project, auth).await);
    assert_eq!(user.magnum("/clusters/web").await.status, 200);
    assert_eq!(user.nova("/limits").await.status, 200);
    assert_eq!(user.magnum("/clusters/web/nodegroups").await.status, 401);
    let refused = user.nova("/servers/detail").await;
    assert_eq!(refused.status, 401);
    assert_eq!(refused.message(), "The request you have made requires authentication.");
}

#[tokio::test]
async fn openstack_trusts_let_a_user_without_a_role_resize() {
    let project = OpenStackServer::project();
    let cluster = project.cluster("web").group(workers(1)).create();
    let trust = project.trust();
    let auth = json!({"identity": by_password(&trust.trustee), "scope": {"OS-TRUST:trust": {"id": trust.id}}});
    let user = SignedInUser::of(&project, &sign_in(&project, auth).await);
    user.resize_workers(&cluster, 2, &[]).await;
    assert_eq!(user.group(&cluster, WORKERS).await["node_count"], 2);
}

#[tokio::test]
async fn openstack_readers_read_everything_and_resize_nothing() {
    let project = OpenStackServer::project();
    let cluster = project.cluster("web").group(workers(1)).create();
    let user = SignedInUser::person(&project, project.reader()).await;
    let template = user.cluster(&cluster).await["cluster_template_id"].as_str().expect("an id").to_owned();
    for path in ["/clusters/web", "/clusters/web/nodegroups", "/clusters/web/nodegroups/default-worker"] {
        assert_eq!(user.magnum(path).await.status, 200, "{path}");
    }
    assert_eq!(user.magnum(&format!("/clustertemplates/{template}")).await.status, 200);
    for path in ["/flavors/detail", "/servers/detail", "/limits"] {
        assert_eq!(user.nova(path).await.status, 200, "{path}");
    }
    let refused = user.resize(&cluster, &json!({"node_count": 2})).await;
    assert_eq!(refused.status, 403);
    assert_eq!(refused.detail(), "Policy doesn't allow cluster:resize to be performed.");
}
