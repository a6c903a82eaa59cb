//! Nodes that are launched in zones of the plan's choice (`LaunchInstances`): the answer decides,
//! within the run, where the others come.

use serde_json::json;

use super::cluster::{BOTH, EAST, TestCluster, WEST, item, verdicts};
use super::world::job;
use crate::support::aws::{AnsweredLag, Fault, LaunchFailure, NewGroup};

const A: &str = "us-west-2a";
const B: &str = "us-west-2b";
const AUTO: [&str; 2] = ["--launch", "auto"];

/// Returns a group of two zones that AWS does not even out.
fn workers(cluster: &TestCluster) -> NewGroup<'_> {
    cluster.group("workers").launch_template("m5.large").zones([A, B]).max(10).suspended(["AZRebalance"])
}

/// Starts a cluster with that group and so many pods, each of which fills a node.
fn with_pods(pods: u32) -> TestCluster {
    let cluster = TestCluster::start();
    workers(&cluster).create();
    cluster.kubernetes.seed((1..=pods).map(|number| job(&format!("job-{number}"), 1800)));
    cluster
}

fn live(cluster: &TestCluster, region: &str) -> usize {
    cluster.aws.group_state(region, "workers").instances.len()
}

#[test]
fn each_zone_gets_one_request_and_the_next_run_knows_what_came() {
    let cluster = with_pods(3);
    cluster.aws.lag_answered_launches(AnsweredLag::Held);
    let run = cluster.apply(&AUTO).exits(0);
    assert_eq!(run.steps(), ["launch: done"], "{}", run.stdout);
    assert_eq!(
        cluster.aws_changes(),
        ["us-west-2 launch 2 of workers in us-west-2a", "us-west-2 launch 1 of workers in us-west-2b"]
    );
    let plan = run.json()["plan"].clone();
    let new_nodes = &item(&plan, "groups", "name", "workers")["new_nodes"];
    assert!(new_nodes.as_array().expect("nodes").iter().all(|node| node["chosen"] == true), "{new_nodes}");

    // The group does not show them yet.
    cluster.forget_calls();
    let second = cluster.apply(&AUTO).exits(0);
    assert_eq!(cluster.aws_changes(), [""; 0], "{}", second.stdout);
    assert_eq!(verdicts(&second.json()["plan"]), [1, 2, 3].map(|number| format!("job-{number}: fits-upcoming")));

    cluster.aws.release_launches();
    assert_eq!(cluster.register_nodes(WEST, "workers").len(), 3);
    cluster.schedule();
    assert_eq!(cluster.pending(), [""; 0]);
    assert_eq!(cluster.desired(WEST, "workers"), 3);
}

#[test]
fn without_capacity_in_a_zone_and_then_in_all_the_second_region_serves_in_the_same_run() {
    let cluster = with_pods(2);
    cluster.group("workers").region(EAST).launch_template("m5.large").zones(["us-east-1a"]).max(10).create();
    cluster.aws.machines_left(A, "m5.large", 0);
    cluster.aws.machines_left(B, "m5.large", 1);
    let flags = [&AUTO[..], &BOTH[..]].concat();
    let run = cluster.apply(&flags).exits(0);
    assert_eq!(
        cluster.aws_changes(),
        [
            "us-west-2 launch 1 of workers in us-west-2a",
            "us-west-2 launch 1 of workers in us-west-2b",
            "us-west-2 launch 1 of workers in us-west-2b",
            "us-east-1 launch 1 of workers in us-east-1a"
        ]
    );
    assert_eq!((live(&cluster, WEST), live(&cluster, EAST)), (1, 1));
    assert!(run.stdout.contains("1 node in us-east-1a of workers (us-east-1) instead"), "{}", run.stdout);
    assert!(run.stdout.contains("InsufficientInstanceCapacity"), "{}", run.stdout);

    cluster.forget_calls();
    let second = cluster.apply(&flags).exits(0);
    assert_eq!(cluster.aws_changes(), [""; 0], "{}", second.stdout);
}

#[test]
fn three_calls_from_one_dry_zone_to_the_next_and_to_the_second_region() {
    let cluster = with_pods(1);
    cluster.group("workers").region(EAST).launch_template("m5.large").zones(["us-east-1a"]).max(10).create();
    for zone in [A, B] {
        cluster.aws.machines_left(zone, "m5.large", 0);
    }
    let metrics = cluster.folder.path().join("run.prom");
    let to_file = ["--metrics-file", metrics.to_str().expect("text")];
    let run = cluster.apply(&[&AUTO[..], &BOTH[..], &to_file[..]].concat()).exits(0);
    assert_eq!(
        cluster.aws_changes(),
        [
            "us-west-2 launch 1 of workers in us-west-2a",
            "us-west-2 launch 1 of workers in us-west-2b",
            "us-east-1 launch 1 of workers in us-east-1a"
        ]
    );
    assert_eq!((live(&cluster, WEST), live(&cluster, EAST)), (0, 1));
    let came = &run.json()["report"]["steps"][0]["came"];
    assert_eq!(came, &json!([{"region": EAST, "name": "workers", "from": 0, "to": 1, "nodes": 1}]), "{}", run.stdout);
    let metrics = std::fs::read_to_string(&metrics).expect("the metrics of the run");
    for (region, nodes) in [(WEST, 0), (EAST, 1)] {
        let mut lines = metrics.lines().filter(|line| line.starts_with("ec2_autoscale_group_launched_nodes{"));
        let own = lines.find(|line| line.contains(&format!("region=\"{region}\"")));
        assert!(own.is_some_and(|line| line.ends_with(&format!(" {nodes}"))), "{region}: {metrics}");
    }
}

