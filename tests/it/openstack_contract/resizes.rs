//! `POST /clusters/{c}/actions/resize`: what is accepted, and what it means.

use std::time::Duration;

use serde_json::{Value, json};

use super::{SignedInUser, WORKERS, workers};
use crate::support::openstack::{NewNodeGroup, OpenStackServer};

#[tokio::test]
async fn magnum_resizes_the_default_workers_or_a_named_group() {
    let project = OpenStackServer::project();
    let big = NewNodeGroup::named("big").max(3);
    let cluster = project.cluster("web").group(workers(1)).group(big).create();
    let user = SignedInUser::member(&project).await;
    user.resize_workers(&cluster, 2, &[]).await;
    let uuid = cluster.state().groups["big"].uuid.clone();
    for (group, count) in [("big", 1), (uuid.as_str(), 2)] {
        let answer = user.resize(&cluster, &json!({"node_count": count, "nodegroup": group})).await;
        assert_eq!(answer.status, 202, "{}", answer.body);
        cluster.settle();
    }
    assert_eq!(user.group(&cluster, WORKERS).await["node_count"], 2);
    let group = user.group(&cluster, "big").await;
    assert_eq!((&group["node_count"], &group["status"]), (&json!(2), &json!("UPDATE_COMPLETE")));
    assert_eq!(cluster.machines("big").len(), 2);
}

#[tokio::test]
async fn magnum_refuses_what_cannot_be() {
    let project = OpenStackServer::project();
    let cluster = project.cluster("web").group(workers(2)).create();
    let user = SignedInUser::member(&project).await;
    let range = "Resizing default-worker outside the allowed range: min_node_count = 1, max_node_count = 9";
    let negative = "Value should be greater or equal to 0";
    let cases = [
        (json!({"node_count": 10}), 400, range),
        (json!({"node_count": 0}), 400, range),
        (json!({"node_count": 2, "nodegroup": "none"}), 404, "Nodegroup none could not be found."),
        (json!({"node_count": -1}), 400, negative),
        (json!({"nodes_to_remove": []}), 400, "Mandatory field missing"),
        (json!({"node_count": 1, "nodes_to_remove": "one"}), 400, "Value not a valid list"),
        (json!({"node_count": 3, "nodegroup": "default-master"}), 400, "not supported by this driver"),
    ];
    for (body, status, words) in cases {
        let answer = user.resize(&cluster, &body).await;
        assert_eq!(answer.status, status, "{body}");
        assert!(answer.detail().contains(words), "{body}: {}", answer.detail());
    }
    cluster.settle();
    assert_eq!(user.group(&cluster, WORKERS).await["status"], "CREATE_COMPLETE");
}

#[tokio::test]
async fn magnum_s_202_is_not_acceptance() {
    let project = OpenStackServer::project();
    let cluster = project.cluster("web").group(workers(2)).create();
    let user = SignedInUser::member(&project).await;
    project.stop_conductor();
    assert_eq!(user.resize(&cluster, &json!({"node_count": 3})).await.status, 202);
    let old = user.group(&cluster, WORKERS).await;
    assert_eq!((&old["node_count"], &old["status"]), (&json!(2), &json!("CREATE_COMPLETE")));
    project.let_conductor_go_on();
    cluster.settle();
    let new = user.group(&cluster, WORKERS).await;
    assert_eq!((&new["node_count"], &new["status"]), (&json!(3), &json!("UPDATE_COMPLETE")));
}

#[tokio::test]
async fn magnum_takes_a_resize_while_another_is_in_progress() {
    let project = OpenStackServer::project();
    let cluster = project.cluster("web").group(workers(2)).updates_wait().create();
    let user = SignedInUser::member(&project).await;
    user.resize_workers(&cluster, 4, &[]).await;
    let group = user.group(&cluster, WORKERS).await;
    assert_eq!((&group["node_count"], &group["status"]), (&json!(4), &json!("UPDATE_IN_PROGRESS")));
    assert_eq!(user.cluster(&cluster).await["status"], "UPDATE_IN_PROGRESS");
    user.resize_workers(&cluster, 3, &[]).await;
    assert!(cluster.state().groups[WORKERS].busy);
    cluster.complete();
    let group = user.group(&cluster, WORKERS).await;
    assert_eq!((&group["node_count"], &group["status"]), (&json!(3), &json!("UPDATE_COMPLETE")));
    assert_eq!(cluster.machines(WORKERS).len(), 3);
}

#[tokio::test]
async fn magnum_does_nothing_for_a_cluster_that_failed_to_be_made() {
    let project = OpenStackServer::project();
    let cluster = project.cluster("web").group(workers(2)).status("CREATE_FAILED", Some("no quota")).create();
    let user = SignedInUser::member(&project).await;
    user.resize_workers(&cluster, 3, &[]).await;
    let group = user.group(&cluster, WORKERS).await;
    assert_eq!((&group["node_count"], &group["status"]), (&json!(2), &json!("CREATE_COMPLETE")));
    let shown = user.cluster(&cluster).await;
    assert_eq!((&shown["status"], &shown["status_reason"]), (&json!("CREATE_FAILED"), &json!("no quota")));
}

#[tokio::test]
async fn magnum_resizes_a_cluster_whose_update_failed() {
    let project = OpenStackServer::project();
    let cluster = project.cluster("web").group(workers(2)).create();
    let user = SignedInUser::member(&project).await;
    cluster.set_status("UPDATE_FAILED", Some("as before"));
    cluster.change_group(WORKERS, json!({"status": "UPDATE_FAILED", "updated": "2026-01-01T00:00:00Z"}));
    let group = user.group(&cluster, WORKERS).await;
    assert_eq!((&group["status"], &group["updated_at"]), (&json!("UPDATE_FAILED"), &json!("2026-01-01T00:00:00+00:00")));
    cluster.updates_take(Duration::from_millis(1));
    user.resize_workers(&cluster, 3, &[]).await;
    let group = user.group(&cluster, WORKERS).await;
    assert_eq!((&group["status"], &group["status_reason"]), (&json!("UPDATE_COMPLETE"), &Value::Null));
}
