//! Versions of Magnum's API.

use reqwest::Method;
use serde_json::json;

use super::{SignedInUser, http, send, workers};
use crate::support::openstack::{DriverMode, OpenStackServer};

#[tokio::test]
async fn magnum_without_a_version_has_no_groups() {
    let project = OpenStackServer::project();
    project.cluster("web").group(workers(1)).create();
    let user = SignedInUser::member(&project).await;
    let request = user.request(Method::GET, "container-infra", "/clusters/web/nodegroups");
    let answer = send(request).await.expect("an answer");
    assert_eq!((answer.status, answer.detail()), (406, ""));
    for refused in ["1.10", "container-infra 1.99"] {
        let answer = user.at_version("container-infra", refused, "/clusters/web/nodegroups").await;
        assert_eq!(answer.status, 406, "{refused}");
    }
    for taken in ["container-infra 1.9", "container-infra 1.14", "container-infra latest"] {
        let answer = user.at_version("container-infra", taken, "/clusters/web/nodegroups").await;
        assert_eq!(answer.status, 200, "{taken}");
        // Under the long name, whatever name the request used.
        let name = "container-infrastructure-management";
        assert_eq!(answer.header("openstack-api-minimum-version"), format!("{name} 1.1"));
        assert_eq!(answer.header("openstack-api-maximum-version"), format!("{name} 1.14"));
    }
}

#[tokio::test]
async fn magnum_tells_its_versions_without_a_token() {
    let project = OpenStackServer::project();
    let root = project.endpoint("container-infra").trim_end_matches("v1").to_owned();
    let answer = send(http().get(root)).await.expect("an answer");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body["versions"][0]["max_version"], "1.14");
    assert_eq!(answer.body["versions"][0]["min_version"], "1.1");
}

#[tokio::test]
async fn magnum_calls_the_stack_of_a_cluster_cluster_id_from_1_13() {
    let project = OpenStackServer::project();
    let cluster = project.cluster("web").driver(DriverMode::CapiHelm).group(workers(0)).create();
    let user = SignedInUser::member(&project).await;
    let stack = cluster.state().stack_id;
    for (version, name) in [("1.12", "stack_id"), ("1.13", "cluster_id")] {
        let answer = user.at_version("container-infra", &format!("container-infra {version}"), "/clusters/web").await;
        assert_eq!(answer.body[name], stack.as_str(), "{version}");
    }
    assert_eq!(user.group(&cluster, "default-worker").await["stack_id"], stack.as_str());
}

#[tokio::test]
async fn nova_has_versions_of_its_own() {
    let project = OpenStackServer::project();
    let user = SignedInUser::member(&project).await;
    let root = project.endpoint("compute").trim_end_matches("v2.1").to_owned();
    let answer = send(http().get(root)).await.expect("an answer");
    let versions = &answer.body["versions"];
    assert_eq!((&versions[0]["id"], &versions[0]["version"]), (&json!("v2.0"), &json!("")), "it has no others");
    assert_eq!((&versions[1]["version"], &versions[1]["min_version"]), (&json!("2.104"), &json!("2.1")));
    let answer = user.at_version("compute", "compute 2.999", "/limits").await;
    assert_eq!(answer.status, 406);
    let answer = user.nova("/limits").await;
    assert_eq!(answer.header("openstack-api-version"), "compute 2.61");
    let answer = send(user.request(Method::GET, "compute", "/limits")).await.expect("an answer");
    assert_eq!(answer.header("openstack-api-version"), "compute 2.1");
}
