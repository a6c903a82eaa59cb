//! Updates that fail, and where that shows.

use serde_json::{Value, json};

use super::{SignedInUser, WORKERS, workers};
use crate::support::openstack::{DriverMode, GroupFault, NewNodeGroup, OpenStackServer};

const NO_HOST: &str = "No valid host was found. There are not enough hosts available.";

#[tokio::test]
async fn magnum_takes_the_count_back_when_the_driver_raises() {
    let project = OpenStackServer::project();
    let cluster = project.cluster("web").group(workers(2)).create();
    let user = SignedInUser::member(&project).await;
    cluster.fault(WORKERS, &GroupFault::raises("Quota exceeded for cores").times(1));
    user.resize_workers(&cluster, 5, &[]).await;
    let group = user.group(&cluster, WORKERS).await;
    assert_eq!((&group["node_count"], &group["status"]), (&json!(2), &json!("UPDATE_FAILED")));
    assert_eq!(group["status_reason"], "Quota exceeded for cores");
    assert_eq!(user.cluster(&cluster).await["status"], "UPDATE_FAILED");
    user.resize_workers(&cluster, 5, &[]).await;
    assert_eq!(user.group(&cluster, WORKERS).await["status"], "UPDATE_COMPLETE");
}

#[tokio::test]
async fn heat_tells_why_members_are_not_there_and_keeps_the_count() {
    let project = OpenStackServer::project();
    let big = NewNodeGroup::named("big").max(3);
    let cluster = project.cluster("web").group(workers(2)).group(big).create();
    let user = SignedInUser::member(&project).await;
    cluster.fault(WORKERS, &GroupFault::room_for(3));
    user.resize_workers(&cluster, 4, &[]).await;
    let group = user.group(&cluster, WORKERS).await;
    assert_eq!((&group["node_count"], &group["status"]), (&json!(4), &json!("UPDATE_FAILED")));
    let reason = group["status_reason"].as_str().expect("words");
    assert!(reason.starts_with("ResourceInError: resources[3].resources.kube-minion:"), "{reason}");
    assert!(reason.contains(NO_HOST), "{reason}");
    let machines = cluster.machines(WORKERS);
    assert_eq!(machines.iter().map(|it| it.status.as_str()).collect::<Vec<_>>(), ["ACTIVE", "ACTIVE", "ACTIVE", "ERROR"]);
    assert_eq!(machines[3].fault.as_deref(), Some(NO_HOST));

    // Another group works, and the cluster's state is still a summary.
    assert_eq!(user.resize(&cluster, &json!({"node_count": 1, "nodegroup": "big"})).await.status, 202);
    cluster.settle();
    assert_eq!(user.group(&cluster, "big").await["status"], "UPDATE_COMPLETE");
    let shown = user.cluster(&cluster).await;
    assert_eq!(shown["status"], "UPDATE_FAILED");
    assert_eq!(shown["faults"], json!({WORKERS: reason}));

    cluster.clear_faults(WORKERS);
    user.resize_workers(&cluster, 4, &[]).await;
    assert_eq!(user.cluster(&cluster).await["status"], "UPDATE_COMPLETE");
}

#[tokio::test]
async fn heat_tells_of_a_quota_and_makes_no_machine() {
    let project = OpenStackServer::project();
    let cluster = project.cluster("web").group(workers(2)).create();
    let user = SignedInUser::member(&project).await;
    // The master has two cores.
    project.set_limits(&json!({"maxTotalCores": 5}));
    user.resize_workers(&cluster, 4, &[]).await;
    let group = user.group(&cluster, WORKERS).await;
    assert_eq!((&group["node_count"], &group["status"]), (&json!(4), &json!("UPDATE_FAILED")));
    let words = "Quota exceeded for cores: Requested 1, but already used 5 of 5 cores";
    assert!(group["status_reason"].as_str().expect("words").contains(words), "{group}");
    assert_eq!(cluster.machines(WORKERS).len(), 3);
}

#[tokio::test]
async fn cluster_api_tells_nothing_and_tries_for_ever() {
    let project = OpenStackServer::project();
    let cluster = project.cluster("web").driver(DriverMode::CapiHelm).group(workers(1)).create();
    let user = SignedInUser::member(&project).await;
    cluster.fault(WORKERS, &GroupFault::room_for(1));
    user.resize_workers(&cluster, 2, &[]).await;
    let group = user.group(&cluster, WORKERS).await;
    assert_eq!((&group["status"], &group["status_reason"]), (&json!("UPDATE_IN_PROGRESS"), &Value::Null));
    let listed = user.nova("/servers/detail").await.body["servers"].clone();
    let failed: Vec<&Value> = listed.as_array().expect("servers").iter().filter(|it| it["status"] == "ERROR").collect();
    assert_eq!(failed.len(), 1);
    assert_eq!((&failed[0]["fault"]["message"], &failed[0]["fault"]["code"]), (&json!(NO_HOST), &json!(500)));
}

#[tokio::test]
async fn an_update_may_fail_with_any_words_or_never_end() {
    let project = OpenStackServer::project();
    let cluster = project.cluster("web").group(workers(1)).create();
    let user = SignedInUser::member(&project).await;
    cluster.fault(WORKERS, &GroupFault::fails("Timed out").times(1));
    cluster.fault(WORKERS, &GroupFault::stuck());
    user.resize_workers(&cluster, 2, &[]).await;
    let group = user.group(&cluster, WORKERS).await;
    assert_eq!((&group["status"], &group["status_reason"]), (&json!("UPDATE_FAILED"), &json!("Timed out")));
    user.resize_workers(&cluster, 3, &[]).await;
    assert_eq!(user.group(&cluster, WORKERS).await["status"], "UPDATE_IN_PROGRESS");
}

#[tokio::test]
async fn a_group_may_be_found_in_any_state() {
    let project = OpenStackServer::project();
    let failed = workers(3).machines(1).status("UPDATE_FAILED", Some("no host"));
    let busy = NewNodeGroup::named("busy").count(1).status("UPDATE_IN_PROGRESS", None);
    let cluster = project.cluster("web").status("UPDATE_IN_PROGRESS", None).group(failed).group(busy).create();
    let user = SignedInUser::member(&project).await;
    cluster.settle();
    let group = user.group(&cluster, WORKERS).await;
    assert_eq!((&group["node_count"], &group["status_reason"]), (&json!(3), &json!("no host")));
    assert_eq!(cluster.machines(WORKERS).len(), 1);
    assert_eq!(user.group(&cluster, "busy").await["status"], "UPDATE_IN_PROGRESS");
    cluster.complete();
    assert_eq!(user.group(&cluster, "busy").await["status"], "UPDATE_COMPLETE");
    assert_eq!(user.cluster(&cluster).await["status"], "UPDATE_FAILED");
}
