//! Pods that wait get nodes: by an absolute count, within the quota, and in another group where one
//! fails.

use serde_json::json;

use super::super::cluster::{item, verdicts};
use super::super::world::job;
use super::cloud::MagnumCluster;

const WORKERS: &str = "default-worker";

fn empty(name: &str) -> serde_json::Value {
    json!({ "name": name, "flavor": "m1.large", "count": 0, "min": 0, "max": 5 })
}

#[test]
fn waiting_pods_get_nodes_from_nothing_whichever_driver_made_the_cluster() {
    for mode in ["heat", "capi-helm", "vexxhost"] {
        let cluster = MagnumCluster::start(mode, json!([empty(WORKERS)]));
        cluster.kubernetes.seed((1..=3).map(|number| job(&format!("job-{number}"), 3000)));
        let run = cluster.apply(&[]).exits(0);
        assert_eq!(run.steps(), ["set-desired: done"], "{mode}: {}", run.stdout);
        assert_eq!(cluster.resizes(), ["default-worker 3"], "{mode}");
        cluster.settle();
        assert_eq!(cluster.register_nodes(WORKERS).len(), 3, "{mode}");

        cluster.forget_calls();
        let plan = cluster.plan(&[]).exits(0).json();
        assert_eq!(verdicts(&plan), [1, 2, 3].map(|number| format!("job-{number}: fits-existing")), "{mode}");
    }
}

#[test]
fn a_second_run_waits_for_what_the_first_one_requested() {
    let cluster = MagnumCluster::start_with("heat", json!([empty(WORKERS)]), json!({ "delay": null }));
    cluster.kubernetes.add(job("job-1", 3000));
    cluster.apply(&[]).exits(0);
    cluster.forget_calls();
    cluster.kubernetes.add(job("job-2", 3000));
    let plan = cluster.apply(&[]).exits(0).json()["plan"].clone();
    assert_eq!(cluster.resizes(), [""; 0]);
    assert_eq!(item(&plan, "groups", "name", WORKERS)["blocked"]["code"], "busy-with-update", "{plan}");
    assert_eq!(verdicts(&plan)[0], "job-1: fits-upcoming");
}

#[test]
fn what_the_quota_has_no_room_for_is_not_requested() {
    let cluster = MagnumCluster::start("heat", json!([empty(WORKERS)]));
    cluster.ask("limits", json!({ "limits": { "maxTotalCores": 10 } }));
    cluster.kubernetes.seed((1..=3).map(|number| job(&format!("job-{number}"), 3000)));
    let run = cluster.apply(&[]).exits(0);
    // A master of two cores is there.
    assert_eq!(cluster.resizes(), ["default-worker 2"], "{}", run.stdout);
    let plan = &run.json()["plan"];
    assert!(plan["findings"].as_array().expect("findings").iter().any(|finding| finding["code"] == "quota-hit"), "{plan}");
}

#[test]
fn the_second_group_serves_when_the_first_has_no_host() {
    let cluster = MagnumCluster::start("heat", json!([empty(WORKERS), empty("spare")]));
    cluster.ask("group/fault", json!({ "group": WORKERS, "room": 0 }));
    cluster.kubernetes.add(job("job", 3000));
    cluster.apply(&[]).exits(0);
    assert_eq!(cluster.resizes(), ["default-worker 1"]);
    cluster.settle();

    cluster.forget_calls();
    let run = cluster.apply(&[]).exits(0);
    assert_eq!(cluster.resizes(), ["spare 1"], "{}", run.stdout);
    assert!(run.stdout.contains("No valid host was found"), "{}", run.stdout);
}

#[test]
fn a_driver_that_raises_is_believed_and_its_words_are_shown() {
    let cluster = MagnumCluster::start("heat", json!([empty(WORKERS), empty("spare")]));
    cluster.ask("group/fault", json!({ "group": WORKERS, "raises": "Quota exceeded for instances", "times": 1 }));
    cluster.kubernetes.add(job("job", 3000));
    let run = cluster.apply(&[]).exits(3);
    assert_eq!(run.steps(), ["set-desired: failed"]);
    assert!(run.stdout.contains("Quota exceeded for instances"), "{}", run.stdout);

    cluster.forget_calls();
    cluster.apply(&[]).exits(0);
    assert_eq!(cluster.resizes(), ["spare 1"]);
}

#[test]
fn a_cluster_whose_creation_failed_is_not_resized() {
    let cluster = MagnumCluster::start_with("heat", json!([empty(WORKERS)]), json!({ "status": "CREATE_FAILED" }));
    cluster.kubernetes.add(job("job", 3000));
    let run = cluster.apply(&[]).exits(0);
    assert_eq!(cluster.resizes(), [""; 0]);
    assert!(run.stdout.contains("CREATE_FAILED"), "{}", run.stdout);
}

#[test]
fn a_group_of_magnum_s_own_autoscaler_is_left_alone() {
    let labelled = json!({ "name": "auto", "flavor": "m1.large", "max": 5, "labels": { "auto_scaling_enabled": "true" } });
    let cluster = MagnumCluster::start("heat", json!([empty(WORKERS), labelled]));
    let plan = cluster.plan(&[]).exits(0).json();
    let findings = plan["findings"].as_array().expect("findings");
    assert!(findings.iter().any(|it| it["code"] == "group-not-managed" && it["group"]["name"] == "auto"), "{findings:?}");
    assert_eq!(plan["groups"].as_array().expect("groups").len(), 1);
}
