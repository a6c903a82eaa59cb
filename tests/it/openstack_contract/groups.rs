//! Clusters and groups as Magnum shows them.

use reqwest::Method;
use serde_json::{Value, json};

use super::{SignedInUser, WORKERS, workers};
use crate::support::openstack::{DriverMode, NewNodeGroup, OpenStackServer};

#[tokio::test]
async fn magnum_lists_groups_with_bounds_that_they_have_not() {
    let project = OpenStackServer::project();
    let cluster = project.cluster("web").group(workers(2)).create();
    let user = SignedInUser::member(&project).await;
    let answer = user.magnum("/clusters/web/nodegroups").await;
    let groups = answer.body["nodegroups"].as_array().expect("groups");
    assert_eq!(groups.iter().map(|it| &it["name"]).collect::<Vec<_>>(), ["default-master", WORKERS]);
    let listed = &groups[1];
    assert_eq!((&listed["min_node_count"], &listed["max_node_count"]), (&json!(0), &Value::Null));
    assert_eq!(listed["uuid"], cluster.state().groups[WORKERS].uuid.as_str());
    assert!(listed.get("labels").is_none() && listed.get("status_reason").is_none());
    let shown = user.group(&cluster, WORKERS).await;
    assert_eq!((&shown["min_node_count"], &shown["max_node_count"]), (&json!(1), &json!(9)));
    assert_eq!((&shown["role"], &shown["is_default"]), (&json!("worker"), &json!(true)));
}

#[tokio::test]
async fn magnum_pages_groups_by_full_urls() {
    let project = OpenStackServer::project();
    project.cluster("web").group(workers(0)).create();
    let user = SignedInUser::member(&project).await;
    let first = user.magnum("/clusters/web/nodegroups?limit=1").await.body;
    assert_eq!(first["nodegroups"][0]["name"], "default-master");
    let next = first["next"].as_str().expect("a further page");
    let path = next.strip_prefix(project.endpoint("container-infra")).expect("a full URL");
    let second = user.magnum(path).await.body;
    assert_eq!(second["nodegroups"][0]["name"], WORKERS);
}

#[tokio::test]
async fn magnum_refuses_a_name_that_two_clusters_have() {
    let project = OpenStackServer::project();
    project.cluster("web").create();
    project.cluster("web").create();
    let user = SignedInUser::member(&project).await;
    let answer = user.magnum("/clusters/web").await;
    assert_eq!(answer.status, 409);
    assert!(answer.detail().starts_with("Multiple clusters exist with same name"), "{}", answer.detail());
    assert_eq!(user.magnum("/clusters/other").await.status, 404);
}

#[tokio::test]
async fn magnum_keeps_any_label_of_a_group() {
    let project = OpenStackServer::project();
    let gpu = NewNodeGroup::named("gpu")
        .role("gpu")
        .flavor("g1.a100")
        .label("ec2-autoscale/priority", "10")
        .label("availability_zone", "zone-b")
        .node_label("tier", "gold")
        .count(1)
        .created("2026-01-02T03:04:05Z")
        .updated("2026-01-03T00:00:00Z");
    let cluster = project.cluster("web").label("auto_scaling_enabled", "true").group(gpu).create();
    let user = SignedInUser::member(&project).await;
    let shown = user.group(&cluster, "gpu").await;
    assert_eq!(shown["labels"]["ec2-autoscale/priority"], "10");
    assert_eq!(shown["labels"]["auto_scaling_enabled"], "true");
    assert_eq!(shown["node_labels"]["tier"], "gold");
    assert_eq!((&shown["flavor_id"], &shown["role"]), (&json!("g1.a100"), &json!("gpu")));
    assert_eq!(shown["updated_at"], "2026-01-03T00:00:00+00:00");
    let machines = cluster.machines("gpu");
    assert_eq!((machines[0].flavor.as_str(), machines[0].zone.as_str()), ("g1.a100", "zone-b"));
    let seen = user.nova(&format!("/servers/{}", machines[0].id)).await.body;
    assert_eq!(seen["server"]["created"], "2026-01-02T03:04:05Z");
}

#[tokio::test]
async fn magnum_s_templates_name_the_driver() {
    let project = OpenStackServer::project();
    let named = project.cluster("named").driver(DriverMode::CapiHelm).create();
    let unnamed = project.cluster("unnamed").without_drivers_name().api_address("https://192.0.2.7:6443").create();
    let user = SignedInUser::member(&project).await;
    for (cluster, driver) in [(&named, json!("k8s_capi_helm_v1")), (&unnamed, Value::Null)] {
        let template = user.cluster(cluster).await["cluster_template_id"].as_str().expect("an id").to_owned();
        assert_eq!(user.magnum(&format!("/clustertemplates/{template}")).await.body["driver"], driver);
    }
    assert_eq!(user.cluster(&unnamed).await["api_address"], "https://192.0.2.7:6443");
}

#[tokio::test]
async fn magnum_changes_the_bounds_of_a_group_in_a_while() {
    let project = OpenStackServer::project();
    let cluster = project.cluster("web").group(workers(2)).updates_wait().create();
    let user = SignedInUser::member(&project).await;
    let path = format!("/clusters/{}/nodegroups/{WORKERS}", cluster.uuid);
    let patch = async |field: &str, value: Value| {
        let body = json!([{"op": "replace", "path": format!("/{field}"), "value": value}]);
        user.change(Method::PATCH, &path, &body).await.expect("an answer").status
    };
    assert_eq!(patch("max_node_count", json!(1)).await, 409);
    assert_eq!(patch("node_labels", json!({"a": "b"})).await, 400);
    assert_eq!(patch("max_node_count", json!(20)).await, 202);
    cluster.settle();
    let group = user.group(&cluster, WORKERS).await;
    assert_eq!((&group["status"], &group["max_node_count"]), (&json!("UPDATE_IN_PROGRESS"), &json!(20)));
    cluster.complete_group(WORKERS);
    assert_eq!(user.group(&cluster, WORKERS).await["status"], "UPDATE_COMPLETE");
}
