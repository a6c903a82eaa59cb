//! Pods that wait get nodes: by an absolute count, within the quota, and in another group where one
//! fails.

use serde_json::json;

use super::super::cluster::{item, verdicts};
use super::super::world::job;
use super::cloud::{MagnumWorld, WORKERS, group};
use crate::support::openstack::{DriverMode, GroupFault};

#[test]
fn waiting_pods_get_nodes_from_nothing_whichever_driver_made_the_cluster() {
    for mode in [DriverMode::Heat, DriverMode::CapiHelm, DriverMode::Vexxhost] {
        let cluster = MagnumWorld::start(mode, [group(WORKERS, 0)]);
        cluster.kubernetes.seed((1..=3).map(|number| job(&format!("job-{number}"), 3000)));
        let run = cluster.apply(&[]).exits(0);
        assert_eq!(run.steps(), ["set-desired: done"], "{mode:?}: {}", run.stdout);
        assert_eq!(cluster.resizes(), ["default-worker 3"], "{mode:?}");
        cluster.cluster().settle();
        assert_eq!(cluster.register_nodes(WORKERS).len(), 3, "{mode:?}");

        cluster.forget_calls();
        let plan = cluster.plan(&[]).exits(0).json();
        assert_eq!(verdicts(&plan), [1, 2, 3].map(|number| format!("job-{number}: fits-existing")), "{mode:?}");
    }
}

#[test]
fn a_second_run_waits_for_what_the_first_one_requested() {
    let cluster = MagnumWorld::with_slow_updates(DriverMode::Heat, [group(WORKERS, 0)]);
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
    let cluster = MagnumWorld::start(DriverMode::Heat, [group(WORKERS, 0)]);
    cluster.project.set_limits(&json!({ "maxTotalCores": 10 }));
    cluster.kubernetes.seed((1..=3).map(|number| job(&format!("job-{number}"), 3000)));
    let run = cluster.apply(&[]).exits(0);
    // A master of two cores is there.
    assert_eq!(cluster.resizes(), ["default-worker 2"], "{}", run.stdout);
    let plan = &run.json()["plan"];
    assert!(plan["findings"].as_array().expect("findings").iter().any(|finding| finding["code"] == "quota-hit"), "{plan}");
}

#[test]
fn the_second_group_serves_when_the_first_has_no_host() {
    let cluster = MagnumWorld::start(DriverMode::Heat, [group(WORKERS, 0), group("spare", 0)]);
    cluster.cluster().fault(WORKERS, &GroupFault::room_for(0));
    cluster.kubernetes.add(job("job", 3000));
    cluster.apply(&[]).exits(0);
    assert_eq!(cluster.resizes(), ["default-worker 1"]);
    cluster.cluster().settle();

    cluster.forget_calls();
    let run = cluster.apply(&[]).exits(0);
    assert_eq!(cluster.resizes(), ["spare 1"], "{}", run.stdout);
    assert!(run.stdout.contains("No valid host was found"), "{}", run.stdout);
}

#[test]
fn a_driver_that_raises_is_believed_and_its_words_are_shown() {
    let cluster = MagnumWorld::start(DriverMode::Heat, [group(WORKERS, 0), group("spare", 0)]);
    cluster.cluster().fault(WORKERS, &GroupFault::raises("Quota exceeded for instances").times(1));
    cluster.kubernetes.add(job("job", 3000));
    let run = cluster.apply(&[]).exits(3);
    assert_eq!(run.steps(), ["set-desired: failed"]);
    assert!(run.stdout.contains("Quota exceeded for instances"), "{}", run.stdout);

    cluster.forget_calls();
    cluster.apply(&[]).exits(0);
    assert_eq!(cluster.resizes(), ["spare 1"]);
}

/// The step reads the group, and the request reads it once more: a person was quicker.
#[test]
fn a_count_that_a_person_raises_between_the_look_and_the_request_is_not_lowered() {
    let cluster = MagnumWorld::start(DriverMode::Heat, [group(WORKERS, 0)]);
    cluster.kubernetes.add(job("job", 3000));
    // The master and the workers are read first, then the step looks.
    cluster.count_changes_before_look(4, 3);
    let run = cluster.apply(&[]).exits(3);
    assert_eq!(cluster.resizes(), [""; 0], "{}", run.stdout);
    assert!(run.stdout.contains("a count is never lowered without names, and it is 3 by now"), "{}", run.stdout);
}

#[test]
fn a_cluster_whose_creation_failed_is_not_resized() {
    let cluster = MagnumWorld::in_state("CREATE_FAILED", [group(WORKERS, 0)]);
    cluster.kubernetes.add(job("job", 3000));
    let run = cluster.apply(&[]).exits(0);
    assert_eq!(cluster.resizes(), [""; 0]);
    assert!(run.stdout.contains("CREATE_FAILED"), "{}", run.stdout);
}

#[test]
fn a_group_of_magnum_s_own_autoscaler_is_left_alone() {
    let labelled = group("auto", 0).label("auto_scaling_enabled", "true");
    let cluster = MagnumWorld::start(DriverMode::Heat, [group(WORKERS, 0), labelled]);
    let plan = cluster.plan(&[]).exits(0).json();
    let findings = plan["findings"].as_array().expect("findings");
    assert!(findings.iter().any(|it| it["code"] == "group-not-managed" && it["group"]["name"] == "auto"), "{findings:?}");
    assert_eq!(plan["groups"].as_array().expect("groups").len(), 1);
}
