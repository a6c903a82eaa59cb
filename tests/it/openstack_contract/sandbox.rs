//! What keeps tests apart and lets them watch and disturb: projects, the log, faults, moments.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;

use super::{SignedInUser, WORKERS, workers};
use crate::support::openstack::{OpenStackFault, OpenStackMoment, OpenStackServer};

#[tokio::test]
async fn openstack_projects_do_not_see_each_other() {
    let (one, other) = (OpenStackServer::project(), OpenStackServer::project());
    let cluster = one.cluster("web").group(workers(1)).create();
    let user = SignedInUser::member(&other).await;
    assert_eq!(user.magnum(&format!("/clusters/{}", cluster.uuid)).await.status, 404);
    assert_eq!(user.nova("/servers/detail").await.body["servers"], json!([]));
    assert!(one.calls().is_empty());
}

#[tokio::test]
async fn openstack_environment_leads_to_the_project() {
    let project = OpenStackServer::project();
    let env = project.env(project.reader());
    let value = |name: &str| env.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value.as_str());
    assert_eq!(value("OS_AUTH_URL"), project.auth_url());
    assert_eq!(value("OS_USERNAME"), project.reader().name);
    assert_eq!(value("OS_PROJECT_NAME"), project.name());
}

#[tokio::test]
async fn openstack_calls_are_logged_in_order_without_secrets() {
    let project = OpenStackServer::project();
    let cluster = project.cluster("web").group(workers(1)).create();
    let user = SignedInUser::member(&project).await;
    user.nova("/servers/detail?name=web").await;
    assert!(project.mutations().is_empty());
    user.resize_workers(&cluster, 2, &[]).await;
    let calls = project.calls();
    assert_eq!(calls.iter().map(|it| it.service.as_str()).collect::<Vec<_>>(), ["identity", "compute", "container-infra"]);
    assert_eq!(calls[0].body["auth"]["identity"]["password"]["user"]["password"], "***");
    assert_eq!(calls[1].query["name"], "web");
    assert_eq!(calls[1].headers["openstack-api-version"], "compute 2.61");
    assert_eq!((calls[2].method.as_str(), calls[2].status), ("POST", Some(202)));
    let mutations = project.mutations();
    assert_eq!(mutations.len(), 1);
    assert!(mutations[0].path.ends_with("/actions/resize"), "{}", mutations[0].path);
    assert_eq!(mutations[0].body["node_count"], 2);
    project.forget_calls();
    assert!(project.calls().is_empty());
}

#[tokio::test]
async fn openstack_answers_are_lost_before_or_after_the_change() {
    let project = OpenStackServer::project();
    let cluster = project.cluster("web").group(workers(1)).create();
    let user = SignedInUser::member(&project).await;
    let path = format!("/clusters/{}/actions/resize", cluster.uuid);
    project.fault(&OpenStackFault::on("container-infra", "POST").path("resize$").cut_before_change().times(1));
    assert!(user.change(Method::POST, &path, &json!({"node_count": 2})).await.is_none());
    cluster.settle();
    assert_eq!(user.group(&cluster, WORKERS).await["node_count"], 1);
    project.fault(&OpenStackFault::on("container-infra", "POST").cut_after_change().times(1));
    assert!(user.change(Method::POST, &path, &json!({"node_count": 2})).await.is_none());
    cluster.settle();
    assert_eq!(user.group(&cluster, WORKERS).await["node_count"], 2);
}

#[tokio::test]
async fn openstack_answers_go_wrong_as_told() {
    let project = OpenStackServer::project();
    let user = SignedInUser::member(&project).await;
    project.fault(&OpenStackFault::on("compute", "GET").path("limits").status(401).after(1).times(1));
    let statuses = [
        user.nova("/limits").await.status,
        user.nova("/flavors/detail").await.status,
        user.nova("/limits").await.status,
        user.nova("/limits").await.status,
    ];
    assert_eq!(statuses, [200, 200, 401, 200]);
    let busy = OpenStackFault::on("compute", "GET").status(503).message("too busy").header("Retry-After", "1");
    project.fault(&busy);
    let answer = user.nova("/limits").await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, "1"));
    assert_eq!(answer.body["computeFault"]["message"], "too busy");
    project.clear_faults();
    project.fault(&OpenStackFault::on("compute", "GET").delay(Duration::from_millis(50)));
    let start = Instant::now();
    assert_eq!(user.nova("/limits").await.status, 200);
    assert!(start.elapsed() >= Duration::from_millis(50));
}

#[tokio::test]
async fn openstack_stands_still_while_a_test_changes_it() {
    let project = OpenStackServer::project();
    let cluster = project.cluster("web").group(workers(1)).create();
    let user = SignedInUser::member(&project).await;
    let (handle, uuid) = (project.handle(), cluster.uuid.clone());
    let moment = OpenStackMoment::before("container-infra", "GET", WORKERS).number(2);
    project.before(&moment, move || handle.cluster_by_uuid(&uuid).change_group(WORKERS, json!({"count": 7, "max": 8})));
    assert_eq!(user.group(&cluster, WORKERS).await["node_count"], 1);
    let changed = user.group(&cluster, WORKERS).await;
    assert_eq!((&changed["node_count"], &changed["max_node_count"]), (&json!(7), &json!(8)));
}
