//! A primary region that runs dry, a second and a third: which groups grow, and when the primary is
//! tried again.

use std::time::Duration;

use ec2_autoscale::plan::{Plan, plan};
use ec2_autoscale::policy::Policy;
use ec2_autoscale::snapshot::Snapshot;
use jiff::SignedDuration;
use serde_json::Value;

use super::cluster::{EAST, TestCluster, WEST, item, run};
use super::world::job;
use crate::support::aws::LaunchFailure;

const IRELAND: &str = "eu-west-1";
const REGIONS: [&str; 2] = ["--regions", "us-west-2,us-east-1,eu-west-1"];
const NO_CAPACITY: &str = "InsufficientInstanceCapacity";

/// Makes a group in each region, each pod as large as a node; the second region is small.
fn three_regions() -> TestCluster {
    let cluster = TestCluster::start();
    cluster.group("workers").region(WEST).zones(["us-west-2a", "us-west-2b"]).launch_template("m5.large").max(20).create();
    cluster.group("workers").region(EAST).zones(["us-east-1a"]).launch_template("m5.large").max(3).create();
    cluster.group("workers").region(IRELAND).zones(["eu-west-1a"]).launch_template("m5.large").max(20).create();
    cluster
}

impl TestCluster {
    /// Makes one more run of the CronJob; returns its requests to AWS, and the plan.
    fn tick(&self) -> (Vec<String>, Value) {
        self.forget_calls();
        let report = self.apply(&REGIONS).exits(0).json();
        (self.aws_changes(), report["plan"].clone())
    }

    /// Joins what was launched, and runs pods where there is room.
    fn catch_up(&self) {
        for region in [WEST, EAST, IRELAND] {
            self.register_nodes(region, "workers");
        }
        self.schedule();
    }

    fn ask_for(&self, pods: &[&str]) {
        self.kubernetes.seed(pods.iter().map(|name| job(name, 1500)));
    }
}

/// Returns the regions that a plan grows.
fn growing(plan: &Plan) -> Vec<&str> {
    plan.actions.iter().filter_map(|action| Some(action.growth()?.group.region.as_str())).collect()
}

#[test]
fn a_primary_that_runs_dry_is_asked_once_an_hour_and_the_others_help_out() {
    let cluster = three_regions();

    // One zone of the primary is dry. AWS goes to the other by itself, and the group stays in use.
    cluster.aws.fail_launches(&LaunchFailure::code(NO_CAPACITY).zone("us-west-2a"));
    cluster.ask_for(&["first-1", "first-2"]);
    assert_eq!(cluster.tick().0, ["us-west-2 SetDesiredCapacity workers 2"]);
    let launched = cluster.aws.group_state(WEST, "workers").instances;
    assert!(launched.len() == 2 && launched.iter().all(|it| it.zone == "us-west-2b"), "{launched:?}");
    cluster.catch_up();
    assert_eq!(cluster.pending(), [""; 0]);

    // Then it is dry altogether: the one attempt.
    cluster.aws.fail_launches(&LaunchFailure::code(NO_CAPACITY).region(WEST));
    cluster.ask_for(&["second-1", "second-2"]);
    assert_eq!(cluster.tick().0, ["us-west-2 SetDesiredCapacity workers 4"]);
    cluster.catch_up();
    assert_eq!(cluster.pending(), ["second-1", "second-2"]);

    // The next run knows, quotes AWS's words, and the second region takes the pods.
    let (changes, overflow) = cluster.tick();
    assert_eq!(changes, ["us-east-1 SetDesiredCapacity workers 2"]);
    let blocked = &item(&overflow, "groups", "region", WEST)["blocked"];
    assert_eq!(blocked["code"], "backoff");
    let words = blocked["message"].as_str().expect("AWS's words");
    assert!(words.contains("We currently do not have sufficient m5.large capacity"), "{words}");
    cluster.catch_up();
    assert_eq!(cluster.pending(), [""; 0]);

    // A person reverts the request: the group looks settled, and its past still counts.
    cluster.aws.set_desired(WEST, "workers", 2);
    cluster.ask_for(&["third"]);
    let seen = run(&mut cluster.command("snapshot", &REGIONS)).exits(0).stdout;
    let mut snapshot = Snapshot::from_json(seen.as_bytes()).expect("a snapshot");
    let begun = snapshot.taken_at;
    for minute in 0..59 {
        snapshot.taken_at = begun + SignedDuration::from_mins(minute);
        assert_eq!(growing(&plan(&snapshot, &Policy::default())), [EAST], "{minute} minutes later");
    }
    snapshot.taken_at = begun + SignedDuration::from_mins(61);
    assert_eq!(growing(&plan(&snapshot, &Policy::default())), [WEST]);

    // Half an hour on, the second region is full and the third takes the rest.
    cluster.pass(Duration::from_mins(30));
    cluster.ask_for(&["fourth"]);
    assert_eq!(cluster.tick().0, ["us-east-1 SetDesiredCapacity workers 3", "eu-west-1 SetDesiredCapacity workers 1"]);
    cluster.catch_up();
    assert_eq!(cluster.pending(), [""; 0]);

    // An hour after the failure the primary is tried again, and has capacity.
    cluster.pass(Duration::from_mins(31));
    cluster.aws.mend_launches();
    cluster.ask_for(&["fifth"]);
    assert_eq!(cluster.tick().0, ["us-west-2 SetDesiredCapacity workers 3"]);
    cluster.catch_up();
    assert_eq!(cluster.pending(), [""; 0]);
    assert_eq!([WEST, EAST, IRELAND].map(|region| cluster.desired(region, "workers")), [3, 3, 1]);
}