#[test]
fn what_failed_is_a_backoff_by_the_note_alone() {
    let cluster = with_pods(1);
    for zone in [A, B] {
        cluster.aws.machines_left(zone, "m5.large", 0);
    }
    let run = cluster.apply(&AUTO).exits(3);
    assert_eq!(run.steps(), ["launch: failed"]);
    assert!(run.stdout.contains("0 of 1 node came"), "{}", run.stdout);
    assert_eq!(cluster.desired(WEST, "workers"), 0, "there is nothing to take back");

    cluster.forget_calls();
    let second = cluster.apply(&AUTO).exits(0);
    assert_eq!(cluster.aws_changes(), [""; 0], "{}", second.stdout);
    let group = &item(&second.json()["plan"], "groups", "name", "workers").clone();
    assert_eq!(group["blocked"]["code"], "backoff", "{group}");
}

#[test]
fn a_lost_answer_buys_nothing_twice() {
    for is_done in [false, true] {
        let cluster = with_pods(1);
        let lost = Fault::on("LaunchInstances").times(2);
        cluster.aws.fault(&if is_done { lost.cut_after_change() } else { lost.cut_before_change() });
        let run = cluster.apply(&AUTO).exits(3);
        assert!(run.stdout.contains("AWS's answer was lost"), "{}", run.stdout);

        cluster.forget_calls();
        let second = cluster.apply(&AUTO).exits(0);
        assert_eq!(cluster.aws_changes(), [""; 0], "whether it was done: {is_done}: {}", second.stdout);
        let verdict = verdicts(&second.json()["plan"]);
        let expected = if is_done { "job-1: fits-upcoming" } else { "job-1: cannot-help" };
        assert_eq!(verdict, [expected], "{}", second.stdout);
        assert_eq!(live(&cluster, WEST), usize::from(is_done));
    }
}

/// The first sending launches, the second finds it under way, and the third is refused, as it is
/// where the first took the last place of the group. That refusal is no reason for another way.
#[test]
fn a_refusal_of_what_is_still_in_progress_is_no_answer() {
    let cluster = with_pods(1);
    cluster.aws.launches_seem_to_run(1);
    cluster.aws.fault(&Fault::on("LaunchInstances").cut_after_change().times(1));
    cluster.aws.fault(&Fault::on("LaunchInstances").code("ValidationError").message("above max value").after(1));
    let run = cluster.apply(&AUTO).exits(3);
    let mut changes = cluster.aws_changes();
    changes.dedup();
    assert_eq!(changes, ["us-west-2 launch 1 of workers in us-west-2a"], "{}", run.stdout);
    assert!(run.stdout.contains("AWS's answer was lost") && run.stdout.contains("above max value"), "{}", run.stdout);

    cluster.aws.clear_faults();
    cluster.forget_calls();
    let second = cluster.apply(&AUTO).exits(0);
    assert_eq!(cluster.aws_changes(), [""; 0], "{}", second.stdout);
    assert_eq!(verdicts(&second.json()["plan"]), ["job-1: fits-upcoming"], "{}", second.stdout);
    assert_eq!((live(&cluster, WEST), cluster.desired(WEST, "workers")), (1, 1));
}

#[test]
fn without_the_permission_the_desired_capacity_is_raised() {
    let cluster = with_pods(2);
    cluster.aws.fault(&Fault::on("LaunchInstances").status(403).code("AccessDenied").message("no"));
    let run = cluster.apply(&AUTO).exits(0);
    assert_eq!(
        cluster.aws_changes(),
        ["us-west-2 launch 1 of workers in us-west-2a", "us-west-2 SetDesiredCapacity workers 2"]
    );
    assert!(run.stdout.contains("needs autoscaling:LaunchInstances"), "{}", run.stdout);
    assert_eq!(live(&cluster, WEST), 2);
}

#[test]
fn a_limit_of_the_account_is_not_tried_in_every_zone() {
    let cluster = with_pods(1);
    cluster.aws.fail_launches(&LaunchFailure::code("VcpuLimitExceeded"));
    let run = cluster.apply(&AUTO).exits(3);
    assert_eq!(cluster.aws_changes(), ["us-west-2 launch 1 of workers in us-west-2a"], "{}", run.stdout);
}

#[test]
fn a_saved_plan_falls_back_only_where_it_was_reviewed() {
    let cluster = with_pods(1);
    let file = cluster.folder.path().join("plan.json");
    let file = file.to_str().expect("text");
    cluster.plan(&[&AUTO[..], &BOTH[..], &["--out", file]].concat()).exits(0);
    cluster.group("workers").region(EAST).launch_template("m5.large").zones(["us-east-1a"]).max(10).create();
    for zone in [A, B] {
        cluster.aws.machines_left(zone, "m5.large", 0);
    }
    cluster.forget_calls();
    let run = super::cluster::run(&mut cluster.bare_command(&["apply", file, "-o", "json", "--launch", "auto"])).exits(3);
    assert_eq!(
        cluster.aws_changes(),
        ["us-west-2 launch 1 of workers in us-west-2a", "us-west-2 launch 1 of workers in us-west-2b"],
        "{}",
        run.stdout
    );
}
